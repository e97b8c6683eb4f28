#include "http/outbound/egress_guard.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <span>

namespace millrace {
namespace {

struct Special {
  IpRange range;
  std::string_view what;
};

IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c = 0, std::uint8_t d = 0) {
  return {IpFamily::v4, {a, b, c, d}};
}

IpAddress v6(std::initializer_list<std::uint16_t> groups) {
  IpAddress address{IpFamily::v6, {}};
  std::size_t at = 0;
  for (const std::uint16_t group : groups) {
    address.bytes[at++] = static_cast<std::uint8_t>(group >> 8);
    address.bytes[at++] = static_cast<std::uint8_t>(group & 0xff);
  }
  return address;
}

// IANA's special-purpose registry; the first match names the address.
const std::vector<Special>& special_v4() {
  static const std::vector<Special> ranges = {
      {{v4(127, 0), 8}, "a loopback address"},
      {{v4(169, 254), 16}, "a link-local address"},
      {{v4(10, 0), 8}, "a private address"},
      {{v4(172, 16), 12}, "a private address"},
      {{v4(192, 168), 16}, "a private address"},
      {{v4(100, 64), 10}, "a carrier-grade NAT address"},
      {{v4(0, 0), 8}, "an unspecified address"},
      {{v4(192, 0, 0), 24}, "a reserved address"},
      {{v4(192, 0, 2), 24}, "a documentation address"},
      {{v4(198, 51, 100), 24}, "a documentation address"},
      {{v4(203, 0, 113), 24}, "a documentation address"},
      {{v4(192, 88, 99), 24}, "a reserved address"},
      {{v4(198, 18), 15}, "a benchmark address"},
      // Public by its number, but inside of Azure it is the host's own agent.
      {{v4(168, 63, 129, 16), 32}, "a metadata address"},
      {{v4(224, 0), 4}, "a multicast address"},
      {{v4(255, 255, 255, 255), 32}, "a broadcast address"},
      {{v4(240, 0), 4}, "a reserved address"},
  };
  return ranges;
}

const std::vector<Special>& special_v6() {
  static const std::vector<Special> ranges = {
      {{v6({0, 0, 0, 0, 0, 0, 0, 0}), 128}, "an unspecified address"},
      {{v6({0, 0, 0, 0, 0, 0, 0, 1}), 128}, "a loopback address"},
      {{v6({0xfe80}), 10}, "a link-local address"},
      {{v6({0xfc00}), 7}, "a private address"},
      {{v6({0xfec0}), 10}, "a private address"},
      {{v6({0xff00}), 8}, "a multicast address"},
      {{v6({0x2001, 0xdb8}), 32}, "a documentation address"},
      {{v6({0x3fff}), 20}, "a documentation address"},
      {{v6({0x2001, 2, 0}), 48}, "a benchmark address"},
      // 2001::/23 is IANA's own: Teredo tunnels, ORCHIDs and other protocol numbers.
      {{v6({0x2001, 0}), 23}, "a reserved address"},
  };
  return ranges;
}

const IpRange& global_unicast() {
  static const IpRange range{v6({0x2000}), 3};
  return range;
}

struct Carrier {
  IpRange range;
  std::size_t offset;  // of the IPv4 address in it
};

const IpRange& nat64() {
  static const IpRange range{v6({0x64, 0xff9b, 0, 0, 0, 0}), 96};
  return range;
}

/// The IPv4 address that packets to this IPv6 address may end up at.
std::optional<IpAddress> embedded_v4(const IpAddress& address) {
  static const std::vector<Carrier> carriers = {
      {{v6({0, 0, 0, 0, 0, 0xffff}), 96}, 12},  // IPv4-mapped
      {{v6({0, 0, 0, 0, 0xffff, 0}), 96}, 12},  // IPv4-translated
      {nat64(), 12},                            //
      {{v6({0x2002}), 16}, 2},                  // 6to4
  };
  if (address.family != IpFamily::v6) return std::nullopt;
  for (const auto& [range, offset] : carriers) {
    if (!range.contains(address)) continue;
    const auto* const at = address.bytes.data() + offset;
    return v4(at[0], at[1], at[2], at[3]);
  }
  return std::nullopt;
}

bool is_mapped(const IpAddress& address) {
  static const IpRange range{v6({0, 0, 0, 0, 0, 0xffff}), 96};
  return range.contains(address);
}

std::optional<std::string_view> first_match(const std::vector<Special>& ranges,
                                            const IpAddress& address) {
  for (const auto& [range, what] : ranges) {
    if (range.contains(address)) return what;
  }
  return std::nullopt;
}

Error bad_range(std::string_view text, const std::string& why) {
  return Error(ErrorCode::invalid_parameters,
               "\"" + std::string(text.substr(0, 100)) + "\" is no range of addresses: " + why);
}

unsigned bits_of(IpFamily family) { return family == IpFamily::v4 ? 32 : 128; }

/// The address with everything behind the prefix set to zero.
IpAddress masked(IpAddress address, unsigned prefix) {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = prefix <= i * 8 ? 0 : std::min(8u, prefix - i * 8);
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00u >> kept));
  }
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.family = IpFamily::v6;
  if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  const int kind = family == IpFamily::v4 ? AF_INET : AF_INET6;
  const char* const written = ::inet_ntop(kind, bytes.data(), buffer, sizeof buffer);
  return written == nullptr ? std::string() : std::string(written);
}

Result<IpRange> IpRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return bad_range(text, "write for example 10.0.0.0/8, fd00::/8 or one address");
  unsigned prefix = bits_of(address->family);
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.begin(), digits.end(), prefix);
    if (failure != std::errc() || end != digits.end() || prefix > bits_of(address->family)) {
      return bad_range(text, "what follows the slash must be a number from 0 to " +
                                 std::to_string(bits_of(address->family)));
    }
  }
  const IpRange range{masked(*address, prefix), prefix};
  // Whoever writes 10.1.2.3/8 may mean the one address or all of 10.0.0.0/8: not ours to guess.
  if (range.first != *address) {
    return bad_range(text, "the address has bits beyond the prefix; the range is " + range.text());
  }
  // A socket reports a mapped address as IPv6, but it is IPv4 that is meant and used.
  if (prefix >= 96 && is_mapped(range.first)) {
    return IpRange{*embedded_v4(range.first), prefix - 96};
  }
  return range;
}

IpRange IpRange::of(const IpAddress& address) { return {address, bits_of(address.family)}; }

bool IpRange::contains(const IpAddress& address) const {
  return address.family == first.family && masked(address, prefix) == first;
}

std::string IpRange::text() const { return first.text() + "/" + std::to_string(prefix); }

bool EgressGuard::is_allowed(const IpAddress& address) const {
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

std::optional<std::string_view> EgressGuard::objection(const IpAddress& address) const {
  if (is_allowed(address)) return std::nullopt;
  if (address.family == IpFamily::v4) return first_match(special_v4(), address);
  const auto inner = embedded_v4(address);
  if (inner) {
    if (const auto objection_to_inner = objection(*inner)) return objection_to_inner;
    // The translating prefixes outside of the global range are fine when what they lead to is.
    if (is_mapped(address) || nat64().contains(address)) return std::nullopt;
  }
  if (const auto what = first_match(special_v6(), address)) return what;
  // Only this eighth of IPv6 is given out for the public internet.
  if (!global_unicast().contains(address)) return "a reserved address";
  return std::nullopt;
}

}  // namespace millrace
