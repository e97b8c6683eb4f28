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
       std::vector<std::pair<const char*, std::string>>{{R"({"items":{}})", "object"},
                                                        {R"({"items":"x"})", "string"},
                                                        {"[]", "null"},
                                                        {R"("items")", "null"}}) {
    const auto page = read(body);
    REQUIRE_FALSE(page.ok());
    REQUIRE(page.error().code == ErrorCode::type_mismatch);
    REQUIRE(page.error().message ==
            "page 1: the pagination's `output` must lead to an array, got " + kind);
  }
}

TEST_CASE("a list that is absent or null is an empty page") {
  for (const char* const body : {"{}", R"({"items":null})", R"({"next":null,"total":0})", "null"}) {
    INFO(body);
    const auto page = read(body);
    REQUIRE(page.ok());
    REQUIRE(page->results.empty());
    REQUIRE(page->is_last);
    REQUIRE_FALSE(page->problem);
  }
  REQUIRE_FALSE(read(R"({"next":"b"})")->is_last);
}

TEST_CASE("a loop is an error beside the items that it brought") {
  PageProgress progress = after("b");
  progress.results = {1};
  const auto page = read(R"({"items":[2],"next":"b"})", progress);
  REQUIRE(page.ok());
  REQUIRE(page->is_last);
  REQUIRE(page->results == JsonArray{2});
  REQUIRE(page->problem->code == ErrorCode::limit_exceeded);
  // The same page once more brings nothing.
  REQUIRE_FALSE(read(R"({"items":[1],"next":"b"})", progress).ok());
}

TEST_CASE("a loop of several tokens is found by the token of an earlier page") {
  PageProgress progress;
  for (const char* const token : {"a", "b", "a"}) {
    append(progress, Page{JsonArray{token}, 1, token, false}, 1);
  }
  const auto page = read(R"({"items":["c"],"next":"b"})", progress);
  REQUIRE(page.ok());
  REQUIRE(page->problem->message == "page 4: the next page's token is that of an earlier page");
}

TEST_CASE("a token that only says there is more is no loop unless the page comes again") {
  PageProgress progress = after(true);
  progress.results = {1, 2};
  REQUIRE_FALSE(read(R"({"items":[3,4],"next":true})", progress)->is_last);
  REQUIRE_FALSE(read(R"({"items":[],"next":true})", progress)->is_last);
  const auto page = read(R"({"items":[1,2],"next":true})", progress);
  REQUIRE_FALSE(page.ok());
  REQUIRE(page.error().message == "page 2 has the same items as the page before");
}

TEST_CASE("the end at a most that nobody chose is an error beside the items") {
  Pagination made = pagination();
  const auto last = [&](const char* body) {
    return read_page(made, 10, output(body), 10, after("b", 9), MapScope());
  };
  const auto page = last(R"({"items":[1],"next":"c"})");
  REQUIRE(page.ok());
  REQUIRE(page->is_last);
  REQUIRE(page->results == JsonArray{1});
  REQUIRE(page->problem->code == ErrorCode::limit_exceeded);
  REQUIRE_THAT(page->problem->message, Catch::Contains("`max`"));
  REQUIRE_FALSE(last(R"({"items":[1],"next":null})")->problem);
  made.has_own_max = true;
  REQUIRE_FALSE(last(R"({"items":[1],"next":"c"})")->problem);
}

TEST_CASE("a page whose end cannot be told is kept, with the error beside it") {
  Pagination made = pagination();
  made.stop_when = {{Condition{*Template::compile(Json(1), ""), Operator::boolean_true, {}}}};
  const auto page = read_page(made, 10, output(R"({"items":[1],"next":"c"})"), 10, {}, MapScope());
  REQUIRE(page.ok());
  REQUIRE(page->is_last);
  REQUIRE(page->results == JsonArray{1});
  REQUIRE(page->problem->code == ErrorCode::type_mismatch);
}

TEST_CASE("an item that an earlier page had is left out where items have an identity") {
  Pagination made = pagination();
  made.unique_by = {std::string("id")};
  PageProgress progress = after("b");
  progress.results = *parse_json(R"([{"id":1,"n":"a"},{"id":2}])")->if_array();
  const auto page = read_page(
      made, 10,
      output(R"({"items":[{"id":2,"n":"z"},{"id":"2"},{"x":1},{"x":1},{"id":3},{"id":3}]})"), 10,
      progress, MapScope());
  REQUIRE(page.ok());
  REQUIRE(to_text(Json(page->results)) == R"([{"id":"2"},{"x":1},{"x":1},{"id":3}])");
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
  append(progress, Page{JsonArray{1}, 1, "b", false}, 5);
  append(progress, Page{JsonArray{2, 3}, 2, "c", false}, 6);
  REQUIRE(progress.pages == 2);
  REQUIRE(progress.bytes == 11);
  REQUIRE(progress.next_token == "c");
  REQUIRE(progress.results == JsonArray{1, 2, 3});
}

TEST_CASE("self is the state of the page that is asked for") {
  REQUIRE(to_text(page_self({}, nullptr)) ==
          R"({"pageToken":null,"page":1,"offset":0,"response":null})");
  const Json response = JsonObject{{"body", 1}};
  PageProgress progress = after("b", 4);
  progress.items = 40;
  REQUIRE(to_text(page_self(progress, &response)) ==
          R"({"pageToken":"b","page":5,"offset":40,"response":{"body":1}})");
}

TEST_CASE("the output of pages has the last response's head or the error") {
  const Json last = *parse_json(R"({"statusCode":200,"headers":{"a":"b"},"body":[1]})");
  REQUIRE(to_text(paged_output(JsonArray{1}, &last, nullptr)) ==
          R"({"response":{"statusCode":200,"headers":{"a":"b"},"results":[1]}})");
  const Error error(ErrorCode::request_failed, "no");
  REQUIRE(to_text(paged_output(JsonArray{1}, nullptr, &error)) ==
          R"({"response":{"results":[1],"error":{"code":"request_failed","message":"no"}}})");
}
