#include "runtime/requests/response_value.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/charset_text.h"
#include "runtime/text/header_parameter.h"
#include "runtime/text/http_date_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace {
namespace {

constexpr std::array<int, 7> rejected_statuses{400, 401, 403, 404, 405, 410, 422};
constexpr std::size_t file_name_bytes_max = 255;

/// "text/html; charset=utf-8" -> "text/html"
std::string media_type(const HttpResponse& response) {
  const std::string* const header = response.header("content-type");
  if (header == nullptr) return {};
  return lower_case(trimmed(std::string_view(*header).substr(0, header->find(';')), blanks));
}

bool is_json_type(std::string_view type) {
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

bool is_text_type(std::string_view type) {
  constexpr std::array<std::string_view, 6> known{"",
                                                  "application/xml",
                                                  "application/javascript",
                                                  "application/x-www-form-urlencoded",
                                                  "application/graphql",
                                                  "application/x-ndjson"};
  return type.starts_with("text/") || type.ends_with("+xml") ||
         std::find(known.begin(), known.end(), type) != known.end();
}

/// As the charset of its type says. Bytes without a type are text only when they are UTF-8.
std::optional<std::string> text_of(const HttpResponse& response) {
  const std::string* const type = response.header("content-type");
  if (type == nullptr && !is_valid_utf8(*response.body)) return std::nullopt;
  const auto charset = type == nullptr ? std::nullopt : header_parameter(*type, "charset");
  return to_utf8(*response.body, charset.value_or(""));
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

/// The parameters `filename*` and `filename` of Content-Disposition (RFC 6266).
std::string disposition_name(const HttpResponse& response) {
  const std::string* const header = response.header("content-disposition");
  if (header == nullptr) return {};
  const auto extended = extended_header_parameter(*header, "filename");
  if (extended && !has_control_characters(*extended)) return *extended;
  return header_parameter(*header, "filename").value_or("");
}

std::string file_name(const HttpResponse& response, std::string_view url) {
  std::string name = disposition_name(response);
  if (name.empty()) {
    const std::string_view path = url.substr(0, url.find_first_of("?#"));
    const auto host = path.find("://");
    const auto slash = path.rfind('/');
    if (host != std::string_view::npos && slash > host + 2) name = path.substr(slash + 1);
  }
  name = name.substr(name.find_last_of("/\\") + 1);  // never a path
  if (name.empty() || name == "." || name == ".." || name.size() > file_name_bytes_max ||
      !is_valid_utf8(name))
    return "file";
  return name;
}

}  // namespace

Result<ResponseBody> read_body(const HttpResponse& response, std::string_view url) {
  const std::string type = media_type(response);
  const bool is_json = is_json_type(type);
  if (response.body->empty()) {
    return ResponseBody(!type.empty() && is_text_type(type) && !is_json ? Json("") : Json(nullptr));
  }
  auto text = is_json || is_text_type(type) ? text_of(response) : std::nullopt;
  if (!text) {
    return ResponseBody(
        FileBody{file_name(response, url), type.empty() ? "application/octet-stream" : type});
  }
  if (!is_json) return ResponseBody(Json(std::move(*text)));
  auto value = parse_foreign_json(*text);
  if (value) return ResponseBody(std::move(*value));
  // A status that is a failure anyway says more than what is wrong with its body.
  if (value.error().code == ErrorCode::limit_exceeded && is_success(response.status)) {
    return Error(ErrorCode::bad_response, "the response's body is " + value.error().message);
  }
  return ResponseBody(Json(std::move(*text)));
}

Json response_value(const HttpResponse& response, Json body) {
  JsonObject headers;
  for (const HttpHeader& header : response.headers) {
    Json& value = headers[header.name];
    if (value.is_null()) {
      value = header.value;
    } else {
      value.get_string().append(", ").append(header.value);
    }
  }
  JsonObject value;
  value.emplace("statusCode", response.status);
  value.emplace("headers", std::move(headers));
  value.emplace("body", std::move(body));
  return value;
}

Error error_of_status(int status, const RetryPolicy& policy) {
  const bool is_rejected =
      std::find(rejected_statuses.begin(), rejected_statuses.end(), status) !=
          rejected_statuses.end() &&
      std::find(policy.statuses.begin(), policy.statuses.end(), status) == policy.statuses.end();
  return Error(is_rejected ? ErrorCode::request_rejected : ErrorCode::request_failed,
               "the server answered with status " + std::to_string(status));
}

std::optional<Millis> retry_after(const HttpResponse& response, Instant now) {
  const std::string* const header = response.header("retry-after");
  if (header == nullptr) return std::nullopt;
  constexpr Millis longest = limits::retry_after_max;
  const std::string_view text = trimmed(*header, blanks);
  std::uint64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc::invalid_argument && read.ptr == text.data() + text.size()) {
    if (read.ec == std::errc::result_out_of_range) return longest;
    constexpr auto most = static_cast<std::uint64_t>(longest.count() / 1'000);
    return Millis(std::min(seconds, most) * 1'000);
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::clamp(*date - now, Millis(0), longest);
}

}  // namespace millrace
