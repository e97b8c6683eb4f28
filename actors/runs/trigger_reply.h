#pragma once
// What a trigger is answered with: the run's own words, free of HTTP and of actors.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace millrace {

/// The run is durable; nobody waits for a Response step (none in the workflow, or it ended without
/// reaching one). -> 202
struct RunAccepted {
  ExecutionId execution;
  Instant submitted{};
};
/// A Response step ran, and everything before it is durable. -> its status
struct RunResponded {
  ExecutionId execution;
  int status = 200;
  Json headers;  // object of strings
  Json body;
  struct File {
    std::string name;
    std::string mime_type;
    std::shared_ptr<const std::string> bytes;  // null: the run has no such file
  };
  std::optional<File> file{};  // set: answered with its bytes in place of `body`
};
/// The run failed before a Response step. -> 500
struct RunFailed {
  ExecutionId execution;
  StepId step;  // empty when no single step is to blame
  Error error;
};
/// The hold time passed; the run goes on, and is durable. -> 542
struct RunStillGoing {
  ExecutionId execution;
  Instant submitted{};
};
using TriggerReply = std::variant<RunAccepted, RunResponded, RunFailed, RunStillGoing>;

}  // namespace millrace
