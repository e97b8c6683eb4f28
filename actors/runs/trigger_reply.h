#pragma once
// What a trigger is answered with: the run's own words, free of HTTP and of actors.

#include "runtime/admission/admission_stage.h"
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
/// There is no run yet, because of the workflow's `admission`: what came in is durable, and waits or, of a singleton
/// that skips, starts nothing. -> 202
struct HeldBack {
  AdmissionStage by{};
  bool is_left_out = false;
  Instant received{};
  std::optional<Instant> until{};       // when it goes on, if nothing comes between
  std::optional<ExecutionId> behind{};  // whose end it waits for, or that goes on in its place
};
using TriggerReply = std::variant<RunAccepted, RunResponded, RunFailed, RunStillGoing, HeldBack>;

}  // namespace millrace
