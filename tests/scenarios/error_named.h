#pragma once
// An error code by its name on the wire.

#include "runtime/base/result.h"

#include <string>

namespace millrace {

inline Result<ErrorCode> error_named(const std::string& name) {
  for (std::uint16_t number = 1; number < 1000; ++number) {
    const ErrorCode code = error_code_from_number(number);
    if (wire_name(code) == name) return code;
  }
  return Error(ErrorCode::invalid_request, "there is no error " + name);
}

}  // namespace millrace
