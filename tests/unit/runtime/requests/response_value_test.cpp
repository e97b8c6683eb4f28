#include "runtime/requests/response_value.h"

#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

HttpResponse response(std::string body, std::vector<HttpHeader> headers = {}, int status = 200) {
  return {status, std::move(headers), std::make_shared<const std::string>(std::move(body))};
}

HttpResponse typed(const std::string& type, std::string body) {
  return response(std::move(body), {{"content-type", type}});
}

/// The body as JSON text, or "file <name> <type>", or the error.
std::string body(const HttpResponse& from, std::string_view url = "https://a.example/dir/x.bin") {
  const auto read = read_body(from, url);
  if (!read) return std::string(wire_name(read.error().code)) + ": " + read.error().message;
  if (const auto* const value = std::get_if<Json>(&*read)) return to_text(*value);
  const auto& file = std::get<FileContent>(*read);
  return "file " + file.name + ' ' + file.mime_type;
}

std::string name(const std::string& disposition, std::string_view url = "https://a.example/x") {
  const auto read = read_body(
      response("\xff", {{"content-type", "a/b"}, {"content-disposition", disposition}}), url);
  return std::get<FileContent>(*read).name;
}

std::optional<Millis> wait(const std::string& header) {
  return retry_after(response("", {{"retry-after", header}}), test_epoch);
}

}  // namespace

TEST_CASE("JSON bodies are values, whatever the JSON type is called") {
  for (const char* const type :
       {"application/json", "application/json; charset=utf-8", " Application/JSON ;x=y",
        "application/vnd.api+json", "application/problem+json", "text/json"}) {
    INFO(type);
    REQUIRE(body(typed(type, "[1,null]")) == "[1,null]");
  }
  REQUIRE(body(typed("application/json", "null")) == "null");
  REQUIRE(body(typed("application/json", "")) == "null");
}

TEST_CASE("a JSON body that is none is text") {
  REQUIRE(body(typed("application/json", "{")) == R"("{")");
  REQUIRE(body(typed("application/json", "[1]x")) == R"("[1]x")");
  REQUIRE(body(response("{")) == R"("{")");
}

TEST_CASE("what cannot be decoded is a file, never text with replacements") {
  REQUIRE(body(typed("application/json", "\xff")) == "file x.bin application/json");
  REQUIRE(body(typed("text/plain; charset=utf-8", "a\xff")) == "file x.bin text/plain");
  REQUIRE(body(typed("text/html; charset=nonsense", "a\xff")) == "file x.bin text/html");
}

TEST_CASE("a body without a type is JSON when it is an object or an array") {
  REQUIRE(body(response(R"({"a":1})")) == R"({"a":1})");
  REQUIRE(body(response(" [1]")) == "[1]");
  REQUIRE(body(response("5")) == R"("5")");
}

TEST_CASE("a success whose JSON is beyond a limit is a bad response that says why") {
  const std::string deep = std::string(101, '[') + std::string(101, ']');
  REQUIRE(body(typed("application/json", deep)) ==
          "bad_response: the response's body is not valid JSON: nested deeper than 100 levels at "
          "byte 100");
  REQUIRE(body(typed("application/json", deep.substr(1, 200))) == deep.substr(1, 200));
  REQUIRE(body(typed("application/json", R"({"a":-1e400})")) ==
          "bad_response: the response's body is not valid JSON: a number that is too large at "
          "byte 5");
  REQUIRE(body(response(deep, {{"content-type", "application/json"}}, 404)) == '"' + deep + '"');
  REQUIRE(body(typed("text/plain", deep)) == '"' + deep + '"');
}

TEST_CASE("escapes of unpaired surrogates in a JSON body are replacement characters") {
  REQUIRE(body(typed("application/json", R"({"\ud83d":"a\uDE00b"})")) ==
          "{\"\xef\xbf\xbd\":\"a\xef\xbf\xbd"
          "b\"}");
  REQUIRE(body(typed("application/json", R"(["\ud83d\ude00","\\ud83d","\ud83d"])")) ==
          "[\"\xf0\x9f\x98\x80\",\"\\\\ud83d\",\"\xef\xbf\xbd\"]");
}

TEST_CASE("text bodies are strings, whatever their charset") {
  for (const char* const type : {"text/plain", "text/csv", "application/xml", "image/svg+xml",
                                 "application/javascript", "application/x-ndjson"}) {
    INFO(type);
    REQUIRE(body(typed(type, "\xc3\xbc")) == "\"\xc3\xbc\"");
    REQUIRE(body(typed(type, "a\xff")) == "file x.bin " + std::string(type));
  }
  REQUIRE(body(typed("text/plain; charset=iso-8859-1", "\xfc")) == "\"\xc3\xbc\"");
  REQUIRE(body(typed("text/plain; x=\"a;charset=b\"; Charset=\"Windows-1252\"", "\x80")) ==
          "\"\xe2\x82\xac\"");
  REQUIRE(body(typed("application/json;charset=latin1", "{\"a\":\"\xfc\"}")) ==
          "{\"a\":\"\xc3\xbc\"}");
  REQUIRE(body(typed("application/json;charset=utf-16le", std::string("[\0"
                                                                      "1\0]\0",
                                                                      6))) == "[1]");
  REQUIRE(body(response("plain")) == R"("plain")");
  REQUIRE(body(response("\xff")) == "file x.bin application/octet-stream");
}

TEST_CASE("a byte order mark before a body is no part of it") {
  REQUIRE(body(typed("application/json", "\xef\xbb\xbf{}")) == "{}");
  REQUIRE(body(typed("text/plain",
                     "\xef\xbb\xbf"
                     "a")) == R"("a")");
  REQUIRE(body(response("\xef\xbb\xbf"
                        "a")) == R"("a")");
  REQUIRE(body(typed("image/png", "\xef\xbb\xbf")) == "file x.bin image/png");
}

TEST_CASE("an empty body is an empty text if it has a type of text and null otherwise") {
  REQUIRE(body(typed("text/plain", "")) == R"("")");
  REQUIRE(body(typed("application/xml;charset=utf-8", "")) == R"("")");
  REQUIRE(body(typed("text/json", "")) == "null");
  REQUIRE(body(response("")) == "null");
}

TEST_CASE("all other bodies are files and an empty one is null") {
  REQUIRE(body(typed("image/png", "text")) == "file x.bin image/png");
  REQUIRE(body(typed("application/octet-stream", "text")) == "file x.bin application/octet-stream");
  REQUIRE(body(typed("image/png", "")) == "null");
}

TEST_CASE("a file is named by Content-Disposition, then by its URL") {
  REQUIRE(name("attachment; filename=\"a b.pdf\"; size=3") == "a b.pdf");
  REQUIRE(name("attachment; FileName=a.pdf; size=3") == "a.pdf");
  REQUIRE(name(R"(attachment; filename="a\"b.pdf")") == "a\"b.pdf");
  REQUIRE(name("inline", "https://a.example/dir/report.pdf?x=/y#/z") == "report.pdf");
  REQUIRE(name("attachment; filename=", "https://a.example/r") == "r");
  REQUIRE(name("inline", "https://a.example") == "file");
  REQUIRE(name("inline", "https://a.example/") == "file");
  REQUIRE(name("inline", "https://a.example?x=/y") == "file");
}

TEST_CASE("a file's extended name goes before its plain one") {
  REQUIRE(name("attachment; filename*=UTF-8''%C3%BC.pdf") == "\xc3\xbc.pdf");
  REQUIRE(name("attachment; filename=u.pdf; FILENAME*=utf-8'de'%C3%BC%20b.pdf") ==
          "\xc3\xbc b.pdf");
  REQUIRE(name("attachment; filename*=iso-8859-1''%A3.pdf; filename=x") == "\xc2\xa3.pdf");
  REQUIRE(name("attachment; filename*=UTF-8''..%2F..%2Fpasswd") == "passwd");
  for (const char* const broken :
       {"UTF-8''%C3%B", "UTF-8''%zz", "a.pdf", "UTF-8'a.pdf", "UTF-8''a%0D%0Ab", "UTF-8''a%00"}) {
    INFO(broken);
    REQUIRE(name("attachment; filename=u.pdf; filename*=" + std::string(broken)) == "u.pdf");
  }
}

TEST_CASE("a file's name is never a path and never too long") {
  REQUIRE(name("attachment; filename=\"../../etc/passwd\"") == "passwd");
  REQUIRE(name("attachment; filename=\"C:\\\\temp\\\\a.exe\"") == "a.exe");
  REQUIRE(name("attachment; filename=\"..\"") == "file");
  REQUIRE(name("attachment; filename=\"a/..\"") == "file");
  REQUIRE(name("attachment; filename=\".\"") == "file");
  REQUIRE(name("attachment; filename=\"a/\"") == "file");
  REQUIRE(name("attachment; filename=\"\xff.pdf\"") == "file");
  REQUIRE(name("attachment; filename=\"" + std::string(256, 'a') + '"') == "file");
  REQUIRE(name("attachment; filename=\"" + std::string(255, 'a') + '"') == std::string(255, 'a'));
  REQUIRE(name("attachment; filename=\"unclosed") == "unclosed");
}

TEST_CASE("headers of one name are joined and keep their order") {
  const auto value = response_value(
      response("", {{"link", "a"}, {"x", "1"}, {"link", "b"}, {"empty", ""}}, 207), "body");
  REQUIRE(to_text(value) ==
          R"({"statusCode":207,"headers":{"link":"a, b","x":"1","empty":""},"body":"body"})");
}

TEST_CASE("cookies that are set stay apart") {
  const auto headers = [](std::vector<HttpHeader> given) {
    return to_text(response_value(response("", std::move(given)), nullptr).at("headers"));
  };
  REQUIRE(headers({{"set-cookie", "a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT"},
                   {"x", "1"},
                   {"set-cookie", "b=2"}}) ==
          R"({"set-cookie":["a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT","b=2"],"x":"1"})");
  REQUIRE(headers({{"set-cookie", "a=1"}}) == R"({"set-cookie":["a=1"]})");
}

TEST_CASE("statuses from 200 to 299 are successes") {
  REQUIRE(is_success(200));
  REQUIRE(is_success(299));
  for (const int status : {100, 199, 300, 304, 400, 500}) REQUIRE_FALSE(is_success(status));
}

TEST_CASE("statuses that do not get better are rejections unless the policy names them") {
  for (const int status : {400, 401, 403, 404, 405, 410, 422}) {
    REQUIRE(error_of_status(status, RetryPolicy::none()).code == ErrorCode::request_rejected);
    REQUIRE(error_of_status(status, {{}, {status}, {}}).code == ErrorCode::request_failed);
    REQUIRE(error_of_status(status, {{}, {499}, {}}).code == ErrorCode::request_rejected);
  }
  for (const int status : {302, 402, 408, 409, 418, 429, 451, 500, 503, 599}) {
    REQUIRE(error_of_status(status, RetryPolicy::none()).code == ErrorCode::request_failed);
  }
}

TEST_CASE("Retry-After is seconds or a date, never negative and at most fifteen minutes") {
  REQUIRE(wait("0") == 0ms);
  REQUIRE(wait(" 40 ") == 40s);
  REQUIRE(wait("900") == 15min);
  REQUIRE(wait("901") == 15min);
  REQUIRE(wait("18446744073709551615") == 15min);
  REQUIRE(wait("18446744073709551616") == 15min);
  REQUIRE(wait("Thu, 01 Jan 2026 00:00:30 GMT") == 30s);
  REQUIRE(wait("Fri, 02 Jan 2026 00:00:30 GMT") == 15min);
  REQUIRE(wait("Thu, 01 Jan 1970 00:00:00 GMT") == 0ms);
  REQUIRE(wait("Thursday, 01-Jan-26 00:00:30 GMT") == 30s);
  REQUIRE(wait("Thu Jan  1 00:00:30 2026") == 30s);
  REQUIRE(wait("2026-01-01T00:00:30+0000") == 30s);
  for (const char* const text : {"", "-1", "1.5", "soon", "40s", "18446744073709551616x"}) {
    INFO(text);
    REQUIRE_FALSE(wait(text));
  }
  REQUIRE_FALSE(retry_after(response(""), test_epoch));
}
