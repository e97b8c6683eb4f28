#pragma once
// What libcurl's many ways to fail mean for a call.

#include <cstdint>
#include <curl/curl.h>

namespace millrace {

enum class CurlFailure : std::uint8_t {
  tls,
  connection,  // none came about
  /// It ended in mid-air: before the first answer it is the connection's failure (safe to call so
  /// even if the peer has read the request), after it the response is broken.
  cut,
  response,  // the peer does not keep to the protocol
};

CurlFailure kind_of(CURLcode code);

}  // namespace millrace
