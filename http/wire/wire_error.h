#pragma once
// What a client is told when HTTP itself went wrong, before there was a request that a route could
// answer: a head that is not HTTP, a body that is too large, a client that is too slow. The codes
// are part of the public contract like those of runtime/base/error.h, but they are never stored, so
// they need no numbers.

#include <string>
#include <string_view>

namespace millrace {

struct WireError {
  int status = 400;
  std::string_view code = "invalid_request";
  std::string message;
};

/// A complete HTTP/1.1 response that also announces the end of the connection.
std::string raw_response(const WireError& error);

}  // namespace millrace
