#include "http/cli/server_url.h"

#include "runtime/text/ascii_text.h"

namespace millrace {
namespace {

Error not_an_address(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_request, "'" + std::string(text) +
                                          "' is no address of a server: " + why +
                                          "; --url or MILLRACE_URL takes one such as "
                                          "http://127.0.0.1:8080"};
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return not_an_address(text, "it begins with neither http:// nor https://");
  }
  const std::string scheme = lower_case(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") {
    return not_an_address(text, "it begins with neither http:// nor https://");
  }
  if (text.find_first_of("?#@ \t\r\n") != std::string_view::npos) {
    return not_an_address(text, "it has room for host, port and path only");
  }
  std::string_view rest = text.substr(scheme_end + 3);
  const auto slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (host.empty() || host.front() == ':') return not_an_address(text, "it names no host");
  ServerUrl url;
  url.is_https = scheme == "https";
  url.origin = scheme + "://" + std::string(host);
  if (slash != std::string_view::npos) url.prefix = trimmed(rest.substr(slash), "/");
  if (!url.prefix.empty()) url.prefix.insert(0, 1, '/');
  return url;
}

}  // namespace millrace
