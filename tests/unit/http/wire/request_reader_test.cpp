// Deadlines and sizes of one request, over a socket pair with short limits.

#include "http/wire/request_reader.h"

#include "tests/support/catch.h"

#include <array>
#include <atomic>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace millrace {
namespace {

using namespace std::chrono_literals;

RequestLimits short_limits() {
  RequestLimits limits;
  limits.idle = 60ms;
  limits.head = 60ms;
  limits.transfer = 60ms;
  limits.bytes_per_second = 1'000'000;
  limits.head_bytes_max = 512;
  limits.body_bytes_max = 1'000;
  return limits;
}

class Pair {
 public:
  Pair() = default;
  ~Pair() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  /// Asserts nothing, since Catch2 is for one thread: a send that fails shows in what is read.
  bool send(std::string_view bytes) {
    return ::send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  std::string received() {
    char buffer[256];
    const ssize_t got = ::recv(ends_[1], buffer, sizeof buffer, MSG_DONTWAIT);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
  }
  void end_sending() { ::shutdown(ends_[1], SHUT_WR); }

 private:
  static std::array<int, 2> connected_ends() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    return ends;
  }

  const std::array<int, 2> ends_ = connected_ends();

 public:
  const RequestLimits limits = short_limits();
  BufferedSocket socket{ends_[0]};
  RequestReader reader{socket, limits};
};

RequestHead framed(RequestHead::Framing framing, std::uint64_t length = 0) {
  RequestHead head;
  head.framing = framing;
  head.content_length = length;
  return head;
}

template <class Variant>
int status_of(const Variant& result) {
  const auto* error = std::get_if<WireError>(&result);
  return error == nullptr ? 0 : error->status;
}

}  // namespace

TEST_CASE("a silent connection ends after its idle time without an answer", "[http]") {
  Pair pair;
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(pair.reader.wait_for_request());
  CHECK(std::chrono::steady_clock::now() - begin >= 60ms);
  CHECK(pair.received().empty());
}

TEST_CASE("a head that trickles in is cut at its deadline, however steadily it comes", "[http]") {
  Pair pair;
  pair.send("GET / HTTP/1.1\r\n");
  REQUIRE(pair.reader.wait_for_request());
  std::atomic<bool> stop = false;
  std::thread drip([&] {
    while (!stop) {
      pair.send("X");
      ::poll(nullptr, 0, 5);  // a slow client's pace
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  CHECK(status_of(pair.reader.read_head()) == 408);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  stop = true;
  drip.join();
}

TEST_CASE("a head over its size is refused, and says which part is too long", "[http]") {
  Pair headers;
  headers.send("GET / HTTP/1.1\r\nX: " + std::string(600, 'a'));
  REQUIRE(headers.reader.wait_for_request());
  CHECK(status_of(headers.reader.read_head()) == 431);

  Pair line;
  line.send("GET /" + std::string(600, 'a'));
  REQUIRE(line.reader.wait_for_request());
  CHECK(status_of(line.reader.read_head()) == 414);
}

TEST_CASE("two requests that arrive together are read one after the other", "[http]") {
  Pair pair;
  pair.send(
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(pair.reader.wait_for_request());
  const auto first = std::get<RequestHead>(pair.reader.read_head());
  CHECK(first.target == "/a");
  CHECK(std::get<std::string>(pair.reader.read_body(first)) == "abc");
  REQUIRE(pair.reader.wait_for_request());
  CHECK(std::get<RequestHead>(pair.reader.read_head()).target == "/b");
}

TEST_CASE("a body that is announced too large is refused before it is read", "[http]") {
  Pair pair;
  CHECK(status_of(pair.reader.read_body(framed(RequestHead::Framing::length, 1'001))) == 413);
}

TEST_CASE("a body that stops halfway is cut, or ends with its connection", "[http]") {
  Pair slow;
  slow.send("abc");
  CHECK(status_of(slow.reader.read_body(framed(RequestHead::Framing::length, 10))) == 408);

  Pair gone;
  gone.send("abc");
  gone.end_sending();
  const auto body = gone.reader.read_body(framed(RequestHead::Framing::length, 10));
  CHECK(std::holds_alternative<RequestReader::Ended>(body));
}

TEST_CASE("a chunked body is put together, extensions and trailers dropped", "[http]") {
  Pair pair;
  pair.send("3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n");
  const auto body = pair.reader.read_body(framed(RequestHead::Framing::chunked));
  CHECK(std::get<std::string>(body) == "abc0123456789");
  CHECK(pair.socket.unread().empty());
}

TEST_CASE("a chunked body that is malformed or too large is refused", "[http]") {
  for (const std::string text :
       {"zz\r\n", "-1\r\n", "3\r\nabcd\r\n", "3\r\nabc0\r\n", "ffffffffffffffffff\r\n"}) {
    INFO(text);
    Pair pair;
    pair.send(text);
    CHECK(status_of(pair.reader.read_body(framed(RequestHead::Framing::chunked))) == 400);
  }
  Pair large;
  large.send("3e9\r\n");
  CHECK(status_of(large.reader.read_body(framed(RequestHead::Framing::chunked))) == 413);
}

TEST_CASE("a client that waits for 100 Continue gets it before the body is read", "[http]") {
  Pair pair;
  auto head = framed(RequestHead::Framing::length, 2);
  head.expects_continue = true;
  pair.send("ok");
  CHECK(std::get<std::string>(pair.reader.read_body(head)) == "ok");
  CHECK(pair.received() == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("an answer to a client that does not read is given up at its deadline", "[http]") {
  Pair pair;
  const std::string large(8u << 20, 'x');
  const auto deadline = std::chrono::steady_clock::now() + 60ms;
  CHECK(pair.socket.write(large, deadline) == BufferedSocket::Outcome::timed_out);
}

}  // namespace millrace
