#pragma once
// JSON web tokens (RFC 7519) under a shared secret, HS256 alone: what another algorithm says is refused,
// `none` included.

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

#include <string>
#include <string_view>

namespace millrace {

struct TokenExpectation {
  std::string issuer;    // empty: any
  std::string audience;  // empty: any; the claim may be a list
  Millis leeway{};       // for `exp`, `nbf` and `iat`
};

/// Error unauthorized: what is wrong with it.
Outcome check_token(std::string_view token, std::string_view secret,
                    const TokenExpectation& expected, Instant now);

}  // namespace millrace
