#include "http/wire/request_head.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

RequestHead accepted(const std::string& text) {
  const auto parsed = parse_request_head(text);
  if (const auto* error = std::get_if<WireError>(&parsed)) FAIL(error->message);
  return std::get<RequestHead>(parsed);
}

int refused(const std::string& text) {
  const auto parsed = parse_request_head(text);
  const auto* error = std::get_if<WireError>(&parsed);
  return error == nullptr ? 0 : error->status;
}

std::string with(const std::string& headers) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

}  // namespace

TEST_CASE("a request head keeps target and headers exactly as they were sent", "[http]") {
  const auto head = accepted("GET /a%20b?c=%2F HTTP/1.1\r\nhost: x\r\nX-Link:  /q?a=%41 \r\n\r\n");
  CHECK(head.method == "GET");
  CHECK(head.target == "/a%20b?c=%2F");
  REQUIRE(head.headers.size() == 2);
  CHECK(head.headers[1] == std::pair<std::string, std::string>("X-Link", "/q?a=%41"));
  CHECK(head.keep_alive);
  CHECK(head.framing == RequestHead::Framing::none);
}

TEST_CASE("the head says how the body is framed", "[http]") {
  CHECK(accepted(with("Content-Length: 12\r\n")).content_length == 12);
  CHECK(accepted(with("Content-Length: 0\r\n")).framing == RequestHead::Framing::none);
  CHECK(accepted(with("Transfer-Encoding: Chunked\r\n")).framing == RequestHead::Framing::chunked);
  CHECK(accepted(with("Expect: 100-Continue\r\n")).expects_continue);
}

TEST_CASE("a head that two readers could frame differently is refused", "[http]") {
  CHECK(refused(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(refused(with("Content-Length: 5\r\nContent-Length: 6\r\n")) == 400);
  CHECK(refused(with("Content-Length: +5\r\n")) == 400);
  CHECK(refused(with("Content-Length: 5, 5\r\n")) == 400);
  CHECK(refused(with("Content-Length: 99999999999999999999999\r\n")) == 400);
  CHECK(refused(with("Transfer-Encoding: gzip, chunked\r\n")) == 501);
  CHECK(refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == 501);
  CHECK(refused(with("X-A: 1\r\n folded\r\n")) == 400);
  CHECK(refused(with("X-A : 1\r\n")) == 400);
  CHECK(refused(with("no colon\r\n")) == 400);
  CHECK(refused(with("X-A: a\nX-B: b\r\n")) == 400);
  CHECK(refused(with(std::string("X-A: a\0b\r\n", 10))) == 400);
}

TEST_CASE("a request line that is not HTTP is refused with the status that fits", "[http]") {
  CHECK(refused("GET /\r\n\r\n") == 400);
  CHECK(refused("GET  HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused("GET / x HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/2.0\r\n\r\n") == 505);
  CHECK(refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  CHECK(refused("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414);
  CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);  // no Host
  CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
}

TEST_CASE("keep-alive follows the version and the Connection header", "[http]") {
  CHECK_FALSE(accepted(with("Connection: close\r\n")).keep_alive);
  CHECK_FALSE(accepted(with("Connection: foo, Close\r\n")).keep_alive);
  CHECK_FALSE(accepted("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(accepted("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST_CASE("a control character is found at every place, and nothing else is taken for one",
          "[http]") {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 20; ++place) {
      for (const char around : {'a', '\t', '~', '\x80', '\xff'}) {
        std::string text(20, around);
        text[place] = static_cast<char>(byte);
        const bool expected = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        if (has_control_characters(text) == expected) continue;
        FAIL("byte " << byte << " at " << place);
      }
    }
  }
}

TEST_CASE("fields of the message count in any case, and names as long as theirs do not", "[http]") {
  const auto head = accepted(
      "POST /x HTTP/1.1\r\nhOST: a\r\nCONTENT-length: 5\r\nconnectioN: close\r\n"
      "Content-Lengts: 7\r\nTransfer-Encodinq: chunked\r\nHost2: b\r\nHosT-: c\r\n\r\n");
  CHECK(head.content_length == 5);
  CHECK(head.framing == RequestHead::Framing::length);
  CHECK_FALSE(head.keep_alive);
}

}  // namespace millrace
