#pragma once
// What references and the task history see of a step that failed for good: {"error": {code, message}},
// and `response` beside it when a request was answered.

#include "runtime/base/error.h"
#include "runtime/base/json.h"

#include <string>

namespace millrace {

inline SharedJson error_output(ErrorCode code, const std::string& message,
                               const SharedJson& response = nullptr) {
  JsonObject error;
  error.emplace("code", wire_name(code));
  error.emplace("message", message);
  JsonObject output;
  output.emplace("error", std::move(error));
  if (response) output.emplace("response", *response);
  return share(std::move(output));
}

}  // namespace millrace
