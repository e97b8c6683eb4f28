#include "runtime/base/execution_id.h"

namespace millrace {
namespace {

constexpr std::size_t text_size = 36;

bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ExecutionId ExecutionId::make(ShardId shard, Instant now, Random& random) {
  ExecutionId id;
  random.fill(id.bytes);
  auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = 6; i-- > 0; ms >>= 8) id.bytes[i] = static_cast<std::uint8_t>(ms);
  id.bytes[6] = static_cast<std::uint8_t>(0x80 | (id.bytes[6] & 0x0f));
  id.bytes[7] = static_cast<std::uint8_t>(shard);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

std::optional<ExecutionId> ExecutionId::parse(std::string_view text) {
  if (text.size() != text_size) return std::nullopt;
  ExecutionId id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    auto& byte = id.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | digit);
    ++nibble;
  }
  return id;
}

Instant ExecutionId::made_at() const {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = (ms << 8) | bytes[i];
  return Instant(Millis(ms));
}

std::string ExecutionId::text() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text_size);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(digits[bytes[i] >> 4]);
    out.push_back(digits[bytes[i] & 0x0f]);
  }
  return out;
}

}  // namespace millrace
