#include "runtime/files/file_value.h"

#include "runtime/base/limits.h"
#include "tests/support/catch.h"
#include "tests/support/simulated_files.h"

using namespace millrace;

namespace {

Json file(const std::string& data) {
  return JsonObject{
      {"name", "a.png"}, {"data", data}, {"mimeType", "image/png"}, {"dataType", "FILE"}};
}

/// The place and the reason of a refusal.
std::string refusal(Json value) {
  SimulatedFiles files;
  const auto outcome = intern_files(value, files.keeper());
  REQUIRE_FALSE(outcome.ok());
  REQUIRE(outcome.error().code == ErrorCode::invalid_file);
  REQUIRE(outcome.error().details.size() == 1);
  return outcome.error().details[0].path + ' ' + outcome.error().details[0].message;
}

const std::string hash(64, 'a');

}  // namespace

TEST_CASE("a handle is written and read with its hash and size") {
  const auto handle = parse_file_handle("millrace-file:" + hash + ":42");
  REQUIRE(handle);
  REQUIRE(handle->size == 42);
  REQUIRE(handle->hash[0] == 0xaa);
  REQUIRE(to_text(*handle) == "millrace-file:" + hash + ":42");
  REQUIRE(parse_file_handle("millrace-file:" + hash + ":18446744073709551615"));
}

TEST_CASE("what is not exactly one handle is none") {
  const std::string good = "millrace-file:" + hash + ":42";
  for (const std::string& text :
       {std::string(), std::string("millrace-file:"), "millrace-file:" + hash,
        "millrace-file:" + hash + ":", "millrace-file:" + hash + ":x", good + " ", " " + good,
        good + "x", "Millrace-file:" + hash + ":1", "millrace-file:" + hash + "-1",
        "millrace-file:" + hash + ":-1", "millrace-file:" + hash.substr(1) + ":12",
        "millrace-file:g" + hash.substr(1) + ":12",
        "millrace-file:" + hash + ":18446744073709551616"}) {
    INFO(text);
    REQUIRE_FALSE(parse_file_handle(text));
  }
}

TEST_CASE("handles inside a text are found once each, in order") {
  const std::string first = "millrace-file:" + hash + ":1";
  const std::string second = "millrace-file:" + std::string(64, 'b') + ":2";
  const auto found = find_file_handles("x" + second + first + ", " + second + " millrace-file:");
  REQUIRE(found.size() == 2);
  REQUIRE(to_text(found[0]) == second);
  REQUIRE(to_text(found[1]) == first);
  REQUIRE(find_file_handles("millrace-file:millrace-file:" + hash + ":1").size() == 1);
}

TEST_CASE("the hex of a file object becomes a handle, at any depth") {
  SimulatedFiles files;
  Json value = JsonObject{{"list", JsonArray{1, JsonObject{{"a/b", file("89504E47")}}}},
                          {"same", file("89504e47")}};
  REQUIRE(intern_files(value, files.keeper()).ok());
  const auto deep = as_file(value.at("list").at(1).at("a/b"));
  REQUIRE(deep);
  REQUIRE(deep->name == "a.png");
  REQUIRE(deep->mime_type == "image/png");
  REQUIRE(deep->handle.size == 4);
  REQUIRE(*files.find(deep->handle) == "\x89PNG");
  REQUIRE(as_file(value.at("same"))->handle == deep->handle);
  REQUIRE(file_object(*deep) == value.at("same"));
}

TEST_CASE("an empty file is a file") {
  SimulatedFiles files;
  Json value = file("");
  REQUIRE(intern_files(value, files.keeper()).ok());
  REQUIRE(as_file(value)->handle.size == 0);
}

TEST_CASE("only an object with dataType FILE and text as data is a file") {
  SimulatedFiles files;
  for (const char* const text :
       {R"({"name":"a","data":"00","mimeType":"a/b"})",
        R"({"name":"a","data":"00","dataType":"file"})", R"({"data":5,"dataType":"FILE"})",
        R"({"dataType":"FILE"})", R"({"data":"00","dataType":["FILE"]})", R"("FILE")", "[]"}) {
    Json value = *parse_json(text);
    REQUIRE(intern_files(value, files.keeper()).ok());
    REQUIRE(to_text(value) == text);
    REQUIRE_FALSE(as_file(value));
  }
}

TEST_CASE("hex that is none is refused with the place of its file") {
  REQUIRE(refusal(file("abc")) == "/data its `data` is not hex");
  REQUIRE(refusal(file("zz")) == "/data its `data` is not hex");
  REQUIRE(refusal(JsonObject{{"a/b", JsonArray{0, file("0g")}}}) ==
          "/a~1b/1/data its `data` is not hex");
  // Only a whole handle is believed.
  REQUIRE(refusal(file("millrace-file:" + hash)) == "/data its `data` is not hex");
  REQUIRE(refusal(file("millrace-file:" + hash + ":1 ")) == "/data its `data` is not hex");
}

TEST_CASE("files beyond the limits are refused") {
  JsonArray many(limits::files_per_request_max, file("00"));
  SimulatedFiles files;
  Json fits = many;
  REQUIRE(intern_files(fits, files.keeper()).ok());
  many.push_back(file("00"));
  REQUIRE(refusal(many) == "/100/data more than 100 files in one value");
  REQUIRE_THAT(refusal(file(std::string(2 * limits::file_bytes_max + 2, '0'))),
               Catch::Contains("it has more than 52428800 bytes"));
}

TEST_CASE("a value with handles can be interned again without a change") {
  SimulatedFiles files;
  Json value = JsonArray{file("00")};
  REQUIRE(intern_files(value, files.keeper()).ok());
  const Json before = value;
  REQUIRE(intern_files(value, files.keeper()).ok());
  REQUIRE(value == before);
}

TEST_CASE("handles of the run become hex again and others stay text") {
  SimulatedFiles files;
  const std::string known = to_text(files.keep("PNG"));
  const std::string other = "millrace-file:" + hash + ":3";
  REQUIRE(expand_file_handles("a" + known + other + known, files.reader()) ==
          "a504e47" + other + "504e47");
  REQUIRE(expand_file_handles(known, files.reader()) == "504e47");
  REQUIRE(expand_file_handles(other, files.reader()) == other);
  REQUIRE(expand_file_handles("", files.reader()).empty());
}

TEST_CASE("a budget gives files until they are too much together, each time counting") {
  SimulatedFiles files;
  const FileHandle four = files.keep("four");
  const FileHandle none = SimulatedFiles().keep("none");
  FileBudget budget(files.reader(), 9);
  const std::string text = to_text(four) + ' ' + to_text(none);
  REQUIRE(expand_file_handles(text, std::ref(budget)) == "666f7572 " + to_text(none));
  REQUIRE(expand_file_handles(text, std::ref(budget)) == "666f7572 " + to_text(none));
  REQUIRE_FALSE(budget.is_exceeded());
  REQUIRE(expand_file_handles(text, std::ref(budget)) == text);
  REQUIRE(budget.is_exceeded());
}

TEST_CASE("handles anywhere in a value become hex") {
  SimulatedFiles files;
  Json value = JsonObject{{"a", JsonArray{1, "x" + to_text(files.keep("A"))}}, {"b", nullptr}};
  expand_file_handles(value, files.reader());
  REQUIRE(value == *parse_json(R"({"a":[1,"x41"],"b":null})"));
}

TEST_CASE("a file object is sent by its handle, or by its hex when it is none of the run") {
  SimulatedFiles files;
  const Json kept = file_object({"a", "a/b", files.keep("A")});
  const auto by_handle = file_to_send(kept);
  REQUIRE(by_handle.ok());
  REQUIRE(std::holds_alternative<FileHandle>((*by_handle)->content));
  const auto by_bytes = file_to_send(file("4142"));
  REQUIRE(by_bytes.ok());
  REQUIRE(*std::get<SharedBytes>((*by_bytes)->content) == "AB");
  REQUIRE_FALSE(file_to_send(file("4")).ok());
  REQUIRE_FALSE(file_to_send(file("xy")).ok());
  for (const char* const other : {"null", "5", "[]", "{}", R"({"dataType":"FILE"})"}) {
    const auto sent = file_to_send(*parse_json(other));
    REQUIRE(sent.ok());
    REQUIRE_FALSE(sent->has_value());
  }
}

TEST_CASE("a size that does not belong to the bytes is another file") {
  SimulatedFiles files;
  FileHandle handle = files.keep("PNG");
  handle.size = 4;
  const std::string text = to_text(handle);
  REQUIRE(expand_file_handles(text, files.reader()) == text);
}
