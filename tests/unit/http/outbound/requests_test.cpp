// What a peer sees of a request, and what comes back of a well-behaved response.

#include "outbound_fixture.h"

#include <mutex>

namespace millrace::tests {
namespace {

/// Keeps the last request that it answered.
struct Recorder {
  std::mutex mutex;
  PeerRequest last;

  MisbehavingPeer::Script script() {
    return MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
      {
        const std::lock_guard lock(mutex);
        last = request;
      }
      connection.answer(200, request.method == "HEAD" ? "" : "ok");
    });
  }
};

struct Recorded {
  Recorder recorder;
  MisbehavingPeer peer{recorder.script()};
  std::unique_ptr<CurlHttpCaller> caller = make_caller();

  PeerRequest sent(HttpRequest request) {
    const auto outcome = send(*caller, std::move(request));
    REQUIRE(code_of(outcome) == "status 200");
    const std::lock_guard lock(recorder.mutex);
    return recorder.last;
  }
};

}  // namespace

TEST_CASE("a plain request carries the defaults and nothing about a body", "[outbound]") {
  Recorded recorded;
  const auto seen = recorded.sent(request_to(recorded.peer.url("/a?b=c%20d")));
  CHECK(seen.method == "GET");
  CHECK(seen.target == "/a?b=c%20d");
  CHECK(seen.header("user-agent") == "millrace");
  CHECK(seen.header("accept") == "*/*");
  CHECK(seen.header("accept-encoding") == "gzip, deflate");
  CHECK(seen.header("content-type").empty());
  CHECK(seen.header("content-length").empty());
  CHECK(seen.header("expect").empty());
}

TEST_CASE("a caller's headers replace the defaults, but never the framing", "[outbound]") {
  Recorded recorded;
  auto request = request_to(recorded.peer.url(), "POST");
  request.headers = {{"user-agent", "mine"},   {"ACCEPT", "text/csv"},
                     {"X-Empty", ""},          {"X-Tab", "a\tb"},
                     {"Content-Length", "99"}, {"Transfer-Encoding", "chunked"},
                     {"Connection", "close"},  {"Expect", "100-continue"}};
  request.body = bytes("body");
  const auto seen = recorded.sent(std::move(request));
  CHECK(seen.header("user-agent") == "mine");
  CHECK(seen.header("accept") == "text/csv");
  CHECK(seen.head.find("\r\nX-Empty:\r\n") != std::string::npos);
  CHECK(seen.header("x-tab") == "a\tb");
  CHECK(seen.header("content-length") == "4");
  CHECK(seen.header("transfer-encoding").empty());
  CHECK(seen.header("connection").empty());
  CHECK(seen.header("expect").empty());
  CHECK(seen.header("content-type").empty());
  CHECK(seen.body == "body");
}

TEST_CASE("any method is sent, with or without a body", "[outbound]") {
  Recorded recorded;
  for (const char* const method :
       {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"}) {
    INFO(method);
    const auto bare = recorded.sent(request_to(recorded.peer.url(), method));
    CHECK(bare.method == method);
    CHECK(bare.body.empty());
    auto request = request_to(recorded.peer.url(), method);
    request.body = bytes(std::string("with\0nul", 8));
    const auto full = recorded.sent(std::move(request));
    CHECK(full.method == method);
    CHECK(full.body == std::string("with\0nul", 8));
  }
  CHECK(recorded.sent(request_to(recorded.peer.url(), "POST")).header("content-length") == "0");
  CHECK(recorded.sent(request_to(recorded.peer.url(), "HEAD")).method == "HEAD");
}

TEST_CASE("a form arrives with its files, and its content type is ours", "[outbound]") {
  Recorded recorded;
  auto request = request_to(recorded.peer.url(), "POST");
  request.headers = {{"content-type", "multipart/form-data"}};
  const auto file = bytes(std::string(3'000'000, 'f'));
  request.parts = {{"field", "", "", bytes("v")}, {"file", "a.bin", "application/x-a", file}};
  const auto seen = recorded.sent(std::move(request));
  const std::string type = seen.header("content-type");
  REQUIRE_THAT(type, Catch::StartsWith("multipart/form-data; boundary=millrace-"));
  const std::string boundary = type.substr(type.find('=') + 1);
  CHECK(seen.body.find(*file) != std::string::npos);
  CHECK_THAT(seen.body, Catch::EndsWith("\r\n--" + boundary + "--\r\n"));
}

TEST_CASE("a request that HTTP cannot carry is refused and names the header", "[outbound]") {
  const auto caller = make_caller();
  const auto refused = [&](HttpRequest request) {
    const auto outcome = send(*caller, std::move(request));
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().code == ErrorCode::invalid_parameters);
    return outcome.error().message;
  };
  const auto with_header = [](std::string name, std::string value) {
    auto request = request_to("http://127.0.0.1:1/");
    request.headers = {{std::move(name), std::move(value)}};
    return request;
  };
  CHECK_THAT(refused(with_header("X-A", "hidden\r\nX-B: c")), Catch::Contains("X-A"));
  CHECK(refused(with_header("X-A", "hidden\r\nX-B: c")).find("hidden") == std::string::npos);
  CHECK_THAT(refused(with_header("X-A", "a\nb")), Catch::Contains("X-A"));
  CHECK_THAT(refused(with_header("X-A", std::string("a\0b", 3))), Catch::Contains("X-A"));
  CHECK_THAT(refused(with_header("X A", "b")), Catch::Contains("X A"));
  CHECK_THAT(refused(with_header("", "b")), Catch::Contains("empty"));
  CHECK_THAT(refused(with_header("X:A", "b")), Catch::Contains("X:A"));
  CHECK_THAT(refused(with_header("X", std::string(300'000, 'b'))), Catch::Contains("256 KiB"));
  refused(request_to("http://127.0.0.1:1/", "CONNECT"));
  refused(request_to("http://127.0.0.1:1/", "G T"));
  refused(request_to("http://127.0.0.1:1/", "GET /\r\n"));
  auto head = request_to("http://127.0.0.1:1/", "HEAD");
  head.body = bytes("x");
  refused(std::move(head));
  auto form = request_to("http://127.0.0.1:1/", "POST");
  form.parts = {{"file", "f", "text/plain\r\nX: y", bytes("x")}};
  CHECK_THAT(refused(std::move(form)), Catch::Contains("file"));
  CHECK(code_of(send(*caller, request_to("ftp://127.0.0.1/"))) == "invalid_url");
}

TEST_CASE("headers arrive in order, in lower case and as valid UTF-8", "[outbound]") {
  const auto outcome =
      get_from(saying("HTTP/1.1 200 OK\r\nX-B: 1\r\nX-a:   2  \r\nX-B: 3\r\nX-Latin: "
                      "caf\xe9\r\nX-Utf: caf\xc3\xa9\r\n"
                      "Content-Length: 2\r\n\r\n\xff\xfe"));
  REQUIRE(code_of(outcome) == "status 200");
  const std::vector<HttpHeader> expected = {{"x-b", "1"},
                                            {"x-a", "2"},
                                            {"x-b", "3"},
                                            {"x-latin", "caf\xc3\xa9"},
                                            {"x-utf", "caf\xc3\xa9"},
                                            {"content-length", "2"}};
  CHECK(outcome->headers == expected);
  CHECK(*outcome->body == "\xff\xfe");
  CHECK(*outcome->header("x-b") == "1");
}

TEST_CASE("informational responses and trailers are not part of the answer", "[outbound]") {
  const auto outcome =
      get_from(saying("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                      "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n"
                      "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"));
  REQUIRE(code_of(outcome) == "status 201");
  CHECK(*outcome->body == "abcde");
  CHECK(outcome->header("link") == nullptr);
  CHECK(outcome->header("x-trailer") == nullptr);
  CHECK(*outcome->header("x") == "1");
}

TEST_CASE("responses without a body are answers of any status", "[outbound]") {
  CHECK(code_of(get_from(saying("HTTP/1.1 204 No\r\n\r\n"))) == "status 204");
  CHECK(code_of(get_from(saying("HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"))) ==
        "status 304");
  CHECK(code_of(get_from(saying("HTTP/1.0 500 Oh\r\n\r\nuntil the end"))) == "status 500");
  CHECK(code_of(get_from(saying("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"))) == "status 404");
  MisbehavingPeer peer(saying("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
  const auto caller = make_caller();
  const auto head = send(*caller, request_to(peer.url(), "HEAD"));
  REQUIRE(code_of(head) == "status 200");
  CHECK(head->body->empty());
  CHECK(*head->header("content-length") == "1000");
}

}  // namespace millrace::tests
