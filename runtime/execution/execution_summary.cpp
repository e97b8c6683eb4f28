#include "runtime/execution/execution_summary.h"

namespace millrace {

std::string_view wire_name(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::executing:
      return "EXECUTING";
    case ExecutionStatus::delayed:
      return "DELAYED";
    case ExecutionStatus::succeeded:
      return "SUCCEEDED";
    case ExecutionStatus::failed:
      return "FAILED";
    case ExecutionStatus::cancelled:
      return "CANCELLED";
  }
  return "UNKNOWN";
}

std::optional<ExecutionStatus> parse_execution_status(std::string_view wire) {
  for (const auto status :
       {ExecutionStatus::executing, ExecutionStatus::delayed, ExecutionStatus::succeeded,
        ExecutionStatus::failed, ExecutionStatus::cancelled}) {
    if (wire_name(status) == wire) return status;
  }
  return std::nullopt;
}

}  // namespace millrace
