#pragma once
// What references and the task history see of a step that failed for good: {"error": {code, message}}.

#include <string>

#include "runtime/base/error.h"
#include "runtime/base/json.h"

namespace millrace {

inline SharedJson error_output(ErrorCode code, const std::string& message) {
  JsonObject error;
  error.emplace("code", wire_name(code));
  error.emplace("message", message);
  return share(JsonObject{{"error", std::move(error)}});
}

}  // namespace millrace
