// The window between whoever reads a peer and whoever passes its answer on.

#include "runtime/outbound/response_stream.h"

#include "tests/support/catch.h"

#include <thread>

namespace millrace {
namespace {

constexpr Millis now{0};
constexpr Millis a_while{20'000};
using Put = ResponseStream::Put;

HttpResponse head_of(int status) {
  HttpResponse head;
  head.status = status;
  return head;
}

std::string taken_from(ResponseStream& stream) { return (*stream.take(now))->bytes; }

}  // namespace

TEST_CASE("an answer passes head first, then its body, then its end", "[outbound]") {
  StreamMemory memory;
  ResponseStream stream(memory);
  CHECK_FALSE(stream.wait_for_head(now).has_value());
  stream.begin(head_of(201));
  CHECK((*stream.wait_for_head(now))->status == 201);
  CHECK_FALSE(stream.take(now).has_value());
  CHECK(stream.put("ab") == Put::taken);
  CHECK(stream.put("cd") == Put::taken);
  CHECK(taken_from(stream) == "abcd");
  CHECK(stream.put("e") == Put::taken);
  stream.end(std::nullopt);
  CHECK(taken_from(stream) == "e");
  CHECK((*stream.take(now))->is_end);
}

TEST_CASE("a full window makes the peer wait until what was taken has been passed on",
          "[outbound]") {
  StreamMemory memory;
  ResponseStream stream(memory, 10);
  stream.begin(head_of(200));
  CHECK(stream.put("12345678") == Put::taken);
  CHECK(stream.put("abc") == Put::full);
  CHECK(memory.now() == 8);
  // Still held: it is being written.
  CHECK(taken_from(stream) == "12345678");
  CHECK(stream.put("abc") == Put::full);
  const auto next = stream.take(now);
  CHECK((*next)->peer_waits);
  CHECK((*next)->bytes.empty());
  CHECK_FALSE((*next)->is_end);
  CHECK(memory.now() == 0);
  CHECK(stream.put("abc") == Put::taken);
}

TEST_CASE("a stream that holds nothing takes a piece however full the memory of all is",
          "[outbound]") {
  StreamMemory memory(10);
  ResponseStream large(memory);
  ResponseStream small(memory);
  large.begin(head_of(200));
  small.begin(head_of(200));
  CHECK(large.put("1234567890") == Put::taken);
  CHECK(large.put("x") == Put::full);
  CHECK(small.put("abc") == Put::taken);
  CHECK(small.put("d") == Put::full);
  CHECK(memory.now() == 13);
}

TEST_CASE("an answer that breaks off gives what came, and then why", "[outbound]") {
  StreamMemory memory;
  ResponseStream stream(memory);
  stream.begin(head_of(200));
  CHECK(stream.put("half") == Put::taken);
  stream.end(Error(ErrorCode::bad_response, "cut"));
  CHECK(taken_from(stream) == "half");
  const auto broken = stream.take(now);
  REQUIRE(broken.has_value());
  CHECK(broken->error().code == ErrorCode::bad_response);
}

TEST_CASE("whoever waits for an answer learns that there will be none", "[outbound]") {
  StreamMemory memory;
  ResponseStream stream(memory);
  std::thread peer([&] { stream.end(Error(ErrorCode::connection_failed, "no")); });
  const auto head = stream.wait_for_head(a_while);
  peer.join();
  REQUIRE(head.has_value());
  CHECK(head->error().code == ErrorCode::connection_failed);
}

TEST_CASE("the memory of a stream that is let go of is free again", "[outbound]") {
  StreamMemory memory;
  {
    ResponseStream stream(memory);
    stream.begin(head_of(200));
    CHECK(stream.put("12345") == Put::taken);
    CHECK(memory.now() == 5);
  }
  CHECK(memory.now() == 0);
}

}  // namespace millrace
