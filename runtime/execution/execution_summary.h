#pragma once
// One line of the task history: what is known of an execution without reading its journal. It is a
// view, written in the same commit as the events it mirrors and rebuildable from the journal.

#include "runtime/admission/priority.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Stored numbers: never reused.
enum class ExecutionStatus : std::uint8_t {
  executing = 1,  // from the first event; also while a retry waits or the run is queued
  delayed = 2,    // a delay step sleeps; goes back to executing when it wakes
  succeeded = 3,  // final
  failed = 4,     // final
  cancelled = 5,  // final
};

inline bool is_final(ExecutionStatus status) { return status >= ExecutionStatus::succeeded; }
/// EXECUTING, DELAYED, SUCCEEDED, FAILED, CANCELLED.
std::string_view wire_name(ExecutionStatus status);
std::optional<ExecutionStatus> parse_execution_status(std::string_view wire);

struct ExecutionSummary {
  ExecutionId id;
  ProjectId project;
  UserId user;
  WorkflowId workflow;
  WorkflowVersion version = 0;  // that it is on now
  std::string integration;      // empty: the workflow belongs to none
  ExecutionStatus status = ExecutionStatus::executing;
  std::uint32_t tasks = 0;
  Instant started{};
  std::optional<Instant> ended;
  std::optional<ExecutionId> replay_of;   // the run that this one does again
  std::optional<Instant> migrated;        // when it came to this version; nothing: it began on it
  Priority priority = priority_standard;  // of the version that it started with
};

}  // namespace millrace
