#pragma once
// The name of bytes by their content: BLAKE2b-256 (RFC 7693).

#include <array>
#include <cstdint>
#include <string_view>

namespace millrace::storage {

std::array<std::uint8_t, 32> content_hash(std::string_view bytes);

}  // namespace millrace::storage
