#pragma once
// The address of a server as people write it, with --url or MILLRACE_URL.

#include "runtime/base/result.h"

#include <string>
#include <string_view>

namespace millrace {

struct ServerUrl {
  std::string origin;  // "https://api.example:8443"
  std::string prefix;  // what a reverse proxy has before our paths: "" or "/millrace"
  bool is_https = false;
};

/// A slash at the end makes no difference. Error invalid_request: no scheme or another one, no host,
/// a user, a query or a fragment.
Result<ServerUrl> parse_server_url(std::string_view text);

}  // namespace millrace
