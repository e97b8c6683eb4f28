#include "runtime/integrations/own_url.h"

#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <optional>

namespace millrace {
namespace {

/// A URL up to its path.
struct Origin {
  std::string scheme;  // lower case, as the host
  std::string host;
  std::string port;  // empty: the usual one
  std::string_view rest;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.';
}

std::string_view usual_port(std::string_view scheme) { return scheme == "https" ? "443" : "80"; }

/// Nothing for what is not plainly a URL of http or https.
std::optional<Origin> origin_of(std::string_view url) {
  constexpr std::string_view separator = "://";
  const auto colon = url.find(separator);
  if (colon == std::string_view::npos) return std::nullopt;
  Origin origin;
  origin.scheme = lower_case(url.substr(0, colon));
  if (origin.scheme != "http" && origin.scheme != "https") return std::nullopt;
  const std::string_view behind = url.substr(colon + separator.size());
  const std::string_view authority = behind.substr(0, behind.find_first_of("/?#"));
  origin.rest = behind.substr(authority.size());
  const auto port = authority.find(':');
  origin.host = lower_case(authority.substr(0, port));
  if (port != std::string_view::npos) origin.port = authority.substr(port + 1);
  const bool is_plain = !origin.host.empty() &&
                        std::all_of(origin.host.begin(), origin.host.end(), is_host_character) &&
                        std::all_of(origin.port.begin(), origin.port.end(), is_digit);
  if (!is_plain) return std::nullopt;
  if (origin.port == usual_port(origin.scheme)) origin.port.clear();
  return origin;
}

bool is_below(const Origin& url, const Origin& base) {
  if (url.scheme != base.scheme || url.host != base.host || url.port != base.port) return false;
  std::string_view path = base.rest;
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!url.rest.starts_with(path)) return false;
  const std::string_view behind = url.rest.substr(path.size());
  return behind.empty() || behind[0] == '/' || behind[0] == '?' || behind[0] == '#';
}

bool is_host(std::string_view host, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return host == pattern;
  pattern.remove_prefix(1);
  return host.size() > pattern.size() && host.ends_with(pattern);
}

}  // namespace

bool is_own_url(std::string_view url, std::string_view base_url,
                const std::vector<std::string>& hosts) {
  const auto origin = origin_of(url);
  if (!origin) return false;
  const auto base = origin_of(base_url);
  if (base && is_below(*origin, *base)) return true;
  if (origin->scheme != "https" || !origin->port.empty()) return false;
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& each) { return is_host(origin->host, each); });
}

}  // namespace millrace
