#include "runtime/webhooks/json_web_token.h"

#include "runtime/base/json.h"
#include "runtime/base/limits.h"
#include "runtime/digests/hmac.h"
#include "runtime/text/base64_text.h"

#include <algorithm>
#include <optional>

namespace millrace {
namespace {

Error refused(std::string why) { return {ErrorCode::unauthorized, "the token " + std::move(why)}; }

std::optional<JsonObject> object_of(std::string_view part) {
  const auto text = decode_base64url(part);
  if (!text) return std::nullopt;
  auto value = parse_json(*text);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

/// Empty: there is none, or no text.
std::string text_in(const JsonObject& object, std::string_view name) {
  const Json* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool names(const JsonObject& claims, std::string_view claim, const std::string& wanted) {
  if (wanted.empty()) return true;
  const Json* const given = claims.if_contains(claim);
  if (given == nullptr) return false;
  const Json value(wanted);
  if (const auto* const list = given->if_array()) {
    return std::find(list->begin(), list->end(), value) != list->end();
  }
  return *given == value;
}

/// A time of the token in milliseconds; nothing: there is none. What is no time is refused by `is_time`.
std::optional<double> time_of(const JsonObject& claims, std::string_view claim) {
  const Json* const given = claims.if_contains(claim);
  if (given == nullptr || !given->is_number()) return std::nullopt;
  return given->to_number<double>() * 1'000;
}

bool is_time(const JsonObject& claims, std::string_view claim) {
  const Json* const given = claims.if_contains(claim);
  return given == nullptr || given->is_number();
}

Outcome check_times(const JsonObject& claims, const TokenExpectation& expected, Instant now) {
  const auto at = static_cast<double>(now.time_since_epoch().count());
  const auto slack = static_cast<double>(expected.leeway.count());
  const auto age_max = static_cast<double>(expected.age_max.count());
  for (const char* const claim : {"exp", "nbf", "iat"}) {
    if (!is_time(claims, claim)) return refused(std::string("has no time as `") + claim + '`');
  }
  const auto expires = time_of(claims, "exp");
  if (expires && at > *expires + slack) return refused("has expired");
  for (const char* const claim : {"nbf", "iat"}) {
    const auto begins = time_of(claims, claim);
    if (begins && at < *begins - slack) return refused("is not valid yet");
  }
  // One that lives for ever could be sent again for ever.
  const auto issued = time_of(claims, "iat");
  if (!expires && (!issued || at > *issued + age_max))
    return refused("has no `exp` and is too old");
  return Done{};
}

}  // namespace

Outcome check_token(std::string_view token, const CheckSignature& check_signature,
                    const TokenExpectation& expected, Instant now) {
  if (token.size() > limits::user_token_bytes_max) return refused("is too long");
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return refused("has not three parts");
  const auto header = object_of(token.substr(0, first));
  if (!header) return refused("has no header");
  const auto signature = decode_base64url(token.substr(last + 1));
  if (!signature) return refused("has another signature");
  if (auto checked = check_signature(*header, token.substr(0, last), *signature); !checked) {
    return checked;
  }
  const auto claims = object_of(token.substr(first + 1, last - first - 1));
  if (!claims) return refused("has no claims");
  if (!names(*claims, "iss", expected.issuer)) return refused("is of another issuer");
  if (!names(*claims, "aud", expected.audience)) return refused("is for another audience");
  return check_times(*claims, expected, now);
}

Outcome check_token(std::string_view token, std::string_view secret,
                    const TokenExpectation& expected, Instant now) {
  const CheckSignature check = [&](const JsonObject& header, std::string_view text,
                                   std::string_view signature) -> Outcome {
    if (text_in(header, "alg") != "HS256") return refused("is not signed with HS256");
    if (equal_in_constant_time(signature, hmac(HashAlgorithm::sha256, secret, text))) return Done{};
    return refused("has another signature");
  };
  return check_token(token, check, expected, now);
}

Outcome check_token(std::string_view token, const std::vector<std::string>& algorithms,
                    const FindPublicKey& find, const TokenExpectation& expected, Instant now) {
  const CheckSignature check = [&](const JsonObject& header, std::string_view text,
                                   std::string_view signature) -> Outcome {
    const std::string algorithm = text_in(header, "alg");
    // What the definition does not name is refused before anything else is asked, `none` and HS256 too.
    if (std::find(algorithms.begin(), algorithms.end(), algorithm) == algorithms.end()) {
      return refused("is signed with an algorithm that is not expected");
    }
    const auto key = find(text_in(header, "kid"), algorithm);
    if (!key) return key.error();
    if ((*key)->algorithm() == algorithm && (*key)->verifies(text, signature)) return Done{};
    return refused("has another signature");
  };
  return check_token(token, check, expected, now);
}

}  // namespace millrace
