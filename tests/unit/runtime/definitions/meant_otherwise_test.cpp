// Definitions that were accepted once although they could not have been meant so.

#include "tests/support/catch.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

/// The paths of all findings, or "accepted".
std::string found(const std::string& steps) {
  const auto compiled =
      compile_text(R"({"trigger": {"type": "request"}, "steps": [)" + steps + "]}");
  if (compiled) return "accepted";
  std::string paths;
  for (const auto& detail : compiled.error().details) paths += detail.path + ' ';
  return paths;
}

std::string get(const std::string& url, const std::string& more = {}) {
  return R"({"id": "g", "type": "request", "method": "GET", "url": ")" + url + '"' + more + '}';
}

}  // namespace

TEST_CASE("a URL that is written out and cannot be called is found at deploy") {
  for (const char* const bad :
       {"htp:/x", "ftp://a.example/", "a.example/x", "http://", "https:///x", "htp://{{user.id}}",
        "/x/{{user.id}}", "https://?a={{user.id}}"}) {
    INFO(bad);
    CHECK(found(get(bad)) == "/steps/0/url ");
  }
  for (const char* const good :
       {"https://a.example", "HTTP://a.example/{{user.id}}", "{{user.id}}/x", "https://{{user.id}}",
        "http{{user.id}}://a", "http://[::1]:80/x", "http://a:1/"}) {
    INFO(good);
    CHECK(found(get(good)) == "accepted");
  }
}

TEST_CASE("a key of a response that never exists is found with the nearest one") {
  const auto refused =
      compile_text(R"({"trigger": {"type": "request"}, "steps": [)" + get("https://a.example") +
                   R"(, {"id": "r", "type": "response",
                                         "body": "{{g.response.statuscode}}"}]})");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().details.at(0).nearest == "statusCode");
  for (const char* const key : {"statusCode", "headers.x", "body.any.thing", "results[0]"}) {
    INFO(key);
    CHECK(found(get("https://a.example") + R"(, {"id": "r", "type": "response",
                "body": "{{g.response.)" +
                key + R"(}}"})") == "accepted");
  }
}

TEST_CASE("a timeout of a conditional is refused, as it would bind nothing") {
  CHECK(found(R"({"id": "c", "type": "conditional", "timeout": "5s", "if": [[
      {"variable": "{{user.id}}", "operator": "IsNotNull"}]], "then": [], "else": []})") ==
        "/steps/0/timeout ");
}

}  // namespace millrace
