#include "runtime/requests/pages.h"

#include "runtime/base/limits.h"
#include "tests/support/catch.h"
#include "tests/unit/runtime/templates/map_scope.h"

using namespace millrace;

namespace {

Pagination pagination() {
  Pagination made;
  made.output = {std::string("response"), std::string("body"), std::string("items")};
  made.page_token = {std::string("response"), std::string("body"), std::string("next")};
  made.pages_max = 10;
  return made;
}

Json output(const char* body) {
  return JsonObject{{"response", {{"statusCode", 200}, {"body", *parse_json(body)}}}};
}

Result<Page> read(const char* body, const PageProgress& so_far = {}, std::uint32_t pages_max = 10,
                  std::uint64_t bytes = 10) {
  return read_page(pagination(), pages_max, output(body), bytes, so_far, MapScope());
}

PageProgress after(Json token, std::uint32_t pages = 1, std::uint64_t bytes = 0) {
  PageProgress progress;
  progress.pages = pages;
  progress.next_token = std::move(token);
  progress.bytes = bytes;
  return progress;
}

}  // namespace

TEST_CASE("a token that is null, empty, false or absent ends the pages") {
  for (const char* const body : {R"({"items":[1],"next":null})", R"({"items":[1],"next":""})",
                                 R"({"items":[1],"next":false})", R"({"items":[1]})"}) {
    INFO(body);
    const auto page = read(body);
    REQUIRE(page.ok());
    REQUIRE(page->is_last);
    REQUIRE(page->results == JsonArray{1});
  }
  for (const char* const body :
       {R"({"items":[],"next":0})", R"({"items":[],"next":"0"})", R"({"items":[],"next":true})",
        R"({"items":[],"next":{"after":"x"}})"}) {
    INFO(body);
    REQUIRE_FALSE(read(body)->is_last);
  }
}

TEST_CASE("the most pages end the pages whatever the token says") {
  REQUIRE_FALSE(read(R"({"items":[],"next":"c"})", after("b", 1), 3)->is_last);
  REQUIRE(read(R"({"items":[],"next":"c"})", after("b", 2), 3)->is_last);
  REQUIRE(read(R"({"items":[],"next":"c"})", {}, 1)->is_last);
}

TEST_CASE("a token that repeats is an error unless the page is the last anyway") {
  const auto page = read(R"({"items":[],"next":"b"})", after("b"));
  REQUIRE_FALSE(page.ok());
  REQUIRE(page.error().code == ErrorCode::limit_exceeded);
  REQUIRE(page.error().message == "page 2: the next page's token is the same as this page's");
  REQUIRE(read(R"({"items":[],"next":"b"})", after("b", 2), 3).ok());
  REQUIRE(read(R"({"items":[],"next":1})", after("1")).ok());
}

TEST_CASE("an output path that leads to no array names what is there") {
  for (const auto& [body, kind] :
       std::vector<std::pair<const char*, std::string>>{{"{}", "null"},
                                                        {R"({"items":{}})", "object"},
                                                        {R"({"items":"x"})", "string"},
                                                        {"[]", "null"},
                                                        {"null", "null"}}) {
    const auto page = read(body);
    REQUIRE_FALSE(page.ok());
    REQUIRE(page.error().code == ErrorCode::type_mismatch);
    REQUIRE(page.error().message ==
            "page 1: the pagination's `output` must lead to an array, got " + kind);
  }
}

TEST_CASE("all pages together are bounded in bytes") {
  const std::uint64_t most = limits::response_bytes_max;
  REQUIRE(read(R"({"items":[]})", after("b", 1, most - 10), 10, 10).ok());
  const auto page = read(R"({"items":[]})", after("b", 1, most - 9), 10, 10);
  REQUIRE_FALSE(page.ok());
  REQUIRE(page.error().code == ErrorCode::limit_exceeded);
}

TEST_CASE("pages add up and the last token and bytes are kept") {
  PageProgress progress;
  append(progress, Page{JsonArray{1}, "b", false}, 5);
  append(progress, Page{JsonArray{2, 3}, "c", false}, 6);
  REQUIRE(progress.pages == 2);
  REQUIRE(progress.bytes == 11);
  REQUIRE(progress.next_token == "c");
  REQUIRE(progress.results == JsonArray{1, 2, 3});
}

TEST_CASE("self is the state of the page that is asked for") {
  REQUIRE(to_text(page_self({}, nullptr)) == R"({"pageToken":null,"page":1,"response":null})");
  const Json response = JsonObject{{"body", 1}};
  REQUIRE(to_text(page_self(after("b", 4), &response)) ==
          R"({"pageToken":"b","page":5,"response":{"body":1}})");
}

TEST_CASE("the output of pages has the last response's head or the error") {
  const Json last = *parse_json(R"({"statusCode":200,"headers":{"a":"b"},"body":[1]})");
  REQUIRE(to_text(paged_output(JsonArray{1}, &last, nullptr)) ==
          R"({"response":{"statusCode":200,"headers":{"a":"b"},"results":[1]}})");
  const Error error(ErrorCode::request_failed, "no");
  REQUIRE(to_text(paged_output(JsonArray{1}, nullptr, &error)) ==
          R"({"response":{"results":[1],"error":{"code":"request_failed","message":"no"}}})");
}
