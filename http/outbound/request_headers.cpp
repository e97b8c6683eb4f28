#include "http/outbound/request_headers.h"

#include "runtime/base/limits.h"
#include "runtime/secrets/redaction.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_text.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr std::size_t method_bytes_max = 32;

Error unusable(const std::string& what, std::string_view name, const std::string& why) {
  std::string shown;
  for (const char c : name.substr(0, 100)) shown += c >= ' ' && c < 0x7f ? c : '?';
  return Error(ErrorCode::invalid_parameters, what + " \"" + shown + "\" " + why);
}

template <std::size_t Count>
bool is_one_of(const std::string& lower_name, const std::array<std::string_view, Count>& names) {
  return std::find(names.begin(), names.end(), lower_name) != names.end();
}

bool is_framing(const std::string& lower_name) {
  static constexpr std::array<std::string_view, 10> names = {
      "connection",          "content-length",   "expect", "keep-alive",
      "proxy-authorization", "proxy-connection", "te",     "trailer",
      "transfer-encoding",   "upgrade"};
  return is_one_of(lower_name, names);
}

bool is_bound_to_origin(const std::string& lower_name) {
  static constexpr std::array<std::string_view, 5> names = {
      "authorization", "cookie", "host", "idempotency-key", "proxy-authorization"};
  const auto contains = [&](std::string_view part) {
    return lower_name.find(part) != std::string::npos;
  };
  return is_one_of(lower_name, names) || contains("key") || contains("token") || contains("secret");
}

template <class Drop>
std::vector<HttpHeader> without(const std::vector<HttpHeader>& headers, Drop drop) {
  std::vector<HttpHeader> kept;
  for (const HttpHeader& each : headers) {
    if (!drop(lower_case(each.name))) kept.push_back(each);
  }
  return kept;
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

Outcome check_headers(const std::vector<HttpHeader>& headers) {
  std::size_t bytes = 0;
  for (const HttpHeader& each : headers) {
    if (!is_header_name(each.name)) {
      return unusable("the header name", each.name, "is empty or has characters that HTTP forbids");
    }
    if (!is_header_value(each.value)) {
      return unusable("the header", each.name,
                      "has a line break or another control character in its value");
    }
    bytes += each.name.size() + each.value.size();
  }
  if (bytes > limits::outbound_header_bytes_max) {
    return Error(ErrorCode::invalid_parameters,
                 "the headers have more than " +
                     std::to_string(limits::outbound_header_bytes_max >> 10) + " KiB");
  }
  return Done{};
}

Outcome check_parts(const std::vector<FormPart>& parts) {
  for (const FormPart& each : parts) {
    if (has_nul(each.name) || has_nul(each.file_name)) {
      return unusable("the form part", each.name, "has a NUL in its name or file name");
    }
    if (!is_header_value(each.type)) {
      return unusable("the form part", each.name, "has a control character in its content type");
    }
  }
  return Done{};
}

}  // namespace

Outcome check_request(const HttpRequest& request) {
  if (!is_header_name(request.method) || request.method.size() > method_bytes_max ||
      request.method == "CONNECT") {
    return unusable("the method", request.method, "is not one that can be sent");
  }
  const bool has_body = request.body != nullptr || !request.parts.empty();
  if (has_body && (request.method == "HEAD" || request.method == "TRACE")) {
    return unusable("the method", request.method, "cannot have a body");
  }
  if (auto checked = check_headers(request.headers); !checked) return checked;
  return check_parts(request.parts);
}

std::vector<HttpHeader> sendable_headers(const std::vector<HttpHeader>& headers) {
  return without(headers, is_framing);
}

std::vector<HttpHeader> headers_for_other_origin(const std::vector<HttpHeader>& headers,
                                                 const Redaction* secrets) {
  auto kept = without(headers, is_bound_to_origin);
  if (secrets == nullptr) return kept;
  std::erase_if(kept, [&](const HttpHeader& each) {
    return secrets->finds_any(each.name) || secrets->finds_any(each.value);
  });
  return kept;
}

std::vector<HttpHeader> headers_without_body(const std::vector<HttpHeader>& headers) {
  return without(headers, [](const std::string& name) { return name.starts_with("content-"); });
}

void replace_header(std::vector<HttpHeader>& headers, std::string_view name, std::string value) {
  const std::string wanted = lower_case(name);
  std::erase_if(headers, [&](const HttpHeader& each) { return lower_case(each.name) == wanted; });
  headers.push_back({std::string(name), std::move(value)});
}

bool has_header(const std::vector<HttpHeader>& headers, std::string_view lower_name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const HttpHeader& each) { return lower_case(each.name) == lower_name; });
}

}  // namespace millrace
