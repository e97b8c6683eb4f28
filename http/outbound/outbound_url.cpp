#include "http/outbound/outbound_url.h"

#include "runtime/base/limits.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>
#include <idn2.h>
#include <memory>

namespace millrace {
namespace {

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using UrlHandle = std::unique_ptr<CURLU, Free>;

Error invalid(std::string_view what, const std::string& why) {
  return Error(ErrorCode::invalid_url, std::string(what) + " " + why);
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  const std::unique_ptr<char, Free> owner(text);
  return text;
}

/// Sets the URL; the reason when it is refused. The texts of curl_url_strerror are fixed sentences.
std::string set(CURLU* url, const std::string& text, unsigned flags) {
  if (text.size() > limits::outbound_url_bytes_max) {
    return "is longer than " + std::to_string(limits::outbound_url_bytes_max >> 10) + " KiB";
  }
  if (text.find('\0') != std::string::npos) return "contains a NUL";
  const CURLUcode failure = curl_url_set(url, CURLUPART_URL, text.c_str(), flags);
  if (failure == CURLUE_OK) return {};
  return std::string("cannot be used: ") + curl_url_strerror(failure);
}

/// Puts the ASCII form in the place of an international host name; false when it has none.
bool make_host_ascii(CURLU* url) {
  const std::string host = part(url, CURLUPART_HOST, CURLU_URLDECODE);
  const bool is_ascii = std::all_of(host.begin(), host.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii) return true;
  char* ascii = nullptr;
  const int code = ::idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(ascii, &::idn2_free);
  if (code != IDN2_OK || curl_url_set(url, CURLUPART_HOST, ascii, 0) != CURLUE_OK) return false;
  // Read anew: digits of any script may make an address.
  const std::string text = part(url, CURLUPART_URL);
  return curl_url_set(url, CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
}

Result<OutboundUrl> read(CURLU* url, std::string_view what) {
  OutboundUrl read;
  read.scheme = lower_case(part(url, CURLUPART_SCHEME));
  if (read.scheme != "http" && read.scheme != "https") {
    return invalid(what, "has the scheme \"" + read.scheme + "\"; use http or https");
  }
  // Credentials in a URL leak into logs and follow redirects; there are fields for them.
  if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty()) {
    return invalid(what, "contains a user name or password; use the request's authorization");
  }
  if (!make_host_ascii(url)) return invalid(what, "has a host that is no international name");
  read.host = lower_case(part(url, CURLUPART_HOST));
  if (read.host.size() > 2 && read.host.front() == '[') {
    read.host = read.host.substr(1, read.host.size() - 2);
  }
  if (read.host.empty()) return invalid(what, "has no host");
  const std::string port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), read.port);
  if (failure != std::errc() || read.port == 0) return invalid(what, "has no usable port");
  curl_url_set(url, CURLUPART_FRAGMENT, nullptr, 0);
  read.text = part(url, CURLUPART_URL);
  if (read.text.empty()) return invalid(what, "cannot be used");
  return read;
}

}  // namespace

std::string OutboundUrl::shown() const {
  std::string shown;
  for (const char c : host.substr(0, 255)) shown += c > ' ' && c < 0x7f ? c : '?';
  if (host.find(':') != std::string::npos) shown = "[" + shown + "]";
  const int usual = scheme == "https" ? 443 : 80;
  return port == usual ? shown : shown + ":" + std::to_string(port);
}

Result<OutboundUrl> parse_outbound_url(std::string_view text) {
  const UrlHandle url(curl_url());
  if (!url) return Error(ErrorCode::overloaded, "out of memory");
  // Unknown schemes pass the parser, so that the message can name them.
  const std::string why = set(url.get(), std::string(text), CURLU_NON_SUPPORT_SCHEME);
  if (!why.empty()) return invalid("the URL", why);
  return read(url.get(), "the URL");
}

Result<OutboundUrl> follow_location(const OutboundUrl& base, const std::string& location) {
  const std::string what = "the redirect of " + base.shown();
  const UrlHandle url(curl_url());
  if (!url) return Error(ErrorCode::overloaded, "out of memory");
  std::string why = set(url.get(), base.text, 0);
  // Servers do send spaces and characters beyond ASCII here; browsers encode them.
  if (why.empty()) {
    why = set(url.get(), location, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  }
  if (!why.empty()) return invalid(what, why);
  auto target = read(url.get(), what);
  if (target && base.scheme == "https" && target->scheme == "http") {
    return Error(ErrorCode::bad_response,
                 what + " leads from https to http, which would send the request in the clear");
  }
  return target;
}

}  // namespace millrace
