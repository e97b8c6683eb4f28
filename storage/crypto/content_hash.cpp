#include "storage/crypto/content_hash.h"

#include <sodium.h>

namespace millrace::storage {

std::array<std::uint8_t, 32> content_hash(std::string_view bytes) {
  std::array<std::uint8_t, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  return hash;
}

}  // namespace millrace::storage
