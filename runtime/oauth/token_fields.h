#pragma once
// The secret fields of an account that signed in by OAuth 2.0, as they are sealed with it:
//
//   accessToken, refreshToken   as the provider gave them; the second only if it gave one
//   expiresAt                   when the access token ends (time_text.h); absent: nobody knows
//   refreshAt                   from when on a request asks for a new one before it leaves
//   inputs                      what the user typed before the sign-in: the token URL may be made of it
//
// Whoever connects by hand may give the first three.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"

#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

enum class TokenState : std::uint8_t {
  good,   // or nobody knows
  due,    // good for now, but to be refreshed
  ended,  // the provider will not take it any more
};

/// How long before its end a token is refreshed if its integration does not say.
inline constexpr Millis refresh_early_default{300'000};

TokenState token_state(const JsonObject& fields, Instant now);
/// Empty: there is none.
std::string refresh_token_of(const JsonObject& fields);

/// What a token server gave.
struct TokenGiven {
  std::string access_token;
  std::string refresh_token;         // empty: none, and an older one stays
  std::optional<Millis> lifetime{};  // nothing: it did not say
};
/// The fields from then on: what was given over what there was.
JsonObject token_fields(JsonObject before, const TokenGiven& given, Instant now, Millis early);

}  // namespace millrace
