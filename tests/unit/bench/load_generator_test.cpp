#include "bench/load_generator.h"

#include "bench/slow_peer.h"
#include "tests/support/catch.h"

#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;

/// Answers each read of one connection after the other with the next of the given texts, then
/// closes; an empty text closes at once.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::vector<std::string>> connections)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, size) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, scripts = std::move(connections)] { serve(scripts); });
  }
  ~ScriptedServer() { thread_.join(); }
  std::uint16_t port() const { return port_; }

 private:
  void serve(const std::vector<std::vector<std::string>>& scripts) {
    for (const auto& script : scripts) {
      const Descriptor connection(::accept(listener_.get(), nullptr, nullptr));
      for (const auto& text : script) {
        char bytes[512];
        if (::recv(connection.get(), bytes, sizeof bytes, 0) <= 0) break;
        ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
      }
    }
  }

  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string last = "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";

LoadTarget target_at(std::uint16_t port) {
  LoadTarget target;
  target.port = port;
  target.requests = {"GET / HTTP/1.1\r\n\r\n"};
  target.is_right = [](const HttpAnswer& answer) { return answer.body == "ok"; };
  return target;
}

TEST_CASE("a generator sends no more requests than it was told") {
  const ScriptedServer server({{ok, ok, ok}});
  LoadGenerator generator(target_at(server.port()));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 3});
  CHECK(result.answers == 3);
  CHECK(result.latencies.count() == 3);
  CHECK(result.statuses.at(200) == 3);
  CHECK(result.is_clean());
}

TEST_CASE("a wrong answer is counted and shown but not timed, and a closed connection is renewed") {
  const ScriptedServer server({{ok, last}, {ok}});
  LoadGenerator generator(target_at(server.port()));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 3});
  CHECK(result.answers == 3);
  CHECK(result.wrong == 1);
  CHECK(result.first_wrong == "503 no");
  CHECK(result.latencies.count() == 2);
  CHECK(result.broken == 0);
}

TEST_CASE("a connection that ends without an answer is counted as broken") {
  const ScriptedServer server({{ok, ""}});
  LoadGenerator generator(target_at(server.port()));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 5});
  CHECK(result.answers == 1);
  CHECK(result.broken == 1);
}

TEST_CASE("with an interval requests are sent at their times, and no more of them") {
  const ScriptedServer server({{ok, ok, ok, ok, ok, ok}});
  LoadGenerator generator(target_at(server.port()));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 3, .interval = 20ms});
  CHECK(result.answers == 3);
  CHECK(result.seconds >= 0.04);
  CHECK(result.is_clean());
}

TEST_CASE("a request that an earlier answer delays counts from when it should have been sent") {
  SlowPeer peer(60ms);
  LoadTarget target = target_at(peer.port());
  target.requests = {"GET /1 HTTP/1.1\r\nHost: peer\r\n\r\n"};
  target.is_right = [](const HttpAnswer& answer) { return answer.status == 200; };
  LoadGenerator generator(std::move(target));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 3, .interval = 20ms});
  CHECK(result.answers == 3);
  // Sent at 60 and 120 ms, and due at 20 and 40.
  CHECK(result.latencies.largest() >= 130ms);
}

TEST_CASE("a server that is not there is an error and not a result of zero") {
  std::uint16_t port = 0;
  {
    const ScriptedServer server({});
    port = server.port();
  }
  LoadGenerator generator(target_at(port));
  CHECK_FALSE(generator.connect().ok());
}

}  // namespace
}  // namespace millrace::bench
