#pragma once
// SHA-256, in one place. For what must not be kept or compared as it is: API keys, the admin key, the
// credentials behind a cached token. (Contents of files are addressed by storage/crypto/content_hash.h,
// which is another hash and stored as such.)

#include <array>
#include <cstdint>
#include <string_view>

namespace millrace {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);

}  // namespace millrace
