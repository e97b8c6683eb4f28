#include "runtime/oauth/oauth_messages.h"

#include "runtime/outbound/request_secrets.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace {
namespace {

using Path = std::vector<PathSegment>;

constexpr std::size_t token_bytes_max = 16u << 10;
constexpr std::size_t reason_bytes_max = 200;
constexpr std::size_t kept_bytes_max = 16u << 10;
constexpr std::size_t fields_max = 100;  // of an answer that is form text
constexpr int json_depth = 32;
constexpr double lifetime_seconds_max = 1e9;

/// What providers call a grant that is worth nothing any more.
constexpr std::array<std::string_view, 5> refusals{"invalid_grant", "invalid_refresh_token",
                                                   "bad_refresh_token", "token_revoked",
                                                   "interaction_required"};

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= token_bytes_max && is_printable(text) &&
         text.find(' ') == std::string_view::npos;
}

/// Strings as they are, numbers as JSON writes them (ids are often numbers).
std::string text_at(const Json& value, const Path& path) {
  if (path.empty()) return {};
  const Json& found = follow(value, path);
  if (found.is_string()) return std::string(found.get_string());
  return found.is_number() ? to_text(found) : std::string();
}

std::string text_of(const Json& value, std::string_view key) {
  return text_at(value, {std::string(key)});
}

std::string form_text(const GrantParameters& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters) {
    if (!text.empty()) text += '&';
    text += form_encode_text(key) + '=' + form_encode_text(value);
  }
  return text;
}

/// Some providers answer so unless they are asked for JSON, and some all the same.
std::optional<Json> read_form(std::string_view text) {
  JsonObject object;
  for (std::size_t count = 0; !text.empty() && count < fields_max; ++count) {
    const auto end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string value(pair.substr(equals + 1));
    std::replace(value.begin(), value.end(), '+', ' ');
    auto plain = percent_decode_bytes(value);
    if (!plain) return std::nullopt;
    object[pair.substr(0, equals)] = *plain;
  }
  return object;
}

/// Some call a form plain text, or nothing.
bool may_be_form(const HttpResponse& response) {
  const std::string* const given = response.header("content-type");
  const std::string type = given == nullptr ? std::string() : lower_case(*given);
  return type.empty() || type.starts_with("application/x-www-form-urlencoded") ||
         type.starts_with("text/plain");
}

std::optional<Json> body_of(const HttpResponse& response) {
  auto json = parse_json(*response.body, json_depth);
  if (json && json->is_object()) return std::move(*json);
  if (json) return std::nullopt;
  return may_be_form(response) ? read_form(*response.body) : std::nullopt;
}

/// "invalid_client (the secret has expired)", as far as it is fit to be shown.
std::string reason_of(const Json& body, const Redaction& sent) {
  const auto fit = [&](std::string_view key) {
    std::string text = sent.apply(text_of(body, key));
    return text.size() <= reason_bytes_max && is_printable(text) ? text : std::string();
  };
  const std::string error = fit("error");
  const std::string description = fit("error_description");
  if (error.empty()) return {};
  return error + (description.empty() ? "" : " (" + description + ")");
}

bool refuses_grant(const Json& body) {
  const std::string error = text_of(body, "error");
  return std::find(refusals.begin(), refusals.end(), error) != refusals.end();
}

bool may_get_better(int status) { return status == 429 || status >= 500; }

/// A number, or, as some servers have it, a number in quotes.
std::optional<Millis> lifetime_at(const Json& body, const Path& path) {
  const std::string text = text_at(body, path);
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc() || !(seconds > 0)) return std::nullopt;
  return Millis(static_cast<std::int64_t>(std::min(seconds, lifetime_seconds_max) * 1000));
}

JsonObject kept_of(const std::vector<KeptField>& fields, const Json& value, const Redaction& sent) {
  Json kept = JsonObject();
  for (const auto& field : fields) {
    const Json& found = follow(value, field.path);
    if (found.is_null() || to_text(found).size() > kept_bytes_max) continue;
    kept.get_object()[field.name] = found;
  }
  sent.apply_to(kept);
  return std::move(kept.get_object());
}

std::vector<std::string> scopes_of(const Json& body, const std::string& separator,
                                   const Redaction& sent) {
  std::vector<std::string> scopes;
  std::string text = sent.apply(text_of(body, "scope"));
  // Whatever stands between them in requests: answers hold spaces or commas.
  for (char& c : text) {
    if (c == ',' || (separator.size() == 1 && c == separator[0])) c = ' ';
  }
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    if (end > at) scopes.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return scopes;
}

HttpRequest plain_request(std::string method, std::string url) {
  HttpRequest request;
  request.step = "oauth";
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"}};
  request.timeout = token_server_time_max;
  request.response_bytes_max = token_answer_bytes_max;
  request.redirects_max = 0;
  return request;
}

/// What stands for a secret of the project is its name; `grant` is the code or the token, and what proves it.
Redaction secrets_of(const OAuthClient& client, const OAuthValues& values,
                     const GrantParameters& grant) {
  Redaction secrets;
  for (const auto& [name, value] : values.secrets) {
    if (value.is_string()) secrets.add(value.get_string(), masked_secret(name));
  }
  secrets.add(rendered_text(client.client_secret, values), "[client secret]");
  for (const auto& [key, value] : grant) {
    const bool is_public = key == "grant_type" || key == "redirect_uri";
    if (!is_public) secrets.add(value, "[credential]");
  }
  return secrets;
}

HttpRequest client_request(const OAuthClient& client, const OAuthValues& values, std::string url,
                           GrantParameters parameters) {
  const std::string id = rendered_text(client.client_id, values);
  const std::string secret = rendered_text(client.client_secret, values);
  HttpRequest request = plain_request("POST", std::move(url));
  add_secrets(request, secrets_of(client, values, parameters));
  if (client.token_auth == OAuthClient::TokenAuth::basic) {
    const std::string both = form_encode_text(id) + ":" + form_encode_text(secret);
    request.headers.push_back({"Authorization", "Basic " + base64_encode(both)});
  } else {
    parameters.emplace_back("client_id", id);
    if (!secret.empty()) parameters.emplace_back("client_secret", secret);
  }
  std::string body;
  if (client.token_body == OAuthClient::TokenBody::json) {
    JsonObject object;
    for (const auto& [key, value] : parameters) object[key] = value;
    body = to_text(object);
    request.headers.push_back({"Content-Type", "application/json"});
  } else {
    body = form_text(parameters);
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  }
  request.body = std::make_shared<const std::string>(std::move(body));
  return request;
}

}  // namespace

Result<std::string> authorize_url(const OAuthClient& client, const OAuthValues& values,
                                  const AuthorizeRequest& request) {
  std::string url = encode_url(rendered_text(client.authorize_url, values));
  if (origin_of_page(url).empty()) {
    return Error(ErrorCode::invalid_url, "the authorize URL of the integration is no URL");
  }
  GrantParameters parameters{{"response_type", "code"},
                             {"client_id", rendered_text(client.client_id, values)},
                             {"redirect_uri", request.redirect_uri},
                             {"state", request.state}};
  std::string scope;
  for (const std::string& each : client.scopes) {
    scope += (scope.empty() ? "" : client.scope_separator) + each;
  }
  if (!scope.empty()) parameters.emplace_back("scope", scope);
  if (client.has_pkce) {
    parameters.emplace_back("code_challenge", request.challenge);
    parameters.emplace_back("code_challenge_method", "S256");
  }
  for (const auto& [key, value] : client.authorize_params) {
    parameters.emplace_back(key, rendered_text(value, values));
  }
  url.resize(std::min(url.find('#'), url.size()));
  std::string query;
  for (const auto& [key, value] : parameters) {
    query +=
        (query.empty() ? "" : "&") + percent_encode_text(key) + '=' + percent_encode_text(value);
  }
  return url + (url.find('?') == std::string::npos ? '?' : '&') + query;
}

GrantParameters code_grant(const std::string& code, const std::string& redirect_uri,
                           const std::string& verifier) {
  GrantParameters grant{
      {"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", redirect_uri}};
  if (!verifier.empty()) grant.emplace_back("code_verifier", verifier);
  return grant;
}

GrantParameters refresh_grant(const std::string& refresh_token) {
  return {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}};
}

HttpRequest token_request(const OAuthClient& client, const OAuthValues& values,
                          const GrantParameters& grant) {
  return client_request(client, values, encode_url(rendered_text(client.token_url, values)), grant);
}

HttpRequest profile_request(const OAuthClient::Profile& profile, const OAuthValues& values,
                            const std::string& access_token) {
  HttpRequest request = plain_request("GET", encode_url(rendered_text(profile.url, values)));
  request.headers.push_back({"Authorization", "Bearer " + access_token});
  Redaction secrets;
  for (const auto& [name, value] : values.secrets) {
    if (value.is_string()) secrets.add(value.get_string(), masked_secret(name));
  }
  secrets.add(access_token, "[credential]");
  add_secrets(request, secrets);
  return request;
}

HttpRequest revoke_request(const OAuthClient& client, const OAuthValues& values,
                           const std::string& token) {
  return client_request(client, values, encode_url(rendered_text(*client.revoke_url, values)),
                        {{"token", token}});
}

Error token_server_failure(const Error& why, const Redaction& sent) {
  ErrorCode code = why.code;
  if (code == ErrorCode::response_too_large) code = ErrorCode::bad_response;
  if (code == ErrorCode::step_timeout) code = ErrorCode::request_failed;
  return Error(code, sent.apply(why.message));
}

Result<std::variant<TokenAnswer, GrantRefused>> read_token_answer(const OAuthClient& client,
                                                                  const HttpResponse& response,
                                                                  const Redaction& sent) {
  using Read = std::variant<TokenAnswer, GrantRefused>;
  const auto body = body_of(response);
  const std::string reason = body ? reason_of(*body, sent) : std::string();
  if (body && refuses_grant(*body)) return Read(GrantRefused{reason});
  const std::string status = std::to_string(response.status);
  if (may_get_better(response.status)) {
    return Error(ErrorCode::bad_response, "the token server answered with status " + status);
  }
  if (response.status / 100 != 2) {
    return Error(
        ErrorCode::authorization_failed,
        "the token server answered with status " + status + (reason.empty() ? "" : ": ") + reason);
  }
  if (!body) {
    return Error(ErrorCode::bad_response, "the token server's answer is neither JSON nor a form");
  }
  TokenAnswer answer;
  answer.given.access_token = text_at(*body, client.access_token);
  if (!is_token(answer.given.access_token)) {
    const std::string missing = "the token server sent no usable access token";
    // A server that says why refuses; one that says nothing has answered nonsense.
    if (reason.empty()) return Error(ErrorCode::bad_response, missing);
    return Error(ErrorCode::authorization_failed, missing + ": " + reason);
  }
  answer.given.refresh_token = text_at(*body, client.refresh_token);
  if (!is_token(answer.given.refresh_token)) answer.given.refresh_token.clear();
  answer.given.lifetime = lifetime_at(*body, client.expires_in);
  answer.scopes = scopes_of(*body, client.scope_separator, sent);
  answer.provider_id = sent.apply(text_at(*body, client.provider_id));
  answer.kept = kept_of(client.keep, *body, sent);
  return Read(std::move(answer));
}

Result<std::vector<ProfileChoice>> read_profile(const OAuthClient::Profile& profile,
                                                const HttpResponse& response,
                                                const Redaction& sent) {
  const std::string status = std::to_string(response.status);
  if (may_get_better(response.status)) {
    return Error(ErrorCode::bad_response, "the profile request was answered with status " + status);
  }
  if (response.status / 100 != 2) {
    return Error(ErrorCode::authorization_failed,
                 "the profile request was answered with status " + status);
  }
  const auto body = parse_json(*response.body, json_depth);
  if (!body) return Error(ErrorCode::bad_response, "the profile's answer is no JSON");
  const auto choice_of = [&](const Json& value) {
    return ProfileChoice{sent.apply(text_at(value, profile.provider_id)),
                         sent.apply(text_at(value, profile.name)),
                         kept_of(profile.keep, value, sent)};
  };
  if (!profile.choose) return std::vector<ProfileChoice>{choice_of(*body)};
  const Json whole = JsonObject{{"body", *body}};
  const auto* const list = follow(whole, *profile.choose).if_array();
  std::vector<ProfileChoice> choices;
  for (std::size_t i = 0; list != nullptr && i < list->size() && i < profile_choices_max; ++i) {
    choices.push_back(choice_of((*list)[i]));
  }
  if (choices.empty()) {
    return Error(ErrorCode::authorization_failed,
                 "the provider gives access to no account: its list is empty");
  }
  return choices;
}

}  // namespace millrace
