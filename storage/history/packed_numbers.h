#pragma once
// Numbers one behind the other in the columns of the history's index: varints (seven bits a byte, the lowest
// first, the top bit says that more follow) and numbers of fixed size, the lowest byte first.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

inline void append_packed(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>((value & 0x7f) | 0x80));
  to.push_back(static_cast<char>(value));
}

/// Takes a varint from the front; nothing when there is none.
inline std::optional<std::uint64_t> take_packed(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

template <class Number>
void append_fixed(std::string& to, Number value) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    to.push_back(static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i))));
  }
}

/// The number that begins at byte `offset`; the caller has checked that it is there.
template <class Number>
Number fixed_at(std::string_view bytes, std::size_t offset) {
  static_assert(std::endian::native == std::endian::little);
  Number value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

}  // namespace millrace::storage
