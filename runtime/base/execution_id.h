#pragma once
// The id of one execution: a UUID (RFC 9562, version 8) that embeds its shard, so that a bare id
// found in a URL or a log leads to the shard that owns it without a look-up.
//
//   bytes 0-5   milliseconds since 1970, big endian (ids sort by start time)
//   byte  6     version nibble 8, then 4 random bits
//   byte  7     shard
//   byte  8     variant bits 10, then 6 random bits
//   bytes 9-15  random

#include "runtime/base/clock.h"
#include "runtime/base/random.h"
#include "runtime/base/shard.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

struct ExecutionId {
  std::array<std::uint8_t, 16> bytes{};

  static ExecutionId make(ShardId shard, Instant now, Random& random);
  /// Parses the 36-character lower or upper case form; nothing else is accepted.
  static std::optional<ExecutionId> parse(std::string_view text);

  ShardId shard() const { return static_cast<ShardId>(bytes[7]); }
  /// When it was made, to the millisecond.
  Instant made_at() const;
  std::string text() const;

  auto operator<=>(const ExecutionId&) const = default;
};

}  // namespace millrace

template <>
struct std::hash<millrace::ExecutionId> {
  std::size_t operator()(const millrace::ExecutionId& id) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 8; i < 16; ++i) value = (value << 8) | id.bytes[i];
    return value ^ (static_cast<std::size_t>(id.bytes[5]) << 24);
  }
};
