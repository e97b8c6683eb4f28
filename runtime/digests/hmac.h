#pragma once
// Keyed digests (RFC 2104), and the comparison that goes with them: whoever compares a proof by
// another means tells by his time how much of a guess was right.

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

enum class HashAlgorithm : std::uint8_t { sha1, sha256, sha512 };

/// As bytes, not as hex.
std::string hmac(HashAlgorithm algorithm, std::string_view key, std::string_view bytes);

/// Takes as long for a near miss as for a far one. Of texts of different lengths only that is told.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace millrace
