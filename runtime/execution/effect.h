#pragma once
// What a branch wants next. The list is closed; a branch wants exactly one thing at a time, because
// its steps run one after the other (parallelism is in fan-out children, which are branches of their
// own). The machine only says it; actors carry effects out, the scenario runner plays them, replay
// drops them.

#include "runtime/execution/event.h"
#include "runtime/integrations/authorize_request.h"
#include "runtime/requests/outgoing_request.h"
#include "runtime/secrets/redaction.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

/// The machine itself decided (a conditional, a response, a failed template): stamp the event with
/// the time, append it to the journal, apply it, ask again.
struct RecordEvent {
  EventBody event;
};

/// One attempt at a step whose work is done outside of the machine.
struct Attempt {
  StepIndex step = 0;
  std::uint32_t number = 1;
  std::uint64_t input_bytes = 0;
  Redaction redaction;  // of the secrets that were rendered into it
  /// Accounts whose secret parts a peer may come back with. Whoever carries the attempt out adds what
  /// they are to `redaction`.
  std::vector<CredentialName> accounts{};
};

/// Run the function and answer with StepCompleted or StepFailed for (step, attempt).
struct RunFunction {
  Attempt attempt;
  std::shared_ptr<const FunctionSource> source;
  std::string parameters;  // JSON text, which may hold file handles
  UserId user{};
};

/// Send the request once everything recorded is durable, and answer with what
/// `BranchMachine::request_answered` or `attempt_failed` make of the outcome.
struct SendRequest {
  Attempt attempt;
  OutgoingRequest request;
  std::optional<CredentialUse> credential;  // to be put in when it leaves
};

/// Nothing to do before `due`. `delay`: then record DelayElapsed; `retry`: then ask again.
struct WaitUntil {
  enum class Why : std::uint8_t { delay, retry };
  StepIndex step = 0;
  Why why = Why::delay;
  Instant due{};
};

/// Run `count` children of the fan-out, reduce their results, record FanOutJoined or StepFailed.
struct RunFanOut {
  StepIndex step = 0;
  std::uint32_t count = 0;
};

/// The branch has ended; `BranchMachine::status()` says how.
struct BranchEnded {};

using Effect =
    std::variant<RecordEvent, RunFunction, SendRequest, WaitUntil, RunFanOut, BranchEnded>;

}  // namespace millrace
