#include "http/outbound/response_body.h"

#include "tests/support/catch.h"
#include "tests/support/packed.h"

namespace millrace {
namespace {

ResponseHead head_of(int status, const std::string& header_line = {},
                     const std::string& another = {}) {
  ResponseHead head(16u << 10);
  head.take_line("HTTP/1.1 " + std::to_string(status) + " X\r\n");
  if (!header_line.empty()) head.take_line(header_line + "\r\n");
  if (!another.empty()) head.take_line(another + "\r\n");
  head.take_line("\r\n");
  return head;
}

using Encoding = ResponseBody::Encoding;

}  // namespace

TEST_CASE("a body is in flight from its first byte until it is handed over", "[outbound]") {
  BytesInFlight in_flight{.max = 100};
  SharedBytes kept;
  {
    ResponseBody body(in_flight, 50, Encoding::ours);
    CHECK_FALSE(body.take(head_of(200), "hello ").has_value());
    CHECK_FALSE(body.take(head_of(200), "world").has_value());
    CHECK(in_flight.now == 11);
    CHECK(body.is_whole());
    kept = body.bytes();
  }
  CHECK(in_flight.now == 0);
  CHECK(*kept == "hello world");
}

TEST_CASE("a body larger than its cap is refused at the byte that is too much", "[outbound]") {
  BytesInFlight in_flight{.max = 100};
  ResponseBody body(in_flight, 5, Encoding::ours);
  CHECK_FALSE(body.take(head_of(200), "12345").has_value());
  const auto problem = body.take(head_of(200), "6");
  REQUIRE(problem.has_value());
  CHECK(problem->code == ErrorCode::response_too_large);
  CHECK(*body.bytes() == "12345");
}

TEST_CASE("a body for which no memory is left is given up, and its memory is free again",
          "[outbound]") {
  BytesInFlight in_flight{.max = 10};
  ResponseBody first(in_flight, 100, Encoding::ours);
  CHECK_FALSE(first.take(head_of(200), "12345678").has_value());
  {
    ResponseBody second(in_flight, 100, Encoding::ours);
    CHECK_FALSE(second.take(head_of(200), "12").has_value());
    const auto problem = second.take(head_of(200), "3");
    REQUIRE(problem.has_value());
    CHECK(problem->code == ErrorCode::overloaded);
  }
  CHECK(in_flight.now == 8);
}

TEST_CASE("an encoding that nobody asked for is refused, the caller's own is handed over",
          "[outbound]") {
  BytesInFlight in_flight{.max = 100};
  const auto head = head_of(200, "content-encoding: br");
  ResponseBody ours(in_flight, 50, Encoding::ours);
  const auto problem = ours.take(head, "x");
  REQUIRE(problem.has_value());
  CHECK(problem->code == ErrorCode::bad_response);
  ResponseBody own(in_flight, 50, Encoding::the_callers);
  CHECK_FALSE(own.take(head, "x").has_value());
  CHECK(*own.bytes() == "x");
}

TEST_CASE("an encoding that nobody knows was not applied to what is text", "[outbound]") {
  BytesInFlight in_flight{.max = 100};
  const auto take = [&](const std::string& coding, const std::string& type, const char* bytes) {
    const auto head = head_of(200, "content-encoding: " + coding, "content-type: " + type);
    ResponseBody body(in_flight, 50, Encoding::ours);
    return !body.take(head, bytes) && *body.bytes() == bytes;
  };
  for (const char* const none :
       {"UTF-8", "none", "identity", "binary", "iso-8859-1", "aws-chunked"}) {
    INFO(none);
    CHECK(take(none, "image/png", "\x01\xff"));
  }
  CHECK(take("nonsense", "application/json; charset=utf-8", "{}"));
  CHECK(take("nonsense", "text/csv", "a;b\r\n"));
  CHECK_FALSE(take("nonsense", "application/json", "\x0b\x02"));
  CHECK_FALSE(take("nonsense", "image/png", "text"));
}

TEST_CASE("a compressed body is unpacked, bounded by what comes out, and not whole before its end",
          "[outbound]") {
  BytesInFlight in_flight{.max = 1'000};
  const auto head = head_of(200, "content-encoding: gzip");
  const std::string sent = tests::gzip(std::string(500, 'x'));
  ResponseBody body(in_flight, 500, Encoding::ours);
  CHECK_FALSE(body.take(head, sent.substr(0, sent.size() - 1)).has_value());
  CHECK_FALSE(body.is_whole());
  CHECK_FALSE(body.take(head, sent.substr(sent.size() - 1)).has_value());
  CHECK(body.is_whole());
  CHECK(*body.bytes() == std::string(500, 'x'));
  ResponseBody small(in_flight, 499, Encoding::ours);
  const auto problem = small.take(head, sent);
  REQUIRE(problem.has_value());
  CHECK(problem->code == ErrorCode::response_too_large);
}

TEST_CASE("a part of a compressed body stays as it is", "[outbound]") {
  BytesInFlight in_flight{.max = 100};
  ResponseBody body(in_flight, 50, Encoding::ours);
  CHECK_FALSE(body.take(head_of(206, "content-encoding: gzip"), "\x1f\x8b").has_value());
  CHECK(body.is_whole());
  CHECK(*body.bytes() == "\x1f\x8b");
}

}  // namespace millrace
