#pragma once
// JSON web tokens (RFC 7519): under a shared secret, HS256 alone, or under public keys, RS256 and ES256. Which of
// the two is for whoever checks to say: what another algorithm says is refused, `none` included.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/digests/public_key.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct TokenExpectation {
  std::string issuer;    // empty: any
  std::string audience;  // empty: any; the claim may be a list
  Millis leeway{};       // how far the clocks may be apart: for `exp`, `nbf` and an `iat` ahead
  Millis age_max{};      // of a token without `exp`, by its `iat`
};

/// Whether that is the signature of the text.
using CheckSignature = std::function<Outcome(const JsonObject& header, std::string_view text,
                                             std::string_view signature)>;
/// The key of that id, which is empty where the token names none. Errors: unauthorized (there is none),
/// overloaded (nobody knows at this moment).
using FindPublicKey =
    std::function<Result<SharedPublicKey>(const std::string& id, const std::string& algorithm)>;

/// Error unauthorized: what is wrong with it; those of `check_signature`.
Outcome check_token(std::string_view token, const CheckSignature& check_signature,
                    const TokenExpectation& expected, Instant now);
/// The same; signed with one of the algorithms by a key that is found.
Outcome check_token(std::string_view token, const std::vector<std::string>& algorithms,
                    const FindPublicKey& find, const TokenExpectation& expected, Instant now);

/// Error unauthorized: what is wrong with it.
Outcome check_token(std::string_view token, std::string_view secret,
                    const TokenExpectation& expected, Instant now);

}  // namespace millrace
