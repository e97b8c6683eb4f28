#include "runtime/history/value_level.h"

#include "runtime/files/file_value.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::string level(const Json& value, const LevelQuery& query = {}) {
  const auto found = level_of(value, query);
  return found ? to_text(*found) : "error: " + found.error().message;
}

Json json(const char* text) { return *parse_json(text); }

}  // namespace

TEST_CASE("a level names the members of an object, with what is small") {
  CHECK(level(json(R"({"id": 7, "name": "Ada", "tags": [1, 2], "none": null})")) ==
        R"({"type":"object","length":4,"bytes":46,"items":[)"
        R"({"type":"number","length":1,"bytes":1,"value":7,"key":"id"},)"
        R"({"type":"string","length":3,"bytes":5,"value":"Ada","key":"name"},)"
        R"({"type":"array","length":2,"bytes":5,"key":"tags"},)"
        R"({"type":"null","length":1,"bytes":4,"value":null,"key":"none"}],"next":null})");
}

TEST_CASE("a path leads down, and elements are taken from an offset on") {
  const Json value = json(R"({"a": {"b/c": [10, 11, 12, 13]}})");
  CHECK(level(value, {.path = "/a/b~1c", .offset = 1, .limit = 2}) ==
        R"({"type":"array","length":4,"bytes":13,"items":[)"
        R"({"type":"number","length":1,"bytes":2,"value":11,"index":1},)"
        R"({"type":"number","length":1,"bytes":2,"value":12,"index":2}],"next":3})");
  CHECK(level(value, {.path = "/a/b~1c/3"}) ==
        R"({"type":"number","length":1,"bytes":2,"value":13,"next":null})");
  CHECK(level(value, {.path = "/a/b~1c", .offset = 9}) ==
        R"({"type":"array","length":4,"bytes":13,"items":[],"next":null})");
}

TEST_CASE("a path that leads nowhere says what a path is") {
  for (const char* const path : {"/x", "/a/b", "a", "/a/-", "/a/9", "/~2"}) {
    INFO(path);
    const auto found = level_of(json(R"({"a": [1]})"), {.path = path});
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::not_found);
  }
}

TEST_CASE("a text is cut between characters, and its parts make it whole again") {
  const std::string text = "aé€😀z";
  for (std::size_t limit = 1; limit < 12; ++limit) {
    std::string whole;
    std::size_t offset = 0;
    for (int parts = 0; parts < 20; ++parts) {
      const auto part = level_of(Json(text), {.offset = offset, .limit = limit});
      REQUIRE(part);
      const auto& shown = part->at("text").get_string();
      CHECK(is_valid_utf8(std::string_view(shown.data(), shown.size())));
      whole += std::string_view(shown.data(), shown.size());
      if (part->at("next").is_null()) break;
      offset = part->at("next").to_number<std::size_t>();
    }
    CHECK(whole == text);
  }
  // From inside a character on.
  CHECK(level_of(Json(text), {.offset = 2, .limit = 1})->at("text") == "€");
}

TEST_CASE("large values are outlined, whatever is asked for") {
  JsonObject value;
  value["text"] = std::string(1'000'000, 'x');
  JsonArray many;
  for (int i = 0; i < 5'000; ++i) many.emplace_back(i);
  value["many"] = many;
  const std::string shown = level(value);
  CHECK(shown.size() < 400);
  const auto many_shown = level_of(value, {.path = "/many", .limit = limits::level_items_max});
  CHECK(many_shown->at("items").get_array().size() == 1'000);
  const auto text = level_of(value, {.path = "/text", .limit = limits::level_text_bytes_max});
  CHECK(text->at("text").get_string().size() == 256u << 10);
}

TEST_CASE("a file is described, not shown") {
  FileValue file;
  file.name = "a.pdf";
  file.mime_type = "application/pdf";
  file.handle.size = 1'234;
  const Json whole = JsonObject{{"file", file_object(file)}};
  const auto inside = level_of(whole, {.path = "/file"});
  REQUIRE(inside);
  CHECK(inside->at("type") == "file");
  CHECK(inside->at("length") == 1'234);
  CHECK(inside->at("name") == "a.pdf");
  CHECK_FALSE(inside->contains("items"));
  const auto outside = level_of(whole, {});
  CHECK(outside->at("items").at(0).at("type") == "file");
  CHECK_FALSE(outside->at("items").at(0).as_object().contains("value"));
}

TEST_CASE("more than is shown at once is refused, with what may be asked for") {
  const Json value = json(R"({"list": [1], "text": "x", "number": 1})");
  const auto code_of = [&](const std::string& path, std::size_t limit) {
    const auto found = level_of(value, {.path = path, .limit = limit});
    return found ? std::string("shown") : std::string(wire_name(found.error().code));
  };
  for (const char* const path : {"", "/list"}) {
    INFO(path);
    CHECK(code_of(path, limits::level_items_max) == "shown");
    CHECK(code_of(path, limits::level_items_max + 1) == "invalid_request");
  }
  for (const char* const path : {"/text", "/number"}) {
    INFO(path);
    CHECK(code_of(path, limits::level_text_bytes_max) == "shown");
    CHECK(code_of(path, limits::level_text_bytes_max + 1) == "invalid_request");
  }
}
