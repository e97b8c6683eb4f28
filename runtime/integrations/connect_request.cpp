#include "runtime/integrations/connect_request.h"

#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <string>

namespace millrace {
namespace {

using AuthKind = RequestAuthorization::Kind;

/// Strings as they are, numbers and booleans as JSON writes them.
Result<std::string> url_text(const std::string& field, const Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_structured() && !value.is_null()) return to_text(value);
  return Error(ErrorCode::invalid_url,
               field + " must be text, got " + std::string(kind_name(value)));
}

/// True for dot segments (RFC 3986, 5.2.4), also percent-encoded ones: whoever reads the path may
/// resolve them, to above the base URL.
bool leaves_base(std::string_view path) {
  std::string plain = lower_case(path.substr(0, path.find_first_of("?#")));
  for (auto at = plain.find("%2e"); at != std::string::npos; at = plain.find("%2e", at)) {
    plain.replace(at, 3, ".");
  }
  std::replace(plain.begin(), plain.end(), '\\', '/');  // some servers read it as a slash
  plain = '/' + plain + '/';
  return plain.find("/./") != std::string::npos || plain.find("/../") != std::string::npos;
}

std::string credential_field(const Credential& credential, std::string_view key) {
  const Json* const value = credential.fields.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The credential's fields as the authorization that a definition could have written itself.
void authorize(RequestValues& values, const IntegrationAuth& auth, const Credential& credential) {
  const auto field = [&](std::string_view key) { return credential_field(credential, key); };
  switch (auth.kind) {
    case IntegrationAuth::Kind::none:
      return;
    case IntegrationAuth::Kind::bearer:
      values.authorization = AuthKind::bearer;
      values.authorization_values = JsonObject{{"token", field("token")}};
      return;
    case IntegrationAuth::Kind::oauth2:
      values.authorization = AuthKind::bearer;
      values.authorization_values = JsonObject{{"token", field("accessToken")}};
      return;
    case IntegrationAuth::Kind::basic:
      values.authorization = AuthKind::basic;
      values.authorization_values =
          JsonObject{{"username", field("username")}, {"password", field("password")}};
      return;
    case IntegrationAuth::Kind::header:
      values.authorization = AuthKind::header;
      values.authorization_values = JsonObject{{"name", auth.name}, {"value", field("key")}};
      return;
    case IntegrationAuth::Kind::query:
      values.authorization = AuthKind::query;
      values.authorization_values = JsonObject{{"name", auth.name}, {"value", field("key")}};
      return;
  }
}

}  // namespace

Outcome connect_request(RequestValues& values, const Integration& integration, const Json& base_url,
                        const Credential* credential, Redaction& redaction) {
  auto base = url_text("the base URL of \"" + integration.type + '"', base_url);
  if (!base) return base.error();
  const auto path = url_text("\"path\"", values.url);
  if (!path) return path.error();
  // The credential is for the integration's own host.
  if (path->find("://") < path->find_first_of("/?#")) {
    return Error(ErrorCode::invalid_url, "\"path\" is relative to the base URL of \"" +
                                             integration.type + "\" and cannot be a whole URL");
  }
  if (leaves_base(*path)) {
    return Error(ErrorCode::invalid_url,
                 "\"path\" must not hold the segments \".\" or \"..\": it "
                 "stays below the base URL of \"" +
                     integration.type + '"');
  }
  while (base->ends_with('/')) base->pop_back();
  const bool needs_slash = !path->empty() && path->front() != '/' && path->front() != '?';
  values.url = *base + (needs_slash ? "/" : "") + *path;
  if (credential == nullptr) return Done{};
  authorize(values, integration.auth, *credential);
  redact(*credential, redaction);
  return Done{};
}

void redact(const Credential& credential, Redaction& redaction) {
  for (const auto& field : credential.fields) {
    // A user's name is no secret, and may well stand in the response for other reasons.
    if (!field.value().is_string() || field.key() == "username") continue;
    redaction.add(field.value().get_string(), "[credential]");
  }
}

}  // namespace millrace
