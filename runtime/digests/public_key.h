#pragma once
// The public half of somebody else's key, as a JWK says it (RFC 7517, 7518): RSA for RS256, the curve P-256 for
// ES256. A key verifies one algorithm and no other, whatever a token says.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace millrace {

class PublicKey {
 public:
  /// Error invalid_request: of another kind, too small, or damaged.
  static Result<std::shared_ptr<const PublicKey>> from_jwk(const JsonObject& jwk);

  /// "RS256" or "ES256".
  const std::string& algorithm() const { return algorithm_; }
  /// `signature` as tokens have it: of ES256 both numbers of 32 bytes. Thread-safe.
  bool verifies(std::string_view text, std::string_view signature) const;

 private:
  struct Key;  // OpenSSL's

  PublicKey(std::string algorithm, std::shared_ptr<const Key> key)
      : algorithm_(std::move(algorithm)), key_(std::move(key)) {}

  const std::string algorithm_;
  const std::shared_ptr<const Key> key_;
};
using SharedPublicKey = std::shared_ptr<const PublicKey>;

}  // namespace millrace
