#pragma once
// Starts runs, whatever it is that starts them: the one place that asks whether a run may begin,
// builds its order, and hands it to the actors. What came in has been matched to a workflow and a user
// by then, and what becomes of the reply is up to the caller. Free of CAF; thread-safe.
//
// A run that was handed over exists once its reply slot says so: `when durable` is given by the commit
// thread when the first event is on disk. To start many runs, start them all and wait for their slots
// afterwards: their first commits share syncs.

#include "actors/runs/run_order.h"
#include "actors/tenants/storage_room.h"
#include "actors/tenants/tenant_view.h"
#include "runtime/base/clock.h"
#include "runtime/base/random.h"
#include "runtime/triggers/trigger_catalog.h"
#include "storage/group_commit.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace millrace {

/// The trigger of the workflow's version. Which kind that is follows from the version, so that nothing
/// of it is stored with the run.
struct FromTrigger {};
/// A test run: see ExecutionStarted.
struct FromTest {
  std::optional<StepIndex> only_step;
  JsonObject given_outputs{};
};
/// A run that does another one again, with the output that its trigger gave then.
struct FromReplay {
  /// How the user's object mapping applies: the run has the mapped object as it was, or the output is new to
  /// the workflow, by its input or its version.
  enum class Mapping : std::uint8_t { as_it_was, anew };

  ReplayStart start;
  Mapping mapping = Mapping::as_it_was;
};
/// What came in earlier, and has waited since: its output was received and mapped then.
struct FromWaiting {
  AdmittedStart admitted;
};
/// What started a run.
using RunOrigin = std::variant<FromTrigger, FromTest, FromReplay, FromWaiting>;

struct RunStart {
  std::shared_ptr<const Workflow> workflow;
  /// What came in. A workflow with another trigger is not started by it; not asked of tests and replays.
  const TriggerKind* kind = nullptr;
  UserId user;
  Json output;  // the trigger's, files as handles
  RunOrigin origin = FromTrigger{};
  RunFiles files{};                    // that the output names
  std::string credential{};            // the account that somebody chose; empty: the user's first
  std::optional<TraceParent> trace{};  // which trace the run continues
  ReplyAt reply_at = ReplyAt::durable;
};

class Starter {
 public:
  using HandOver = std::function<void(std::shared_ptr<const RunOrder>)>;

  /// `hand_over` returns at once. `room` null: projects may store what they like.
  Starter(const Tenants& tenants, const storage::GroupCommit& commits, const Clock& clock,
          Random& random, HandOver hand_over, StorageRoom* room = nullptr);

  /// Checks all and starts nothing: for callers who have to be ready for the reply before it can come.
  /// Errors: invalid_request (the workflow has another trigger, or it does not accept the output), overloaded,
  /// stored_bytes_exceeded (not of tests, nor of what has waited), and the unmet condition of a live run (see
  /// TenantView::grant).
  /// The order is the caller's until it is handed over: until then the reply may be wanted earlier.
  Result<std::shared_ptr<RunOrder>> prepare(RunStart start) const;
  /// The same for a tenant as it is going to be: what changes it starts the run in the same commit.
  Result<std::shared_ptr<RunOrder>> prepare(RunStart start, SharedTenant tenant) const;
  void hand_over(std::shared_ptr<const RunOrder> order) const;

  /// Both. The reply comes to the order's slot.
  Result<std::shared_ptr<const RunOrder>> start(RunStart start) const;

 private:
  const Tenants& tenants_;
  const storage::GroupCommit& commits_;
  const Clock& clock_;
  Random& random_;
  const HandOver hand_over_;
  StorageRoom* const room_;
};

}  // namespace millrace
