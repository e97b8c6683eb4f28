// The server over real sockets on loopback: what well-behaved, hostile and many clients see.

#include "http/wire/http_server.h"

#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/raw_client.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {
namespace {

using namespace std::chrono_literals;

ListenAddress any_port() { return {"127.0.0.1", 0}; }

/// Handlers of `/held` wait here until the test lets them go.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
  bool open_ = false;
};

struct TestServer {
  explicit TestServer(HttpServerOptions options = {})
      : server(
            options,
            [this](const httplib::Request& request, httplib::Response& response) {
              if (request.path == "/held") gate.pass();
              if (request.path == "/throws") throw std::runtime_error("secret text");
              if (request.path == "/large") {
                response.set_content(std::string(1u << 20, 'x'), "text/plain");
                return;
              }
              response.set_content(request.method + " " + request.target + " " + request.body,
                                   "text/plain");
            },
            [](const httplib::Request& request) -> std::optional<HttpServer::Refusal> {
              if (request.path != "/mine") return std::nullopt;
              return HttpServer::Refusal{Error(ErrorCode::unauthorized, "who are you?")};
            }) {
    REQUIRE(server.start(any_port()).ok());
  }
  ~TestServer() { gate.open(); }

  RawClient client() { return RawClient(server.port()); }

  Gate gate;
  HttpServer server;
};

std::string get(const std::string& path, const std::string& headers = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("several requests on one connection are answered in turn", "[http]") {
  TestServer test;
  auto client = test.client();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send("POST /a%20b?c=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"));
    const std::string answer = client.read_answer();
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("\r\n\r\nPOST /a%20b?c=1 hi"));
  }
  CHECK(test.server.stats().connections_accepted == 1);
  CHECK(test.server.stats().requests == 3);
}

TEST_CASE("a POST without a body and without a length is answered at once", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send("POST /deploy HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK(contains(client.read_answer(), "POST /deploy"));
}

TEST_CASE("a client that waits for 100 Continue gets it once", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(
      client.send("POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
                  "Connection: close\r\n\r\n"));
  CHECK(client.read_answer() == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(client.send("hi"));
  const std::string answer = client.read_all();
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.ends_with("POST /a hi"));
}

TEST_CASE("the body of a request that may not be made is not waited for", "[http]") {
  TestServer test;
  for (const char* const framing :
       {"Content-Length: 60000000\r\n", "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\nContent-Length: 5\r\n"}) {
    INFO(framing);
    auto client = test.client();
    REQUIRE(client.send("POST /mine HTTP/1.1\r\nHost: x\r\n" + std::string(framing) + "\r\n"));
    const std::string answer = client.read_all();
    CHECK(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    CHECK(contains(answer, "WWW-Authenticate: Bearer\r\n"));
    CHECK(contains(answer, R"({"code":"unauthorized","message":"who are you?"})"));
  }
}

TEST_CASE("a HEAD request gets the head of the answer and no body", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  const std::string answer = client.read_all();
  CHECK(contains(answer, "Content-Length: 8\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a client that asks to close is answered and closed", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send(get("/x", "Connection: close\r\n")));
  CHECK(contains(client.read_all(), "Connection: close\r\n"));
}

TEST_CASE("an answer larger than every buffer arrives whole", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send(get("/large", "Accept-Encoding: gzip, br\r\nConnection: close\r\n")));
  const std::string answer = client.read_all();
  CHECK(contains(answer, "Content-Length: 1048576\r\n"));
  CHECK_FALSE(contains(answer, "Content-Encoding"));
  CHECK(answer.size() > 1'048'576);
}

TEST_CASE("what a handler throws is answered without its text", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send(get("/throws")));
  const std::string answer = client.read_answer();
  CHECK(answer.starts_with("HTTP/1.1 500 "));
  CHECK(contains(answer, "\"code\":\"internal_error\""));
  CHECK_FALSE(contains(answer, "secret"));
}

TEST_CASE("what is not HTTP is refused in the form of all errors", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send("\x16\x03\x01 TLS is not spoken here\r\n\r\n"));
  const std::string answer = client.read_all();
  CHECK(answer.starts_with("HTTP/1.1 400 "));
  CHECK(contains(answer, "\"code\":\"invalid_request\""));
  CHECK(test.server.stats().refused_on_the_wire == 1);
}

TEST_CASE("a client still sees the refusal of a body that it goes on sending", "[http]") {
  HttpServerOptions options;
  options.limits.body_bytes_max = 1'000;
  TestServer test(options);
  auto client = test.client();
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"));
  REQUIRE(client.send(std::string(200'000, 'x')));
  CHECK(contains(client.read_all(), "\"code\":\"payload_too_large\""));
}

TEST_CASE("a path that would exhaust a backtracking matcher is just another path", "[http]") {
  TestServer test;
  auto client = test.client();
  REQUIRE(client.send(
      get("/" + std::string(8'000, 'a'), "Range: bytes=" + std::string(7'000, '1') + "-\r\n")));
  CHECK(client.read_answer().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("five hundred held answers do not delay a quick one", "[http]") {
  TestServer test;
  std::vector<RawClient> held;
  for (int i = 0; i < 500; ++i) {
    held.push_back(test.client());
    REQUIRE(held.back().send(get("/held")));
  }
  REQUIRE(test.gate.wait_for(500));
  auto quick = test.client();
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(quick.send(get("/quick")));
  CHECK(contains(quick.read_answer(), "GET /quick"));
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  test.gate.open();
  for (auto& client : held) CHECK(contains(client.read_answer(), "GET /held"));
}

TEST_CASE("slow clients are cut and harm no other client", "[http]") {
  HttpServerOptions options;
  options.limits.head = 150ms;
  options.limits.transfer = 150ms;
  TestServer test(options);
  std::vector<RawClient> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(test.client());
    // Half of them stop in the head, half in the body.
    REQUIRE(slow.back().send(i % 2 == 0
                                 ? "GET / HTTP/1.1\r\nHost: x\r\n"
                                 : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"));
  }
  auto quick = test.client();
  REQUIRE(quick.send(get("/quick")));
  CHECK(contains(quick.read_answer(), "GET /quick"));
  for (auto& client : slow) CHECK(client.read_all().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("at the bound, an idle connection gives way to a new one", "[http]") {
  HttpServerOptions options;
  options.threads.threads_max = 2;
  TestServer test(options);
  auto first = test.client();
  auto second = test.client();
  for (auto* client : {&first, &second}) {
    REQUIRE(client->send(get("/x")));
    REQUIRE(contains(client->read_answer(), "GET /x"));
  }
  auto third = test.client();
  REQUIRE(third.send(get("/third")));
  CHECK(contains(third.read_answer(), "GET /third"));
  // Which of the two was idle for longer, only the server's threads know.
  CHECK(tests::poll_until([&] { return first.is_closed(0ms) || second.is_closed(0ms); }));
  CHECK(test.server.stats().accepts_delayed >= 1);
}

TEST_CASE("at the bound, idle connections stay as long as nobody waits", "[http]") {
  HttpServerOptions options;
  options.threads.threads_max = 2;
  TestServer test(options);
  auto first = test.client();
  auto second = test.client();
  for (int i = 0; i < 20; ++i) {
    for (auto* client : {&first, &second}) {
      REQUIRE(client->send(get("/x")));
      REQUIRE(contains(client->read_answer(), "GET /x"));
    }
  }
  CHECK_FALSE(first.is_closed(50ms));
  CHECK(test.server.stats().accepts_delayed == 0);
}

TEST_CASE("at the bound, a busy connection is never cut and a new one waits", "[http]") {
  HttpServerOptions options;
  options.threads.threads_max = 2;
  TestServer test(options);
  auto first = test.client();
  auto second = test.client();
  REQUIRE(first.send(get("/held")));
  REQUIRE(second.send(get("/held")));
  REQUIRE(test.gate.wait_for(2));
  auto third = test.client();
  REQUIRE(third.connected());
  REQUIRE(third.send(get("/third")));
  CHECK(third.read_answer(100ms).empty());
  test.gate.open();
  CHECK(contains(first.read_answer(), "GET /held"));
  CHECK(contains(second.read_answer(), "GET /held"));
  CHECK(contains(third.read_answer(), "GET /third"));
}

TEST_CASE("a drain ends idle connections and lets running requests finish", "[http]") {
  TestServer test;
  auto idle = test.client();
  REQUIRE(idle.send(get("/x")));
  REQUIRE(contains(idle.read_answer(), "GET /x"));
  auto held = test.client();
  REQUIRE(held.send(get("/held")));
  REQUIRE(test.gate.wait_for(1));

  HttpServer::Drained drained{};
  std::thread stopping([&] { drained = test.server.drain(60s); });
  CHECK(idle.is_closed());
  test.gate.open();
  CHECK(contains(held.read_all(), "GET /held"));
  stopping.join();
  CHECK(drained == HttpServer::Drained::all_answered);
  CHECK_FALSE(RawClient(test.server.port()).connected());
}

TEST_CASE("a request that outlasts the drain is answered 503, once", "[http]") {
  TestServer test;
  auto held = test.client();
  REQUIRE(held.send(get("/held")));
  REQUIRE(test.gate.wait_for(1));
  CHECK(test.server.drain(20ms) == HttpServer::Drained::some_waiting);
  test.gate.open();
  const std::string answer = held.read_all();
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(contains(answer, "\"code\":\"shutting_down\""));
  CHECK_FALSE(contains(answer, "GET /held"));
}

TEST_CASE("a port that is in use is a clear error, not a shared port", "[http]") {
  TestServer test;
  HttpServer other({}, [](const httplib::Request&, httplib::Response&) {});
  const auto started = other.start({"127.0.0.1", test.server.port()});
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().code == ErrorCode::conflict);
  CHECK(contains(started.error().message, "another process uses this port"));
}

TEST_CASE("listen addresses are read strictly", "[http]") {
  CHECK(parse_listen_address("127.0.0.1:0")->port == 0);
  CHECK(parse_listen_address("[::1]:80")->host == "::1");
  CHECK(parse_listen_address("[::1]:80")->text() == "[::1]:80");
  for (const std::string text : {"", "8080", ":80", "a:", "a:b", "a:70000", "::1:80", "[]:1"}) {
    INFO(text);
    CHECK_FALSE(parse_listen_address(text).ok());
  }
}

}  // namespace millrace
