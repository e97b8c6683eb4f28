#include "http/auth/user_token.h"

#include "http/auth/base64url.h"
#include "runtime/base/json.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace millrace {
namespace {

constexpr std::size_t claims_depth_max = 16;

Error refused(const std::string& reason) {
  return {ErrorCode::unauthorized, "the user token is not accepted: " + reason};
}

struct TokenParts {
  std::string_view signed_text;  // header "." payload
  JsonObject header;
  JsonObject claims;
  std::string signature;
};

Result<JsonObject> parse_part(std::string_view text, const std::string& name) {
  const auto bytes = base64url_decode(text);
  if (!bytes) return refused("its " + name + " is not base64url without padding");
  auto value = parse_json(*bytes, claims_depth_max);
  if (!value || !value->is_object()) return refused("its " + name + " is not a JSON object");
  return std::move(value->get_object());
}

Result<TokenParts> split(std::string_view token) {
  if (token.size() > limits::user_token_bytes_max) {
    return refused("it is longer than " + std::to_string(limits::user_token_bytes_max) + " bytes");
  }
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return refused("it is not a JSON Web Token (three parts separated by dots)");
  }
  TokenParts parts;
  parts.signed_text = token.substr(0, second);
  auto header = parse_part(token.substr(0, first), "header");
  if (!header) return header.error();
  parts.header = std::move(*header);
  auto claims = parse_part(token.substr(first + 1, second - first - 1), "payload");
  if (!claims) return claims.error();
  parts.claims = std::move(*claims);
  auto signature = base64url_decode(token.substr(second + 1));
  if (!signature) return refused("its signature is not base64url without padding");
  parts.signature = std::move(*signature);
  return parts;
}

/// A NumericDate: seconds since 1970, perhaps with a fraction. Absurd values are absent values.
std::optional<Instant> date_claim(const JsonObject& claims, std::string_view name) {
  const auto* claim = claims.if_contains(name);
  if (claim == nullptr || !claim->is_number()) return std::nullopt;
  const double seconds = claim->to_number<double>();
  constexpr double year_9999 = 253'402'300'799.0;
  if (!(seconds >= 0 && seconds <= year_9999)) return std::nullopt;
  return Instant(Millis(static_cast<std::int64_t>(std::floor(seconds * 1'000))));
}

Outcome check_signature(const TokenParts& parts, const std::vector<VerificationKey>& keys) {
  const auto* algorithm = parts.header.if_contains("alg");
  if (algorithm == nullptr || !algorithm->is_string() || algorithm->get_string() != "RS256") {
    return refused("its algorithm must be RS256");
  }
  if (parts.header.contains("crit")) {
    return refused("its header has critical extensions, and none is known here");
  }
  const auto* kid = parts.header.if_contains("kid");
  if (kid != nullptr && !kid->is_string()) return refused("its kid is not a string");
  bool tried = false;
  for (const auto& candidate : keys) {
    if (kid != nullptr && std::string_view(kid->get_string()) != candidate.kid.text) continue;
    tried = true;
    if (verify_rs256(candidate.key, parts.signed_text, parts.signature)) return Done{};
  }
  if (keys.empty()) return refused("the project has no signing key yet");
  if (!tried) return refused("its kid names no signing key of the project");
  return refused("its signature does not match");
}

Result<VerifiedToken> check_claims(const JsonObject& claims, Instant now) {
  const auto* subject = claims.if_contains("sub");
  if (subject == nullptr || !subject->is_string() || subject->get_string().empty()) {
    return refused("the claim sub (the user's id) must be a non-empty string");
  }
  const std::string_view user = subject->get_string();
  const bool has_control = std::any_of(user.begin(), user.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (user.size() > limits::id_bytes_max || has_control) {
    return refused("the claim sub must have at most " + std::to_string(limits::id_bytes_max) +
                   " bytes and no control characters");
  }
  const auto expires = date_claim(claims, "exp");
  if (!expires) return refused("the claim exp (seconds since 1970) is needed");
  if (*expires <= now) return refused("it expired at " + to_text(*expires));
  for (const std::string_view name : {"iat", "nbf"}) {
    if (!claims.contains(name)) continue;
    const auto date = date_claim(claims, name);
    if (!date || *date > now + issuer_clock_leeway) {
      return refused("its claim " + std::string(name) + " lies in the future or is not a date");
    }
  }
  return VerifiedToken{UserId(std::string(user)), *expires};
}

}  // namespace

Result<VerifiedToken> verify_user_token(std::string_view token,
                                        const std::vector<VerificationKey>& keys, Instant now) {
  auto parts = split(token);
  if (!parts) return parts.error();
  // The signature first: nothing is said about the claims of a token that nobody signed.
  auto signature = check_signature(*parts, keys);
  if (!signature) return signature.error();
  return check_claims(parts->claims, now);
}

std::string mint_user_token(const RsaKey& private_key, const UserTokenClaims& claims, Instant now) {
  JsonObject header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!claims.kid.empty()) header["kid"] = claims.kid.text;
  const auto seconds = [](Instant instant) {
    return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
  };
  const JsonObject payload{
      {"sub", claims.user.text}, {"iat", seconds(now)}, {"exp", seconds(now + claims.lifetime)}};
  const std::string text =
      base64url_encode(to_text(header)) + "." + base64url_encode(to_text(payload));
  return text + "." + base64url_encode(sign_rs256(private_key, text));
}

}  // namespace millrace
