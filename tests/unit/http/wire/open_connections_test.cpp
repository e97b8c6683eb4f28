#include "http/wire/open_connections.h"

#include "tests/support/catch.h"

#include <array>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace {
namespace {

/// A connection's two ends; the server's is closed by OpenConnections.
struct Ends {
  Ends() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~Ends() { ::close(ends[1]); }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  int server() const { return ends[0]; }
  /// What has arrived at the client; "closed" at the end of the stream, "open" when there is
  /// nothing.
  std::string client_sees() const {
    char buffer[64];
    const ssize_t got = ::recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0) return "open";
    return got == 0 ? "closed" : std::string(buffer, static_cast<std::size_t>(got));
  }

  std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("of several idle connections the one that waits for longest is ended", "[http]") {
  OpenConnections connections;
  Ends first, second, third;
  Connection& a = connections.add(first.server());
  Connection& b = connections.add(second.server());
  Connection& c = connections.add(third.server());
  REQUIRE(a.begin_request());
  connections.end_longest_idle();
  CHECK(first.client_sees() == "open");
  CHECK(second.client_sees() == "closed");
  CHECK(third.client_sees() == "open");
  CHECK_FALSE(b.begin_request());
  CHECK(c.begin_request());
  for (auto* connection : {&a, &b, &c}) connections.remove(*connection);
  CHECK(connections.size() == 0);
}

TEST_CASE("a request that is abandoned is answered in its place, and never again", "[http]") {
  OpenConnections connections;
  Ends waiting, answering, idle;
  Connection& a = connections.add(waiting.server());
  Connection& b = connections.add(answering.server());
  Connection& c = connections.add(idle.server());
  REQUIRE(a.begin_request());
  REQUIRE(b.begin_request());
  REQUIRE(b.begin_answer());
  CHECK(connections.abandon_requests("sorry") == 1);
  CHECK(waiting.client_sees() == "sorry");
  CHECK(waiting.client_sees() == "closed");
  CHECK(answering.client_sees() == "open");
  CHECK(idle.client_sees() == "open");
  CHECK_FALSE(a.begin_answer());

  connections.end_all_idle();
  CHECK(idle.client_sees() == "closed");
  CHECK(answering.client_sees() == "open");
  for (auto* connection : {&a, &b, &c}) connections.remove(*connection);
}

}  // namespace millrace
