#include "runtime/digests/sha256.h"

#include "runtime/base/check.h"

#include <openssl/evp.h>

namespace millrace {

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  unsigned size = 0;
  const int done =
      ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  CHECK(done == 1 && size == digest.size(), "SHA-256 is missing");
  return digest;
}

}  // namespace millrace
