#pragma once
// The messages of a sign-in by OAuth 2.0: what a browser is sent to, what is posted to a token server, and
// what its answer means. Pure; sending is the caller's.
//
// Each request names what in it is a secret (`HttpRequest::secrets`): the project's secrets that its templates use, the
// code, the tokens. Whoever reads an answer gives that back, and nothing that is read holds one of them, however a
// provider repeats what it was sent.

#include "runtime/oauth/oauth_client.h"
#include "runtime/oauth/token_fields.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/secrets/redaction.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

/// A token server has so long, its redirects are not followed, and its answer has at most so many bytes.
inline constexpr Millis token_server_time_max{30'000};
inline constexpr std::size_t token_answer_bytes_max = 1u << 20;

struct AuthorizeRequest {
  std::string redirect_uri;
  std::string state;
  std::string challenge;  // S256; unused without PKCE
};
/// Where the browser goes. Error invalid_url: the authorize URL is none.
Result<std::string> authorize_url(const OAuthClient& client, const OAuthValues& values,
                                  const AuthorizeRequest& request);

/// The parameters of a grant, but for those of the client.
using GrantParameters = std::vector<std::pair<std::string, std::string>>;
GrantParameters code_grant(const std::string& code, const std::string& redirect_uri,
                           const std::string& verifier);
GrantParameters refresh_grant(const std::string& refresh_token);
/// To the token URL. Whose turn it is (project, user) is the caller's to say.
HttpRequest token_request(const OAuthClient& client, const OAuthValues& values,
                          const GrantParameters& grant);
/// A GET with the access token, of the profile's URL.
HttpRequest profile_request(const OAuthClient::Profile& profile, const OAuthValues& values,
                            const std::string& access_token);
/// To the revocation URL (RFC 7009), which there is.
HttpRequest revoke_request(const OAuthClient& client, const OAuthValues& values,
                           const std::string& token);

struct TokenAnswer {
  TokenGiven given;
  std::vector<std::string> scopes;  // as it says; empty: it does not
  std::string provider_id;
  JsonObject kept;
};
/// The provider does not take the code or the refresh token any more, and never will.
struct GrantRefused {
  std::string why;  // "invalid_grant (the token has been revoked)"
};
/// What a token server's answer of any status means: GrantRefused if its body says so (`invalid_grant` and what
/// some providers call it), also with status 200. Errors: authorization_failed with the server's reason where
/// it is short and printable (it refuses the client, say); bad_response when it is busy or broken (429, 5xx,
/// no JSON or form text, no token in it that could be sent), which may get better. `sent`: the request's secrets.
Result<std::variant<TokenAnswer, GrantRefused>> read_token_answer(const OAuthClient& client,
                                                                  const HttpResponse& response,
                                                                  const Redaction& sent);
/// Why a token server or a profile was not heard. An answer that is too large is nonsense (bad_response), and a
/// server that takes too long is no step that does (request_failed): both may get better.
Error token_server_failure(const Error& why, const Redaction& sent);

/// One account or site of a profile.
struct ProfileChoice {
  std::string provider_id;
  std::string name;  // shown; may be empty
  JsonObject kept;
};
/// At least one. Errors: bad_response (no JSON, or a status of 429 or 5xx), authorization_failed (another
/// status, nothing to choose from).
Result<std::vector<ProfileChoice>> read_profile(const OAuthClient::Profile& profile,
                                                const HttpResponse& response,
                                                const Redaction& sent);
inline constexpr std::size_t profile_choices_max = 200;

}  // namespace millrace
