#include "runtime/text/trace_parent.h"

#include "runtime/text/hex_text.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr std::size_t text_size = 55;
constexpr std::uint8_t known_flags = 0x03;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// False if it is not lower-case hex of that size. Zero means "none" in ids, so it is no id.
template <std::size_t Size>
bool read_id(std::string_view text, std::array<std::uint8_t, Size>& id) {
  if (!is_lower_hex(text)) return false;
  for (std::size_t i = 0; i < Size; ++i) {
    id[i] = static_cast<std::uint8_t>(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
  }
  return std::any_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte != 0; });
}

/// FNV-1a, then the finalizer of SplitMix64, which spreads each bit over all others. Fixed for ever:
/// a new form of it would give repeated requests new spans, no more.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

}  // namespace

std::optional<TraceParent> TraceParent::parse(std::string_view value) {
  if (value.size() < text_size) return std::nullopt;
  const std::string_view version = value.substr(0, 2);
  if (!is_lower_hex(version) || version == "ff") return std::nullopt;
  // Later versions may only append, behind another dash.
  if (value.size() > text_size && (version == "00" || value[text_size] != '-')) {
    return std::nullopt;
  }
  if (value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  TraceParent parent;
  if (!read_id(value.substr(3, 32), parent.trace_id)) return std::nullopt;
  if (!read_id(value.substr(36, 16), parent.span_id)) return std::nullopt;
  const std::string_view flags = value.substr(53, 2);
  if (!is_lower_hex(flags)) return std::nullopt;
  parent.flags =
      static_cast<std::uint8_t>((hex_digit(flags[0]) << 4 | hex_digit(flags[1])) & known_flags);
  return parent;
}

std::string TraceParent::text() const {
  return "00-" + to_hex(trace_id) + '-' + to_hex(span_id) + '-' +
         to_hex(std::array<std::uint8_t, 1>{flags});
}

TraceParent TraceParent::from_span(std::string_view name) const {
  TraceParent child = *this;
  std::uint64_t hash = hash_of(name);
  if (hash == 0) hash = 1;
  for (std::size_t i = child.span_id.size(); i-- > 0; hash >>= 8) {
    child.span_id[i] = static_cast<std::uint8_t>(hash);
  }
  return child;
}

}  // namespace millrace
