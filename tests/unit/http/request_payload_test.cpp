#include "http/api/request_payload.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

struct Sent {
  std::string body;
  std::string type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string query;
};

Result<Json> read(const Sent& sent) {
  httplib::Request request;
  request.method = "POST";
  request.body = sent.body;
  if (!sent.type.empty()) request.headers.emplace("Content-Type", sent.type);
  for (const auto& [name, value] : sent.headers) request.headers.emplace(name, value);
  return read_request_payload({request, *parse_form(sent.query), {}, {}, {}});
}

Json body_of(const std::string& body, const std::string& type) {
  const auto payload = read({body, type, {}, {}});
  if (!payload) FAIL(payload.error().message);
  return payload->at("body");
}

std::string refusal(const std::string& body, const std::string& type,
                    std::vector<std::pair<std::string, std::string>> headers = {}) {
  const auto payload = read({body, type, std::move(headers), {}});
  return payload ? "accepted" : payload.error().message;
}

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("a workflow sees lower-case header names and never the caller's token", "[http]") {
  const auto payload = read({"",
                             "",
                             {{"Authorization", "Bearer secret"},
                              {"Proxy-Authorization", "secret"},
                              {"X-Trace", "1"},
                              {"x-trace", "2"},
                              {"Cookie", "a=1"},
                              {"cookie", "b=2"},
                              {"X-Latin", "caf\xe9"}},
                             {}});
  REQUIRE(payload.ok());
  const Json expected =
      JsonObject{{"x-trace", "1, 2"}, {"cookie", "a=1; b=2"}, {"x-latin", "café"}};
  CHECK(payload->at("headers") == expected);
}

TEST_CASE("parameters that repeat become an array", "[http]") {
  const auto payload = read({"", "", {}, "a=1&b=x&a=2&a=3"});
  const Json expected = JsonObject{{"a", JsonArray{"1", "2", "3"}}, {"b", "x"}};
  CHECK(payload->at("params") == expected);
}

TEST_CASE("a body becomes a value by its content type", "[http]") {
  CHECK(body_of("", "application/json") == Json(JsonObject()));
  CHECK(body_of("[1]", "application/json; charset=utf-8") == Json(JsonArray{1}));
  CHECK(body_of("{\"a\":1}", "application/vnd.api+json") == Json(JsonObject{{"a", 1}}));
  CHECK(body_of("{\"a\":1}", "") == Json(JsonObject{{"a", 1}}));
  CHECK(body_of("a=1&b=c+d&a=2", "application/x-www-form-urlencoded") ==
        Json(JsonObject{{"a", JsonArray{"1", "2"}}, {"b", "c d"}}));
  CHECK(body_of("--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
                "multipart/form-data; boundary=x") == Json(JsonObject{{"a", "1"}}));
  CHECK(body_of("<a/>", "Text/XML") == Json("<a/>"));
}

TEST_CASE("a body that cannot be understood is refused with what would be", "[http]") {
  CHECK_THAT(refusal("{", "application/json"), says("not valid JSON"));
  CHECK_THAT(refusal("\"\xff\"", "application/json"), says("not valid UTF-8"));
  CHECK_THAT(refusal("a=%", "application/x-www-form-urlencoded"), says("percent-encoding"));
  CHECK_THAT(refusal("x", "image/png"), says("'image/png' is not supported"));
  CHECK_THAT(refusal("x", "text/plain; charset=utf-16"), says("charset"));
  CHECK_THAT(refusal("x", "text/plain", {{"Content-Encoding", "gzip"}}), says("gzip"));
  CHECK_THAT(refusal("--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n1\r\n--x--",
                     "multipart/form-data; boundary=x"),
             says("files are not supported yet"));
}

}  // namespace millrace
