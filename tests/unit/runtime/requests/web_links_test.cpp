#include "runtime/requests/web_links.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("the next link is found by its relation among others, however it is written") {
  CHECK(next_link(R"(<https://a/2>; rel="next")") == "https://a/2");
  CHECK(next_link(R"(<https://a/9>; rel="last", <https://a/2>; rel="next")") == "https://a/2");
  CHECK(next_link("<https://a/2?x=1,2>;rel=next") == "https://a/2?x=1,2");
  CHECK(next_link(R"(<a>; title="x, <b>; rel=next"; rel=prev, <c>; REL="prev NEXT")") == "c");
  CHECK(next_link(R"(</list?page=2>; rel="Next"; x=y)") == "/list?page=2");
  for (const char* const none : {"", "nonsense", "<a", "<a>", "<a>; rel=prev", "<>; rel=next",
                                 "<a>; rel=nextest", "<a>; x=\"rel=next\"", ",,,;;<>"}) {
    INFO(none);
    CHECK_FALSE(next_link(none));
  }
}

TEST_CASE("a URL in an answer is read beside the one that was asked for") {
  const std::string base = "https://a.example:8443/v1/list?page=1#x";
  CHECK(resolve_url(base, "https://b.example/x#y") == "https://b.example/x");
  CHECK(resolve_url(base, "//b.example/x") == "https://b.example/x");
  CHECK(resolve_url(base, "/v2/list?p=2") == "https://a.example:8443/v2/list?p=2");
  CHECK(resolve_url(base, "?page=2") == "https://a.example:8443/v1/list?page=2");
  CHECK(resolve_url(base, "more/2") == "https://a.example:8443/v1/more/2");
  CHECK(resolve_url(base, "") == "https://a.example:8443/v1/list?page=1");
  CHECK(resolve_url("https://a.example", "x") == "https://a.example/x");
  CHECK(resolve_url("https://a.example?q=/a", "?r") == "https://a.example?r");
  CHECK(resolve_url(base, "javascript:alert(1)") == "javascript:alert(1)");
}
