#pragma once
// What a create-or-replace did.

#include <cstdint>

namespace millrace {

enum class Stored : std::uint8_t { created, replaced };

}  // namespace millrace
