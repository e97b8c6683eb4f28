#pragma once
// Base64 with padding (RFC 4648, 4), as basic authentication writes it.

#include <string>
#include <string_view>

namespace millrace {

std::string base64_encode(std::string_view bytes);

}  // namespace millrace
