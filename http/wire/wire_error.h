#pragma once
// What a client is told when HTTP itself went wrong, before there was a request that a route could
// answer: a head that is not HTTP, a body that is too large, a client that is too slow. The codes
// are part of the public contract like those of runtime/base/error.h, but they are never stored, so
// they need no numbers.

#include <array>
#include <string>
#include <string_view>

namespace millrace {

struct WireError {
  int status = 400;
  std::string_view code = "invalid_request";
  std::string message;
  bool may_pages_read = false;  // of any origin (CORS)
};

/// The codes that only the wire gives, for the description of the API.
struct WireCode {
  std::string_view code;
  int status = 0;
};
inline constexpr std::array wire_codes{
    WireCode{"uri_too_long", 414},           WireCode{"headers_too_large", 431},
    WireCode{"method_not_implemented", 501}, WireCode{"transfer_encoding_not_supported", 501},
    WireCode{"shutting_down", 503},          WireCode{"version_not_supported", 505}};

/// A complete HTTP/1.1 response that also announces the end of the connection.
std::string raw_response(const WireError& error);

}  // namespace millrace
