#include "http/api/request_payload.h"

#include "tests/support/catch.h"
#include "tests/support/packed.h"

namespace millrace {
namespace {

struct Sent {
  std::string body;
  std::string type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string query;
  RunFiles* files = nullptr;  // takes what the request brought
};

Result<Json> read(const Sent& sent) {
  httplib::Request request;
  request.method = "POST";
  request.body = sent.body;
  if (!sent.type.empty()) request.headers.emplace("Content-Type", sent.type);
  for (const auto& [name, value] : sent.headers) request.headers.emplace(name, value);
  auto payload = read_request_payload({request, *parse_form(sent.query), {}, {}, {}});
  if (!payload) return payload.error();
  for (const auto& [file, bytes] : payload->files.all()) {
    if (sent.files != nullptr) sent.files->add(file, bytes);
  }
  return std::move(payload->request);
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
  CHECK_THAT(refusal("x", "image/png", {{"Content-Encoding", "gzip"}}), says("gzip"));
  CHECK_THAT(refusal("x", "text/plain; charset=utf-16"), says("charset"));
  CHECK_THAT(refusal("x", "text/plain", {{"Content-Encoding", "gzip"}}), says("gzip"));
}

TEST_CASE("a body is read as a response's would be", "[http]") {
  const Json object = JsonObject{{"a", 1}};
  CHECK(body_of("\xef\xbb\xbf{\"a\":1}", "application/json") == object);
  CHECK(body_of("{\"a\":1}", "text/json") == object);
  CHECK(body_of("{\"a\":1}", "application/json; charset=utf8") == object);
  CHECK(body_of("{\"a\":1}", "application/x-www-form-urlencoded") == object);
  CHECK(body_of("{\"a\":\"\xe9\"}", "application/json; charset=iso-8859-1") ==
        Json(JsonObject{{"a", "é"}}));
  CHECK(body_of("\xcf", "text/plain; charset=windows-1251") == Json("П"));
  CHECK(body_of("<a/>", "application/xml") == Json("<a/>"));
  CHECK(body_of("{}\n{}\n", "application/x-ndjson") == Json("{}\n{}\n"));
  CHECK(body_of(R"({"a":"\ud800"})", "application/json") ==
        Json(JsonObject{{"a", std::string(replacement_character)}}));
  CHECK(body_of("  ", "application/json") == Json(nullptr));
  CHECK(body_of("plain", "") == Json("plain"));
  CHECK(body_of("--x\r\nContent-Disposition: form-data; name=a\r\n"
                "Content-Type: text/plain; charset=latin1\r\n\r\n\xe9\r\n--x--",
                "multipart/form-data; boundary=x") == Json(JsonObject{{"a", "é"}}));
}

TEST_CASE("a packed body is unpacked, up to the size that a body may have", "[http]") {
  const auto packed = [](const std::string& coding, const std::string& body) {
    return read({body, "application/json", {{"Content-Encoding", coding}}, {}});
  };
  CHECK(packed("gzip", tests::gzip("{\"a\":1}"))->at("body") == Json(JsonObject{{"a", 1}}));
  CHECK(packed("deflate", tests::zlib_deflate("[1]"))->at("body") == Json(JsonArray{1}));
  CHECK(packed("utf-8", "[1]")->at("body") == Json(JsonArray{1}));
  const std::string whole = tests::gzip("[1]");
  for (const std::string& broken :
       {whole.substr(0, whole.size() - 1), whole + "x", std::string("x")}) {
    CHECK(packed("gzip", broken).error().code == ErrorCode::invalid_request);
  }
  CHECK(packed("br", "x").error().code == ErrorCode::invalid_request);
  CHECK(packed("gzip, gzip", tests::gzip(whole)).error().code == ErrorCode::invalid_request);
  const std::string large = tests::gzip(std::string(limits::request_body_bytes_max + 1, ' '));
  CHECK(packed("gzip", large).error().code == ErrorCode::payload_too_large);
}

TEST_CASE("a body of any other type is one file", "[http]") {
  RunFiles files;
  const auto payload = read({std::string("\x00\xff", 2),
                             "Image/PNG; q=1",
                             {{"Content-Disposition", "attachment; filename=\"a b.png\""}},
                             {},
                             &files});
  REQUIRE(payload.ok());
  CHECK(payload->at("body") == Json(JsonObject()));
  const auto file = as_file(payload->at("file"));
  REQUIRE(file);
  CHECK(file->name == "a b.png");
  CHECK(file->mime_type == "image/png");
  REQUIRE(files.find(file->handle));
  CHECK(*files.find(file->handle) == std::string("\x00\xff", 2));
}

TEST_CASE("a form's files are file objects and their bytes are kept once", "[http]") {
  RunFiles files;
  const std::string part =
      "--x\r\nContent-Disposition: form-data; name=doc; filename=b.bin\r\n"
      "Content-Type: application/pdf\r\n\r\n\xff\x01\r\n";
  const auto payload =
      read({part + part + "--x--", "multipart/form-data; boundary=x", {}, {}, &files});
  REQUIRE(payload.ok());
  const auto& docs = payload->at("body").at("doc").as_array();
  REQUIRE(docs.size() == 2);
  const auto file = as_file(docs[1]);
  REQUIRE(file);
  CHECK(file->name == "b.bin");
  CHECK(file->mime_type == "application/pdf");
  CHECK(file->handle.size == 2);
  CHECK(files.all().size() == 1);
}

TEST_CASE("file objects inside JSON are decoded and bad hex is refused with its place", "[http]") {
  RunFiles files;
  const auto payload =
      read({R"({"a":[{"dataType":"FILE","name":"n","mimeType":"m","data":"00fF"}]})",
            "",
            {},
            {},
            &files});
  REQUIRE(payload.ok());
  const auto file = as_file(payload->at("body").at("a").at(0));
  REQUIRE(file);
  CHECK(*files.find(file->handle) == std::string("\x00\xff", 2));
  CHECK_THAT(refusal(R"({"a":[{"dataType":"FILE","data":"0g"}]})", ""), says("/a/0"));
  CHECK_THAT(refusal(R"({"a":{"dataType":"FILE","data":"000"}})", ""), says("not hex"));
  const std::string handle = to_text(FileHandle{});
  CHECK_THAT(refusal(R"({"dataType":"FILE","data":")" + handle + "\"}", ""), says("not hex"));
}

TEST_CASE("escapes in a form are read in the form's charset", "[http]") {
  const std::string type = "application/x-www-form-urlencoded";
  CHECK(body_of("name=caf%e9", type + "; charset=iso-8859-1").at("name") == Json("café"));
  CHECK(body_of("name=caf%c3%a9", type + "; charset=utf-8").at("name") == Json("café"));
  CHECK_THAT(refusal("name=caf%e9", type), says("not valid UTF-8"));
}

}  // namespace millrace
