#pragma once
// How the users of an integration sign in at its provider (OAuth 2.0, RFC 6749, with PKCE, RFC 7636): the
// `auth` of an integration whose type is `oauth2`. Compiled with it, immutable.
//
//   "auth": { "type": "oauth2",
//     "authorizeUrl": "https://{{inputs.host}}/authorize", "tokenUrl": "https://{{inputs.host}}/token",
//     "clientId": "{{secrets.CRM_ID}}", "clientSecret": "{{secrets.CRM_SECRET}}",
//     "scopes": ["read", "offline_access"], "scopeSeparator": " ",
//     "inputs": {"host": {"default": "login.crm.example", "pattern": "[a-z0-9.-]+\\.crm\\.example"}},
//     "authorizeParams": {"prompt": "consent"}, "pkce": "S256", "tokenAuth": "basic", "tokenBody": "form",
//     "token": {"accessToken": "access_token", "refreshToken": "refresh_token", "expiresIn": "expires_in",
//               "providerId": "id", "keep": {"instanceUrl": "instance_url"}},
//     "profile": {"url": "https://…/me", "choose": "response.body", "providerId": "id", "name": "name",
//                 "keep": {"cloudId": "id"}},
//     "refresh": {"early": "5m", "on": [401]}, "revoke": {"url": "https://…/revoke"},
//     "returnTo": ["https://app.example.com"] }

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/templates/template.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

class ObjectReader;

/// Something that is taken from a provider's answer, and the name under which the account keeps it.
struct KeptField {
  std::string name;
  std::vector<PathSegment> path;
};

struct OAuthClient {
  enum class TokenAuth : std::uint8_t { basic, body };  // where the client's secret stands
  enum class TokenBody : std::uint8_t { form, json };
  struct Input {
    std::string name;
    std::string otherwise;  // empty: it has to be given
    std::string pattern;    // input_pattern.h
  };
  struct Profile {
    Template url;
    /// Where the list of accounts or sites is, one of which the user chooses; nothing: there is one.
    std::optional<std::vector<PathSegment>> choose;
    std::vector<PathSegment> provider_id;  // empty: the token's
    std::vector<PathSegment> name;         // how a site is shown
    std::vector<KeptField> keep;
  };

  Template authorize_url;
  Template token_url;
  Template client_id;
  Template client_secret;
  std::vector<std::string> secrets;  // that the templates name
  std::vector<std::string> scopes;
  std::string scope_separator = " ";
  std::vector<Input> inputs;
  std::vector<std::pair<std::string, Template>> authorize_params;
  bool has_pkce = true;
  TokenAuth token_auth = TokenAuth::body;
  TokenBody token_body = TokenBody::form;
  std::vector<PathSegment> access_token;
  std::vector<PathSegment> refresh_token;
  std::vector<PathSegment> expires_in;
  std::vector<PathSegment> provider_id;  // empty: the token's answer does not say
  std::vector<KeptField> keep;
  std::optional<Profile> profile;
  Millis refresh_early{};
  std::optional<Template> revoke_url;
  /// Origins of pages to which a sign-in may return: "https://app.example.com".
  std::vector<std::string> return_origins;
  /// The host of the integration's base URL is made of kept fields, which a provider gives: it has to be one of
  /// the integration's `hosts`.
  bool is_base_host_kept = false;

  /// The fields that `account.…` may name.
  std::vector<std::string> kept_names() const;
};

/// Runs see what an account keeps among their settings, under this key: no setting is called so.
inline constexpr const char* kept_settings_key = "$account";

/// Reads the object under `auth`, whose type is oauth2. What is wrong goes to the findings.
std::shared_ptr<OAuthClient> read_oauth_client(ObjectReader& json);

/// The inputs of a sign-in: those given, else what they are otherwise. Error invalid_request, with all
/// details: one is not known, missing, no text, or does not fit its pattern.
Result<JsonObject> check_inputs(const OAuthClient& client, const JsonObject& given);

/// "https://app.example.com" of a URL, in lower case and without its usual port; empty: it is none of http(s).
std::string origin_of_page(std::string_view url);

/// What the templates of a client are rendered with. Errors: those of `secret`.
struct OAuthValues {
  JsonObject inputs;
  JsonObject secrets;
};
Result<OAuthValues> oauth_values(
    const OAuthClient& client, JsonObject inputs,
    const std::function<Result<std::string>(const std::string& name)>& secret);
/// Text as it is, anything else as JSON writes it.
std::string rendered_text(const Template& text, const OAuthValues& values);

}  // namespace millrace
