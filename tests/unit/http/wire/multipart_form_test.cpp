#include "http/wire/multipart_form.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

const std::string type = "multipart/form-data; boundary=\"b 1\"";

Result<std::vector<ReceivedPart>> parse(const std::string& body) {
  return parse_multipart_form(type, body);
}

std::string field(const std::string& disposition, const std::string& content,
                  const std::string& more = {}) {
  return "--b 1\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" +
         content + "\r\n";
}

}  // namespace

TEST_CASE("the fields of a multipart form keep their exact content", "[http]") {
  const auto parts =
      parse("preamble\r\n" + field("name=\"a\"", "one\r\n--b\r\ntwo") + field("name=plain", "") +
            field("name=\"q\\\"uote\"", "x") + "--b 1--\r\nepilogue");
  REQUIRE(parts.ok());
  REQUIRE(parts->size() == 3);
  CHECK((*parts)[0].name == "a");
  CHECK((*parts)[0].content == "one\r\n--b\r\ntwo");
  CHECK((*parts)[1].name == "plain");
  CHECK((*parts)[1].content.empty());
  CHECK((*parts)[2].name == "q\"uote");
}

TEST_CASE("a part with a file name or a binary type is marked as a file", "[http]") {
  const auto parts = parse(field("name=a; filename=\"x.png\"", "1") +
                           field("name=b", "2", "content-type: image/png\r\n") +
                           field("name=c", "3", "Content-Type: text/plain\r\n") + "--b 1--");
  REQUIRE(parts.ok());
  REQUIRE(parts->size() == 3);
  CHECK((*parts)[0].is_file);
  CHECK((*parts)[1].is_file);
  CHECK_FALSE((*parts)[2].is_file);
}

TEST_CASE("a form without fields is an empty list", "[http]") {
  const auto parts = parse("--b 1--\r\n");
  REQUIRE(parts.ok());
  CHECK(parts->empty());
}

TEST_CASE("a field is not a file because its name or its text says filename", "[http]") {
  const std::string disposition = "--b 1\r\nContent-Disposition: form-data; name=";
  const std::string rest = "\r\n\r\nx\r\n--b 1--";
  CHECK_FALSE(parse(disposition + "filename" + rest)->at(0).is_file);
  CHECK_FALSE(parse(disposition + "\"a; filename=b\"" + rest)->at(0).is_file);
  CHECK(parse(disposition + "a; filename=\"\"" + rest)->at(0).is_file);
  const auto extended = parse(disposition + "a; filename=u; filename*=UTF-8''%C3%BC.txt" + rest);
  CHECK(extended->at(0).is_file);
  CHECK(extended->at(0).file_name == "\xC3\xBC.txt");
}

TEST_CASE("a multipart form that is cut or malformed is refused", "[http]") {
  const std::vector<std::string> bodies{
      "",
      "nothing",
      "--b 1\r\n",
      field("name=a", "1"),
      "--b 1\r\nno colon\r\n\r\nx\r\n--b 1--",
      "--b 1\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b 1--",
      "--b 1\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b 1--",
      "--b 1junk\r\n\r\n--b 1--",
      "--b 1\r\n\r\n--b 1--"};
  for (const auto& body : bodies) {
    INFO(body);
    const auto parts = parse(body);
    REQUIRE_FALSE(parts.ok());
    CHECK(parts.error().code == ErrorCode::invalid_request);
  }
  CHECK_FALSE(parse_multipart_form("multipart/form-data", "--x--").ok());
  CHECK_FALSE(
      parse_multipart_form("multipart/form-data; boundary=" + std::string(71, 'a'), "").ok());
}

}  // namespace millrace
