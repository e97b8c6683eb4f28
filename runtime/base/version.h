#pragma once
// The version of this program, as `CMakeLists.txt` of the source tree states it.

#include <string_view>

namespace millrace {

extern const std::string_view program_version;  // "0.1.0"

}  // namespace millrace
