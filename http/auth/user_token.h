#pragma once
// User tokens: JSON Web Tokens signed with RS256 (RFC 7515, 7518, 7519). Our own parser, because a
// token has one permitted form here and everything else must be refused:
//
//   base64url({"alg":"RS256","kid":…}) . base64url({"sub":…,"iat":…,"exp":…}) .
//   base64url(signature)
//
// The algorithm is not negotiated: the header must say RS256, and the signature is checked as RS256
// whatever it says. So `none`, and HS256 with the public key as the secret, have nothing to hold on
// to. Pure, except for OpenSSL.

#include "http/auth/signing_key.h"
#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct VerificationKey {
  SigningKeyId kid;
  RsaKey key;
};

struct VerifiedToken {
  UserId user;
  Instant expires{};
};

/// How far the clock of a token's issuer may run ahead of ours.
inline constexpr Millis issuer_clock_leeway{60'000};

/// With a `kid` in the header, the key of that name is used; without, each key is tried. Error
/// unauthorized says which check failed.
Result<VerifiedToken> verify_user_token(std::string_view token,
                                        const std::vector<VerificationKey>& keys, Instant now);

/// What a new token is to say.
struct UserTokenClaims {
  UserId user;
  SigningKeyId kid;  // empty: the token names no key
  Millis lifetime{3'600'000};
};
/// For development and tests: what an application's backend does for its users.
std::string mint_user_token(const RsaKey& private_key, const UserTokenClaims& claims, Instant now);

}  // namespace millrace
