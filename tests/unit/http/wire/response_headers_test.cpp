#include "http/wire/response_headers.h"

#include "http/api/request_trigger_api.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

Reply reply(Json headers, Json body, int status = 200) {
  RunResponded responded;
  responded.status = status;
  responded.headers = std::move(headers);
  responded.body = std::move(body);
  return reply_of(responded);
}

}  // namespace

TEST_CASE("a workflow may set headers of its content but not of the connection", "[http]") {
  CHECK(may_set_header("X-Anything"));
  CHECK(may_set_header("Cache-Control"));
  for (const auto* name : {"Content-Length", "transfer-encoding", "Connection", "Upgrade",
                           "Content-Encoding", "", "a b", "a:b", "a\r\nb"}) {
    INFO(name);
    CHECK_FALSE(may_set_header(name));
  }
}

TEST_CASE("a header value cannot smuggle another header", "[http]") {
  CHECK(is_header_value("plain text"));
  CHECK_FALSE(is_header_value("a\r\nSet-Cookie: x"));
  CHECK_FALSE(is_header_value("a\nb"));
  const auto answer = reply(JsonObject{{"x-a", "1\r\nx-b: 2"}, {"x-c", 3}}, "x");
  REQUIRE(answer.headers.size() == 1);
  CHECK(answer.headers[0] == std::pair<std::string, std::string>("x-c", "3"));
}

TEST_CASE("a string body is text, everything else JSON, null is nothing", "[http]") {
  CHECK(reply({}, "hello").content_type == "text/plain; charset=utf-8");
  CHECK(reply({}, "hello").body == "hello");
  CHECK(reply({}, JsonObject{{"a", 1}}).content_type == "application/json");
  CHECK(reply({}, JsonObject{{"a", 1}}).body == R"({"a":1})");
  CHECK(reply({}, nullptr).body.empty());
}

TEST_CASE("a content type of the workflow's own wins", "[http]") {
  const auto answer = reply(JsonObject{{"Content-Type", "text/html"}}, "<p>");
  CHECK(answer.content_type == "text/html");
  CHECK(answer.headers.empty());
}

TEST_CASE("a status without a body is sent without one", "[http]") {
  CHECK(reply({}, "x", 204).body.empty());
  CHECK(reply({}, "x", 304).body.empty());
}

}  // namespace millrace
