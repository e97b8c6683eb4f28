#include "http/wire/request_reader.h"

#include <algorithm>
#include <charconv>

namespace millrace {
namespace {

using Steady = std::chrono::steady_clock;

/// A chunk's size line or a trailer line; both are a few bytes in practice.
constexpr std::size_t chunk_line_bytes_max = 1'024;
constexpr std::size_t trailer_lines_max = 100;

WireError too_slow(std::string_view what) {
  return {408, "request_timeout", "the " + std::string(what) + " took too long to arrive"};
}

WireError body_too_large(std::size_t bytes_max) {
  return {413, "payload_too_large",
          "the body is larger than " + std::to_string(bytes_max) + " bytes"};
}

}  // namespace

Deadline RequestLimits::transfer_deadline(std::size_t bytes) const {
  return Steady::now() + transfer +
         std::chrono::seconds(bytes / std::max<std::size_t>(bytes_per_second, 1));
}

bool RequestReader::wait_for_request() {
  const Deadline deadline = Steady::now() + limits_.idle;
  for (;;) {
    // Old clients send an empty line after a body; RFC 9112, 2.2 asks to skip it.
    while (socket_.unread().starts_with("\r\n")) socket_.consume(2);
    if (!socket_.unread().empty() && socket_.unread() != "\r") return true;
    if (socket_.fill(deadline) != BufferedSocket::Outcome::ready) return false;
  }
}

std::variant<RequestHead, WireError, RequestReader::Ended> RequestReader::read_head() {
  const Deadline deadline = Steady::now() + limits_.head;
  std::size_t searched = 0;
  for (;;) {
    const std::string_view received = socket_.unread();
    const auto end = received.find("\r\n\r\n", searched);
    if (end != std::string_view::npos && end + 4 <= limits_.head_bytes_max) {
      auto parsed = parse_request_head(received.substr(0, end + 4));
      socket_.consume(end + 4);
      if (auto* refusal = std::get_if<WireError>(&parsed)) return std::move(*refusal);
      return std::get<RequestHead>(std::move(parsed));
    }
    if (received.size() >= limits_.head_bytes_max) {
      // Which part is too long? The client can shorten its URL or its headers, so tell it.
      if (received.find("\r\n") == std::string_view::npos) {
        return WireError{414, "uri_too_long", "the request line is too long"};
      }
      return WireError{
          431, "headers_too_large",
          "request line and headers exceed " + std::to_string(limits_.head_bytes_max) + " bytes"};
    }
    searched = received.size() < 3 ? 0 : received.size() - 3;
    switch (socket_.fill(deadline)) {
      case BufferedSocket::Outcome::ready:
        break;
      case BufferedSocket::Outcome::closed:
        return Ended{};
      case BufferedSocket::Outcome::timed_out:
        return too_slow("request head");
    }
  }
}

bool RequestReader::would_wait_for_body(const RequestHead& head) const {
  if (head.framing == RequestHead::Framing::none) return false;
  if (head.framing == RequestHead::Framing::chunked) return true;
  // One that is too large is refused for that, whoever sends it.
  if (head.content_length > limits_.body_bytes_max) return false;
  return socket_.unread().size() < head.content_length;
}

std::variant<std::string, WireError, RequestReader::Ended> RequestReader::read_body(
    const RequestHead& head) {
  std::string body;
  if (head.framing == RequestHead::Framing::none) return body;
  if (head.framing == RequestHead::Framing::length &&
      head.content_length > limits_.body_bytes_max) {
    return body_too_large(limits_.body_bytes_max);
  }
  if (head.expects_continue) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (socket_.write(go_on, limits_.transfer_deadline(0)) != BufferedSocket::Outcome::ready) {
      return Ended{};
    }
  }
  Refusal refusal;
  if (head.framing == RequestHead::Framing::length) {
    refusal =
        read_exactly(body, head.content_length, limits_.transfer_deadline(head.content_length));
  } else {
    refusal = read_chunks(body);
  }
  if (!refusal) return body;
  if (auto* error = std::get_if<WireError>(&*refusal)) return std::move(*error);
  return Ended{};
}

RequestReader::Refusal RequestReader::fill_body(Deadline deadline) {
  switch (socket_.fill(deadline)) {
    case BufferedSocket::Outcome::ready:
      return std::nullopt;
    case BufferedSocket::Outcome::closed:
      return Ended{};
    case BufferedSocket::Outcome::timed_out:
      break;
  }
  return too_slow("request body");
}

RequestReader::Refusal RequestReader::read_exactly(std::string& body, std::uint64_t bytes,
                                                   Deadline deadline) {
  // Memory follows what has arrived, not what was announced: a header costs a client nothing.
  while (bytes > 0) {
    if (socket_.unread().empty()) {
      if (auto refusal = fill_body(deadline)) return refusal;
    }
    const std::string_view received = socket_.unread();
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, received.size()));
    body.append(received.substr(0, taken));
    socket_.consume(taken);
    bytes -= taken;
  }
  return std::nullopt;
}

RequestReader::Refusal RequestReader::read_line(std::string& line, Deadline deadline) {
  for (;;) {
    const std::string_view received = socket_.unread();
    const auto end = received.find("\r\n");
    if (end != std::string_view::npos && end <= chunk_line_bytes_max) {
      line = received.substr(0, end);
      socket_.consume(end + 2);
      return std::nullopt;
    }
    if (received.size() > chunk_line_bytes_max) {
      return WireError{400, "invalid_request", "a line of the chunked body is too long"};
    }
    if (auto refusal = fill_body(deadline)) return refusal;
  }
}

RequestReader::Refusal RequestReader::read_chunks(std::string& body) {
  const auto begin = Steady::now();
  const auto deadline_after = [&](std::size_t bytes) {
    return begin + (limits_.transfer_deadline(bytes) - Steady::now());
  };
  const WireError malformed{400, "invalid_request", "the chunked body is malformed"};
  std::string line;
  for (;;) {
    if (auto refusal = read_line(line, deadline_after(body.size()))) return refusal;
    std::uint64_t size = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const bool ends_well = read.ptr == line.data() + line.size() || *read.ptr == ';' ||
                           *read.ptr == ' ' || *read.ptr == '\t';
    if (read.ec != std::errc() || !ends_well) return malformed;
    if (size == 0) break;
    if (size > limits_.body_bytes_max || body.size() + size > limits_.body_bytes_max) {
      return body_too_large(limits_.body_bytes_max);
    }
    if (auto refusal = read_exactly(body, size, deadline_after(body.size() + size))) return refusal;
    if (auto refusal = read_line(line, deadline_after(body.size()))) return refusal;
    if (!line.empty()) return malformed;
  }
  // Trailer fields are read and dropped: nothing here uses them.
  for (std::size_t lines = 0; lines < trailer_lines_max; ++lines) {
    if (auto refusal = read_line(line, deadline_after(body.size()))) return refusal;
    if (line.empty()) return std::nullopt;
  }
  return malformed;
}

}  // namespace millrace
