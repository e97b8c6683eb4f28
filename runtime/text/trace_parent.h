#pragma once
// The `traceparent` header (W3C Trace Context): which trace a request belongs to, and which span of
// it sent the request. A run keeps the one that its trigger came with and sends its own requests
// under the same trace id.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

struct TraceParent {
  std::array<std::uint8_t, 16> trace_id{};  // not all zero
  std::array<std::uint8_t, 8> span_id{};    // not all zero; the sender's
  /// The bits that this version of the standard knows: 1 sampled, 2 the trace id is random.
  std::uint8_t flags = 0;

  /// Nothing if the value is invalid, which by the standard is as if it were absent. Of a version to
  /// come the part that every version begins with is read.
  static std::optional<TraceParent> parse(std::string_view value);

  /// Version 00: `00-<trace id>-<span id>-<flags>`, 55 characters.
  std::string text() const;

  /// The same trace, as sent by the span of that name. Equal names give equal ids, so that a replay
  /// sends what the first pass sent; different names collide as rarely as 64 random bits.
  TraceParent from_span(std::string_view name) const;

  bool operator==(const TraceParent&) const = default;
};

}  // namespace millrace
