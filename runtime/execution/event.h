#pragma once
// The journal's events: everything that ever happens to a branch of an execution, in the past tense.
// The list is closed and numbered. Numbers are stored: never reused, fields are only added.
//
// The root branch begins with ExecutionStarted and ends with ExecutionEnded. A fan-out child's journal
// holds only step events: that it was started follows from its parent's FanOutOpened, that it ended
// from its own last step.

#include "runtime/admission/admission_stage.h"
#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/execution/step_counts.h"
#include "runtime/functions/function_engine.h"
#include "runtime/text/trace_parent.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

struct Workflow;

enum class EventKind : std::uint8_t {
  execution_started = 1,
  step_completed = 2,
  step_failed = 3,
  delay_armed = 4,
  delay_elapsed = 5,
  fan_out_opened = 6,
  fan_out_joined = 7,
  cancel_requested = 8,
  execution_ended = 9,
  page_fetched = 10,
  request_paused = 11,
  execution_migrated = 12,
};

/// What references see of a step that another run has taken, or that somebody has given in its place.
struct KeptOutput {
  StepIndex step = 0;
  SharedJson output;
  bool is_given = false;  // by whoever replayed; otherwise it is the other run's
};

/// Of a run that does another one again.
struct ReplayStart {
  ExecutionId of;
  /// It begins at this step, and `kept` stands for what ran before; nothing: at the first step. Never inside
  /// a fan-out.
  std::optional<StepIndex> from_step;
  /// By step; of a fan-out the reduced outputs of its inner steps, too.
  std::vector<KeptOutput> kept;
};

/// Of the steps inside a fan-out, when it ends; null: it was not open, or nobody counted.
using SharedStepCounts = std::shared_ptr<const StepCounts>;

/// Everything a run may see that is not the output of one of its steps. Frozen at the start, so that
/// a replay renders what the first pass rendered.
struct ExecutionStarted {
  static constexpr auto kind = EventKind::execution_started;
  ProjectId project;
  UserId user;
  WorkflowId workflow;
  WorkflowVersion version = 0;
  SharedJson trigger;    // the trigger's output, e.g. {"request": {...}}
  SharedJson settings;   // object
  SharedJson user_meta;  // object
  /// A test run: no retries, no waiting, few pages.
  bool is_test = false;
  /// Only this step is run, and `given_outputs` stands for what ran before it: {"<stepId>": output}.
  std::optional<StepIndex> only_step;
  SharedJson given_outputs;
  std::string credential;  // the account that was chosen for the run; empty: none, or the only one
  std::optional<TraceParent> trace;  // of the trigger's request; the run's own requests continue it
  std::optional<ReplayStart> replay;
  std::optional<AdmittedStart> admission;
};

/// The step has its output; the branch goes on behind it.
struct StepCompleted {
  static constexpr auto kind = EventKind::step_completed;
  StepIndex step = 0;
  std::uint32_t attempt = 1;
  Instant started{};
  SharedJson output;  // what references see: {"result": ...}, {"selectedChoice": ...}, ...
  std::uint64_t input_bytes = 0;
  std::uint32_t tasks = 0;  // what it counts for in the task history
  std::vector<ConsoleLine> console;
};

/// An attempt failed. With `retry_at` another attempt follows then; without, the step has failed for
/// good: the branch goes on if the step says so (continueOnError), otherwise it has failed.
struct StepFailed {
  static constexpr auto kind = EventKind::step_failed;
  StepIndex step = 0;
  std::uint32_t attempt = 1;
  Instant started{};
  ErrorCode code = ErrorCode::internal_error;
  std::string message;
  std::optional<Instant> retry_at;
  std::uint64_t input_bytes = 0;
  std::vector<ConsoleLine> console;
  SharedJson
      response;  // of a request that was answered, {"statusCode", ...}; otherwise null pointer
  std::uint32_t tasks = 0;    // of a fan-out: what its elements count for, by whoever ran them
  SharedStepCounts inside{};  // of an open fan-out
};

/// A page of a paginated request, but for the last: that completes the step.
struct PageFetched {
  static constexpr auto kind = EventKind::page_fetched;
  StepIndex step = 0;
  std::uint32_t attempt = 1;
  Instant started{};
  SharedJson results;  // array
  SharedJson next_token;
  std::uint64_t bytes = 0;  // of the response's body
  std::uint32_t tasks = 1;
  std::uint64_t items = 0;  // that the page had, when `uniqueBy` left some out; else 0 will do
};

/// The account may not be asked before `until`: its provider has said so, or as many requests as its integration
/// allows have left. The attempt goes on then; none is used up.
struct RequestPaused {
  static constexpr auto kind = EventKind::request_paused;
  StepIndex step = 0;
  std::uint32_t attempt = 1;
  Instant started{};
  Instant until{};
  std::uint16_t status = 0;  // of the answer that said so; 0: it was not sent
};

/// A delay step sleeps until `due`; a timer row stands for it.
struct DelayArmed {
  static constexpr auto kind = EventKind::delay_armed;
  StepIndex step = 0;
  Instant due{};
};

struct DelayElapsed {
  static constexpr auto kind = EventKind::delay_elapsed;
  StepIndex step = 0;
};

/// The fan-out has `count` elements; from now on its children may have journals. The elements
/// themselves are rendered again from the state, never stored twice.
struct FanOutOpened {
  static constexpr auto kind = EventKind::fan_out_opened;
  StepIndex step = 0;
  std::uint32_t count = 0;
  /// Steps inside that fail for good have a row each (storage/tables/step_rows.h).
  bool lists_failures = false;
};

/// All children have ended. `outputs` are the reduced arrays, in input order, of the inner steps that
/// are read outside.
struct FanOutJoined {
  static constexpr auto kind = EventKind::fan_out_joined;
  StepIndex step = 0;
  Instant started{};
  std::vector<std::pair<StepIndex, SharedJson>> outputs;
  SharedJson output;  // of the fan-out itself: {"errors": [...]}
  std::uint32_t tasks = 0;
  SharedStepCounts inside{};
};

/// The run is to stop. Why, and by whom: `cancelled` when somebody asked for it, otherwise the rule that it
/// may not go on by.
struct CancelRequested {
  static constexpr auto kind = EventKind::cancel_requested;
  ErrorCode code = ErrorCode::cancelled;
  std::string reason{};  // "cancelled by API key"; empty in journals of before it was kept
};

/// From here on the run is on another version of its workflow. It stands where it stood, at the counterpart of its
/// step: what sleeps sleeps on, what waits for a retry waits on. The steps inside a fan-out that is open are the same
/// in both versions, so journals of elements, which hold nothing of this, go on being read by either.
struct ExecutionMigrated {
  static constexpr auto kind = EventKind::execution_migrated;
  WorkflowVersion from = 0;
  WorkflowVersion to = 0;
  StepIndex step = 0;  // of `to`: where the run stands now
  /// Steps of `from` and their counterparts in `to`: what ran of them is theirs. In the order of the former.
  std::vector<std::pair<StepIndex, StepIndex>> counterparts;
  std::string by{};  // who asked for it; empty: not known
  /// `to` itself, which is not stored: whoever reads a journal puts it in (versions_of_run.h).
  std::shared_ptr<const Workflow> workflow{};
};

struct ExecutionEnded {
  static constexpr auto kind = EventKind::execution_ended;
  ExecutionStatus status = ExecutionStatus::succeeded;  // a final one
  // Set when the status is failed:
  std::optional<StepIndex> step;
  ErrorCode code = ErrorCode::internal_error;
  std::string message;
  std::uint32_t tasks = 0;    // what the elements of a fan-out count for that it cuts off
  SharedStepCounts inside{};  // of such a fan-out
};

using EventBody = std::variant<ExecutionStarted, StepCompleted, StepFailed, DelayArmed,
                               DelayElapsed, FanOutOpened, FanOutJoined, CancelRequested,
                               ExecutionEnded, PageFetched, RequestPaused, ExecutionMigrated>;

struct Event {
  Instant at{};
  EventBody body;
};

inline EventKind kind_of(const Event& event) {
  return std::visit([](const auto& body) { return body.kind; }, event.body);
}

/// What it adds to the tasks of its branch.
std::uint32_t tasks_of(const EventBody& event);
/// Likewise, of what the branch has done itself. What a fan-out's elements have done was settled by their own
/// events, which are on the disk before the one that ends the fan-out and says it once more.
std::uint32_t settled_tasks(const EventBody& event);

/// The event's name in journals as people read them: "StepCompleted".
std::string_view event_name(EventKind kind);

}  // namespace millrace
