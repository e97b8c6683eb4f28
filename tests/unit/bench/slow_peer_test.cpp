#include "bench/slow_peer.h"

#include "bench/load_generator.h"
#include "tests/support/catch.h"

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;

LoadTarget target_of(const SlowPeer& peer, const std::string& request, std::size_t connections) {
  LoadTarget target;
  target.port = peer.port();
  target.connections = connections;
  target.requests = {request};
  target.is_right = [](const HttpAnswer& answer) {
    return answer.status == 200 && answer.body == R"({"number":42,"items":[]})";
  };
  return target;
}

const std::string ask = "GET /42 HTTP/1.1\r\nHost: peer\r\n\r\n";

}  // namespace

TEST_CASE("the slow peer answers with the number it was asked for, and not before its time") {
  SlowPeer peer(20ms);
  LoadGenerator generator(target_of(peer, ask, 1));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 3});
  CHECK(result.is_clean());
  CHECK(result.latencies.count() == 3);
  CHECK(result.latencies.quantile(0) >= 20ms);
  const SlowPeer::Seen seen = peer.take_seen();
  CHECK(seen.requests == 3);
  CHECK(seen.connections == 1);
  CHECK(seen.waiting_most == 1);
  CHECK(peer.take_seen().requests == 0);
}

TEST_CASE("requests on many connections wait for the slow peer at the same time") {
  // Long enough that all are sent before the first is answered, also on a busy machine.
  SlowPeer peer(500ms);
  LoadGenerator generator(target_of(peer, ask, 20));
  REQUIRE(generator.connect().ok());
  const LoadResult result = generator.run({.duration = 10s, .requests_max = 20});
  CHECK(result.is_clean());
  CHECK(result.latencies.count() == 20);
  CHECK(peer.take_seen().waiting_most == 20);
}

TEST_CASE("the slow peer ends a connection on which it is asked for anything else") {
  SlowPeer peer(0ms);
  for (const std::string request : {"GET /4x2 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                                    "POST /42 HTTP/1.1\r\n\r\n", "GET /42\r\n\r\n", "\r\n\r\n"}) {
    LoadGenerator generator(target_of(peer, request, 1));
    REQUIRE(generator.connect().ok());
    const LoadResult result = generator.run({.duration = 10s, .requests_max = 1});
    CHECK(result.broken == 1);
  }
  CHECK(peer.take_seen().requests == 0);
}

TEST_CASE("the slow peer ends a connection whose request never ends") {
  SlowPeer peer(0ms);
  const std::string endless =
      "GET /42 HTTP/1.1\r\nX: " + std::string(SlowPeer::request_bytes_max, 'x');
  LoadGenerator generator(target_of(peer, endless, 1));
  REQUIRE(generator.connect().ok());
  CHECK(generator.run({.duration = 10s, .requests_max = 1}).broken == 1);
}

}  // namespace millrace::bench
