#pragma once
// The RSA keys of user tokens: a project's public keys verify, a developer's private key signs. The
// only place that hands PEM text to OpenSSL.

#include "runtime/base/result.h"

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace millrace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
using RsaKey = std::shared_ptr<EVP_PKEY>;

/// `-----BEGIN PUBLIC KEY-----` (SubjectPublicKeyInfo), RSA, 2048 to 8192 bits. Errors
/// invalid_request name what was given instead and how to convert it.
Result<RsaKey> parse_public_key(const std::string& pem);
/// `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`, without a pass phrase.
Result<RsaKey> parse_private_key(const std::string& pem);

struct RsaKeyPair {
  std::string private_pem;
  std::string public_pem;
};
/// A new pair of 2048 bits.
RsaKeyPair generate_key_pair();

/// RSASSA-PKCS1-v1_5 with SHA-256: "RS256".
bool verify_rs256(const RsaKey& key, std::string_view signed_text, std::string_view signature);
std::string sign_rs256(const RsaKey& key, std::string_view text);

}  // namespace millrace
