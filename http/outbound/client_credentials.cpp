#include "http/outbound/client_credentials.h"

#include "runtime/base/json.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace millrace {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds default_lifetime = 5min;
constexpr std::size_t token_bytes_max = 16u << 10;
constexpr std::size_t reason_bytes_max = 200;
constexpr int json_depth = 16;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

std::optional<JsonObject> object_of(const HttpResponse& response) {
  auto json = parse_json(*response.body, json_depth);
  if (!json || !json->is_object()) return std::nullopt;
  return std::move(json->as_object());
}

std::string text_of(const JsonObject& object, std::string_view key) {
  const Json* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// ": invalid_client (the secret has expired)", as far as it is fit to be shown.
std::string reason_of(const HttpResponse& response) {
  const auto object = object_of(response);
  if (!object) return {};
  const auto fit = [&](std::string_view key) {
    std::string text = text_of(*object, key);
    return text.size() <= reason_bytes_max && is_printable(text) ? text : std::string();
  };
  const std::string error = fit("error");
  const std::string description = fit("error_description");
  if (error.empty()) return {};
  return ": " + error + (description.empty() ? "" : " (" + description + ")");
}

Error failed(const std::string& host, const std::string& why) {
  return Error(ErrorCode::authorization_failed, "the token server " + host + " " + why);
}

/// A number, or, as some servers have it, a number in quotes.
std::chrono::seconds lifetime_of(const JsonObject& object) {
  const Json* const value = object.if_contains("expires_in");
  if (value == nullptr) return default_lifetime;
  double seconds = static_cast<double>(default_lifetime.count());
  if (value->is_string()) {
    const auto& text = value->as_string();
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  } else if (value->is_number()) {
    seconds = value->to_number<double>();
  }
  return std::chrono::seconds(static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e9)));
}

}  // namespace

TokenServerRequest token_request(const ClientCredentials& credentials, ClientAuthentication how) {
  TokenServerRequest request;
  std::string body = "grant_type=client_credentials";
  if (!credentials.scope.empty()) body += "&scope=" + form_encode_text(credentials.scope);
  request.headers = {{"Accept", "application/json"},
                     {"Content-Type", "application/x-www-form-urlencoded"}};
  if (how == ClientAuthentication::header) {
    const std::string both =
        form_encode_text(credentials.client_id) + ":" + form_encode_text(credentials.client_secret);
    request.headers.push_back({"Authorization", "Basic " + base64_encode(both)});
  } else {
    body += "&client_id=" + form_encode_text(credentials.client_id) +
            "&client_secret=" + form_encode_text(credentials.client_secret);
  }
  request.body = std::make_shared<const std::string>(std::move(body));
  return request;
}

Result<TokenGrant> read_token_grant(const HttpResponse& response, const std::string& host) {
  if (response.status == 429 || response.status >= 500) {
    return Error(ErrorCode::bad_response, "the token server " + host + " answered with status " +
                                              std::to_string(response.status));
  }
  if (response.status != 200) {
    return failed(host,
                  "answered with status " + std::to_string(response.status) + reason_of(response));
  }
  const auto object = object_of(response);
  if (!object) return failed(host, "answered with something that is no JSON object");
  TokenGrant grant{text_of(*object, "access_token"), lifetime_of(*object)};
  const bool is_usable = !grant.token.empty() && grant.token.size() <= token_bytes_max &&
                         is_printable(grant.token) && grant.token.find(' ') == std::string::npos;
  if (!is_usable) return failed(host, "sent no usable access_token" + reason_of(response));
  const std::string type = lower_case(text_of(*object, "token_type"));
  if (!type.empty() && type != "bearer") {
    return failed(host, "sent a token of a type other than Bearer");
  }
  return grant;
}

bool refuses_client(const HttpResponse& response) {
  if (response.status != 401 && response.status != 400) return false;
  const auto object = object_of(response);
  return object && text_of(*object, "error") == "invalid_client";
}

}  // namespace millrace
