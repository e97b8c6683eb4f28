#include "http/wire/error_response.h"

#include "http/wire/wire_error.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

std::string text_of(const Error& error) { return to_text(error_body(error)); }

}  // namespace

TEST_CASE("an error has a code and a message, and details when there are findings", "[http]") {
  CHECK(text_of(Error(ErrorCode::not_found, "no such thing")) ==
        R"({"code":"not_found","message":"no such thing"})");
  const ErrorDetail finding{.step = "one",
                            .path = "/steps/0/code",
                            .message = "must be a string",
                            .expected = "string",
                            .got = "number",
                            .nearest = {},
                            .in = {}};
  CHECK(text_of(Error(ErrorCode::invalid_definition, "1 finding", {finding})) ==
        R"({"code":"invalid_definition","message":"1 finding","details":[{"step":"one",)"
        R"("path":"/steps/0/code","message":"must be a string","expected":"string",)"
        R"("got":"number"}]})");
}

TEST_CASE("violations of a request trigger have the form of the contract", "[http]") {
  const ErrorDetail violation{.step = {},
                              .path = "email",
                              .message = {},
                              .expected = "STRING",
                              .got = "NUMBER",
                              .nearest = {},
                              .in = "body"};
  CHECK(text_of(Error(ErrorCode::invalid_request, "refused", {violation})) ==
        R"({"code":"invalid_request","message":"refused","errors":)"
        R"([{"in":"body","key":"email","expected":"STRING","got":"NUMBER"}]})");
}

TEST_CASE("the status and its headers follow from the code", "[http]") {
  httplib::Response unauthorized;
  write_error(unauthorized, Error(ErrorCode::unauthorized, "who?"));
  CHECK(unauthorized.status == 401);
  CHECK(unauthorized.get_header_value("WWW-Authenticate") == "Bearer");

  httplib::Response busy;
  write_error(busy, Error(ErrorCode::overloaded, "busy"));
  CHECK(busy.status == 503);
  CHECK(busy.get_header_value("Retry-After") == "1");
  CHECK(busy.get_header_value("Content-Type") == "application/json");
}

TEST_CASE("an exception leaves nothing of its text and of the answer so far", "[http]") {
  httplib::Response response;
  response.set_header("X-Half", "done");
  response.body = "half an answer";
  try {
    throw BugFound("file.cpp:12: a secret");
  } catch (...) {
    write_current_exception(response, "a test");
  }
  CHECK(response.status == 500);
  CHECK(response.body.find("secret") == std::string::npos);
  CHECK(response.body.find("internal_error") != std::string::npos);
  CHECK_FALSE(response.has_header("X-Half"));
}

TEST_CASE("a raw response is complete HTTP with the right length", "[http]") {
  const std::string text = raw_response({431, "headers_too_large", "too \"large\""});
  const auto head_end = text.find("\r\n\r\n");
  REQUIRE(head_end != std::string::npos);
  const std::string body = text.substr(head_end + 4);
  CHECK(body == R"({"code":"headers_too_large","message":"too \"large\""})");
  CHECK(text.find("Content-Length: " + std::to_string(body.size()) + "\r\n") < head_end);
  CHECK(text.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
}

}  // namespace millrace
