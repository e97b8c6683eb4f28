#pragma once
// Which addresses requests may go to. Workflows choose URLs, possibly from what strangers sent, so a
// request may reach the public internet only: never this machine, its neighbours, or the metadata
// service of a cloud. An operator opens ranges with `--egress-allow`.
//
// Pure rules over addresses; names are not looked at. The caller asks for each address right before
// it connects to it, so that neither DNS nor a redirect can lead around the guard.

#include "runtime/base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

enum class IpFamily : std::uint8_t { v4, v6 };

struct IpAddress {
  IpFamily family = IpFamily::v4;
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 uses the first four

  /// Dotted IPv4 or IPv6 text, without brackets, port or zone.
  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;
  bool operator==(const IpAddress&) const = default;
};

/// A range of addresses, e.g. 10.0.0.0/8.
struct IpRange {
  IpAddress first;
  unsigned prefix = 0;  // leading bits that count

  /// "10.0.0.0/8", "fd00::/8", or one address. Error invalid_parameters says what is wrong with it.
  static Result<IpRange> parse(std::string_view text);
  /// The range of one address.
  static IpRange of(const IpAddress& address);
  bool contains(const IpAddress& address) const;
  std::string text() const;
};

class EgressGuard {
 public:
  EgressGuard() = default;  // the public internet only
  explicit EgressGuard(std::vector<IpRange> allowed) : allowed_(std::move(allowed)) {}

  /// Nothing when the address may be connected to; otherwise what it is: "a loopback address". IPv6
  /// addresses that carry an IPv4 address (mapped, NAT64, 6to4) are judged by that one as well.
  std::optional<std::string_view> objection(const IpAddress& address) const;

 private:
  bool is_allowed(const IpAddress& address) const;

  std::vector<IpRange> allowed_;
};

}  // namespace millrace
