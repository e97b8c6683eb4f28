#include "runtime/content/read_content.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// The content as JSON text, "form <text>", "file <name> <type>" or "broken <code>".
std::string read(std::string_view bytes, std::string_view type, std::string_view disposition = "") {
  const Content content = read_content(bytes, {type, disposition});
  if (const auto* const value = std::get_if<Json>(&content)) return to_text(*value);
  if (const auto* const form = std::get_if<FormContent>(&content)) return "form " + form->text;
  if (const auto* const file = std::get_if<FileContent>(&content)) {
    return "file " + file->name + ' ' + file->mime_type;
  }
  const auto& broken = std::get<BrokenContent>(content);
  return "broken " + std::string(wire_name(broken.problem.code)) + (broken.text ? " text" : "");
}

std::string utf16(std::string_view ascii, bool is_big_endian) {
  std::string out;
  for (const char c : ascii) {
    if (is_big_endian) out += '\0';
    out += c;
    if (!is_big_endian) out += '\0';
  }
  return out;
}

}  // namespace

TEST_CASE("JSON is a value under every name of JSON and with every beginning") {
  for (const char* const type : {"application/json", "text/json",
                                 "application/hal+json; charset=utf8", "", "APPLICATION/JSON"}) {
    INFO(type);
    REQUIRE(read("{\"a\":1}", type) == R"({"a":1})");
    REQUIRE(read("\xef\xbb\xbf{\"a\":1}", type) == R"({"a":1})");
  }
  REQUIRE(read("{\"a\":\"\xe9\"}", "application/json; charset=iso-8859-1") == R"({"a":"é"})");
  REQUIRE(read(utf16("[1]", false), "application/json") == "[1]");
  REQUIRE(read(utf16("[1]", true), "application/json") == "[1]");
  REQUIRE(read(" \n", "application/json") == "null");
  REQUIRE(read("{", "application/json") == "broken invalid_json text");
  REQUIRE(read("\xff", "application/json") == "broken invalid_request");
}

TEST_CASE("a form is a form unless it is the JSON of a client that names no type") {
  constexpr std::string_view type = "application/x-www-form-urlencoded";
  REQUIRE(read("a=1&b=2", type) == "form a=1&b=2");
  REQUIRE(read("a=\xfc", "application/x-www-form-urlencoded; charset=latin1") == "form a=ü");
  REQUIRE(read(R"({"a":1})", type) == R"({"a":1})");
  REQUIRE(read("[1", type) == "form [1");
}

TEST_CASE("XML and HTML are in the charset that they declare") {
  REQUIRE(read("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", "application/xml") ==
          R"("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>é</a>")");
  REQUIRE(read("<?xml version='1.0' encoding='windows-1251'?>\xcf", "application/atom+xml") ==
          R"("<?xml version='1.0' encoding='windows-1251'?>П")");
  // The header goes before the declaration, and a string writer's UTF-16 is none.
  REQUIRE(read("<?xml encoding=\"x\"?>\xe9", "text/xml; charset=latin1").ends_with("é\""));
  REQUIRE(read("<?xml encoding=\"utf-16\"?>é", "text/xml").ends_with("é\""));
  REQUIRE(read(utf16("<a/>", false), "text/xml") == R"("<a/>")");
  REQUIRE(read("<html><META charset=windows-1250>\x9e", "text/html").ends_with("ž\""));
  REQUIRE(read("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=euc-kr\">\xb4\xeb",
               "text/html")
              .ends_with("대\""));
  REQUIRE(read("<meta name=x>\xbe", "text/html") == "broken invalid_request");
  REQUIRE(read("<?xml encoding=latin1?>\xe9", "text/plain") == "broken invalid_request");
}

TEST_CASE("what is neither is a file with a name that is no path") {
  REQUIRE(read("x", "image/PNG; q=1", "attachment; filename=\"../a.png\"") ==
          "file a.png image/png");
  REQUIRE(read("x", "application/pdf") == "file  application/pdf");
  REQUIRE(read("\xff", "") == "file  application/octet-stream");
  REQUIRE(read("plain", "") == R"("plain")");
}
