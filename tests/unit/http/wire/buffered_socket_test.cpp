// Waits for bytes, over a socket pair: those that are left to the socket's own time-out and the others.

#include "http/wire/buffered_socket.h"

#include "tests/support/catch.h"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace {
namespace {

using namespace std::chrono_literals;
using Wait = BufferedSocket::Outcome;

constexpr auto usual_wait = 60ms;

class Ends {
 public:
  Ends() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0); }
  ~Ends() {
    for (const int end : ends_) ::close(end);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  int ours() const { return ends_[0]; }
  void send(std::string_view bytes) {
    REQUIRE(::send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  void end_ours() { ::shutdown(ends_[0], SHUT_RDWR); }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("a wait of any length ends at its deadline and not before", "[http]") {
  Ends ends;
  BufferedSocket socket(ends.ours(), usual_wait);
  for (const auto patience : {usual_wait / 4, usual_wait, usual_wait * 2}) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    CHECK(socket.fill(deadline) == Wait::timed_out);
    CHECK(std::chrono::steady_clock::now() >= deadline);
  }
}

TEST_CASE("bytes and the end of the connection are seen in a wait of any length", "[http]") {
  for (const auto patience : {10s, 70s}) {
    Ends ends;
    BufferedSocket socket(ends.ours(), 60s);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    ends.send("ab");
    CHECK(socket.fill(deadline) == Wait::ready);
    ends.send("c");
    CHECK(socket.fill(deadline) == Wait::ready);
    CHECK(socket.unread() == "abc");
    ends.end_ours();
    CHECK(socket.fill(deadline) == Wait::closed);
  }
}

}  // namespace millrace
