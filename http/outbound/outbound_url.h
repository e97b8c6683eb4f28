#pragma once
// The URL of an outgoing request. Parsed by libcurl's own parser and handed back to libcurl as the
// text that this parser wrote, so that what was checked is what is connected to. An international host
// name becomes its ASCII form here (IDNA 2008), since libcurl would read it in the locale's charset.

#include "runtime/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

struct OutboundUrl {
  std::string text;    // normalised, without fragment
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, ASCII, IPv6 without brackets; IPv4 always dotted
  std::uint16_t port = 0;

  bool same_origin(const OutboundUrl& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
  /// "host" or "host:port" for messages; printable ASCII.
  std::string shown() const;
};

/// Error invalid_url: not absolute, not http or https, with user and password, broken. The message
/// never shows more of it than the scheme.
Result<OutboundUrl> parse_outbound_url(std::string_view text);

/// The target of a `Location` header, which may be relative to `base`. Errors: invalid_url, and
/// bad_response where it leads from https to http.
Result<OutboundUrl> follow_location(const OutboundUrl& base, const std::string& location);

}  // namespace millrace
