#pragma once
// Why a call has no result: the code and sentence that the user sees, and the lines of their own
// code that led there.

#include "runtime/base/error.h"

#include <string>
#include <vector>

namespace millrace::worker {

struct Failure {
  ErrorCode code = ErrorCode::internal_error;
  std::string message;
  std::vector<std::string> stack;  // e.g. "at normalise (line 3, column 9)"
};

}  // namespace millrace::worker
