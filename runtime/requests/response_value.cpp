#include "runtime/requests/response_value.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace {
namespace {

constexpr std::array<int, 7> rejected_statuses{400, 401, 403, 404, 405, 410, 422};
std::string_view value_of(const HttpResponse& response, std::string_view name) {
  const std::string* const header = response.header(name);
  return header == nullptr ? std::string_view() : std::string_view(*header);
}

/// The last segment of the URL's path; "file" if there is none.
std::string name_in(std::string_view url) {
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  const auto host = path.find("://");
  const auto slash = path.rfind('/');
  if (host == std::string_view::npos || slash <= host + 2) return "file";
  const std::string name = file_name_of(path.substr(slash));
  return name.empty() ? "file" : name;
}

ResponseBody as_file(FileContent file, std::string_view url) {
  if (file.name.empty()) file.name = name_in(url);
  return ResponseBody(std::move(file));
}

}  // namespace

Result<ResponseBody> read_body(const HttpResponse& response, std::string_view url) {
  const ContentHeaders headers{value_of(response, "content-type"),
                               value_of(response, "content-disposition")};
  if (response.body->empty()) {
    const std::string type = media_type(headers.type);
    return ResponseBody(is_text_type(type) && type != "text/json" ? Json("") : Json(nullptr));
  }
  Content content = read_content(*response.body, headers);
  if (auto* const value = std::get_if<Json>(&content)) return ResponseBody(std::move(*value));
  if (auto* const form = std::get_if<FormContent>(&content)) {
    return ResponseBody(Json(std::move(form->text)));
  }
  if (auto* const file = std::get_if<FileContent>(&content)) {
    return as_file(std::move(*file), url);
  }
  auto& broken = std::get<BrokenContent>(content);
  // A status that is a failure anyway says more than what is wrong with its body.
  if (broken.problem.code == ErrorCode::limit_exceeded && is_success(response.status)) {
    return Error(ErrorCode::bad_response, "the response's body is " + broken.problem.message);
  }
  if (broken.text) return ResponseBody(Json(std::move(*broken.text)));
  return as_file(std::move(broken.file), url);
}

JsonObject header_object(const std::vector<HttpHeader>& headers) {
  JsonObject object;
  for (const HttpHeader& header : headers) {
    Json& value = object[header.name];
    if (header.name == "set-cookie") {
      if (value.is_null()) value = JsonArray();
      value.get_array().emplace_back(header.value);
    } else if (value.is_null()) {
      value = header.value;
    } else {
      // Cookies are joined their own way (RFC 9113, 8.2.3).
      value.get_string().append(header.name == "cookie" ? "; " : ", ").append(header.value);
    }
  }
  return object;
}

Json response_value(const HttpResponse& response, Json body) {
  JsonObject value;
  value.emplace("statusCode", response.status);
  value.emplace("headers", header_object(response.headers));
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
  const auto date = parse_time(text);
  if (!date) return std::nullopt;
  return std::clamp(*date - now, Millis(0), longest);
}

}  // namespace millrace
