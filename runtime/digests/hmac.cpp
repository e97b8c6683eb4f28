#include "runtime/digests/hmac.h"

#include "runtime/base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <limits>

namespace millrace {
namespace {

const EVP_MD* digest_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::sha1:
      return ::EVP_sha1();
    case HashAlgorithm::sha256:
      return ::EVP_sha256();
    case HashAlgorithm::sha512:
      return ::EVP_sha512();
  }
  CHECK(false, "there is no such hash");
}

}  // namespace

std::string hmac(HashAlgorithm algorithm, std::string_view key, std::string_view bytes) {
  CHECK(key.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()),
        "a key is longer than it may be");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // An empty key may not be a null pointer, which would mean "as before".
  const void* const given = key.empty() ? static_cast<const void*>("") : key.data();
  const unsigned char* const made = ::HMAC(
      digest_of(algorithm), given, static_cast<int>(key.size()),
      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(), &size);
  CHECK(made != nullptr, "the hash is missing");
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         ::CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace millrace
