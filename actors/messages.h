#pragma once
// Every message between actors. Messages are plain immutable values; big things travel as shared
// pointers to immutable data. The type ids are append-only: a mixed cluster must agree on them.
//
//   message            from                to (and on to)                     means
//   StartRun           gateway             node > project > user              begin a new execution
//   ResumeRun          sweep               node > project > user              an unfinished one lies idle
//   TimerFired         timer service       node > project > user > branch     a timer row is due
//   CancelRun          gateway             node > project > user > execution  stop before the next step
//   MigrateRun         gateway             node > project > user > execution  move to another version
//   PlaceAsked         gateway             node > project                     what does this run wait for?
//   EntryTurnCame      entry turns         project                            a waiting run may come in
//   RunSettled         user                project                            no longer in memory
//   QueuedRunsRead     storage reader      project                            what waits in rows
//   LimitsRead         storage reader      project                            what the project may use
//   RunLoaded          storage reader      user                               rebuilt from its journal
//   RebuildRun         user                itself, after a pause              the disk was not well
//   BranchGoesOn       whoever drove it    branch                             it wants more than functions
//   BranchCrashed      whoever drove it    branch                             an exception, not of its actor
//   RequestAnswered    HTTP caller         branch                             a call has its outcome
//   FilesRead          storage reader      branch                             the files of a call
//   CredentialAnswered credential source   branch                             who a request goes for
//   CallIsDurable      commit thread       branch                             a request may be sent
//   CommitFailed       commit thread       branch                             rebuild from the journal
//   ShardMoved         commit thread       branch                             another node goes on with it
//   CommitDone         commit thread       branch                             what was asked for is durable
//   ChildSettled/-Asleep/-Abandoned/-Crashed  child branch  parent branch     how an element is doing
//   ChildNeedsActor    whoever drove it    parent branch                      an element wants more than functions
//   ChildLoaded        storage reader      parent branch                      an element rebuilt
//   ChildSwitchedOff   child branch        parent branch                      the run must not go on
//   StopAfterStep      parent branch       child branch                       the fan-out is failing
//   SweepTick          itself              node, project                      unload what is idle

#include "actors/runs/branch_news.h"
#include "actors/runs/entry_turns.h"
#include "actors/runs/migration_order.h"
#include "actors/runs/place_wait.h"
#include "actors/runs/queued_runs.h"
#include "actors/runs/run_order.h"
#include "actors/runs/tenure.h"
#include "runtime/admission/priority.h"
#include "runtime/admission/project_limits.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/execution/fan_out_progress.h"
#include "storage/tables/timer_table.h"

#include <caf/all.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

struct StartRun {
  std::shared_ptr<const RunOrder> order;
};

struct ResumeRun {
  ProjectId project;
  UserId user;
  ExecutionId execution;
  Priority priority = priority_standard;
  EntryTurns::Held turn{};  // from the project on, when the run is not in memory
};

struct TimerFired {
  storage::TimerRow timer;
  EntryTurns::Held turn{};  // likewise
};

struct CancelRun {
  ProjectId project;
  UserId user;
  ExecutionId execution;
  std::shared_ptr<OutcomeSlot> slot;
  std::string by;  // who asked; empty: not known
};

struct MigrateRun {
  ProjectId project;
  UserId user;
  ExecutionId execution;
  MigrationOrder order;
};

struct RunSettled {
  UserId user;
  ExecutionId execution;
  std::size_t mail = 0;  // how many messages for the run had come by then
};

struct EntryTurnCame {};

using PlaceWaitSlot = OnceSlot<std::optional<PlaceWait>>;
struct PlaceAsked {
  ExecutionSummary run;
  std::shared_ptr<PlaceWaitSlot> slot;
};

struct QueuedRunsRead {
  std::shared_ptr<Result<std::variant<std::vector<RunsFound>, UsersFound>>> found;
};

struct LimitsRead {
  ProjectLimits limits;
};

struct RunLoaded {
  ExecutionId execution;
  std::optional<Tenure> tenure;  // taken before the rows were read; nothing: there was none to take
  std::shared_ptr<Result<LoadedRun>> loaded;
};

struct RebuildRun {
  ExecutionId execution;
};

// To a branch, from the threads beside the tree: actors/runs/branch_news.h.

/// Functions bring their results without a message (actors/tree/branch.h).
struct BranchGoesOn {};
struct BranchCrashed {
  std::string why;
};

/// Children name the fan-out that they belong to: one that was left behind may still speak.
struct ChildSettled {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
  std::shared_ptr<BranchResult> result;
};
struct ChildAsleep {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
  bool is_delayed = false;  // not between two attempts
};
struct ChildAbandoned {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
};
struct ChildCrashed {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
  std::string why;
};
struct ChildNeedsActor {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
};
struct ChildSwitchedOff {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
  Error why{ErrorCode::internal_error, {}};
};
struct StopAfterStep {};
struct SweepTick {};

}  // namespace millrace

CAF_BEGIN_TYPE_ID_BLOCK(millrace, first_custom_type_id)
CAF_ADD_TYPE_ID(millrace, (millrace::StartRun))
CAF_ADD_TYPE_ID(millrace, (millrace::ResumeRun))
CAF_ADD_TYPE_ID(millrace, (millrace::TimerFired))
CAF_ADD_TYPE_ID(millrace, (millrace::CancelRun))
CAF_ADD_TYPE_ID(millrace, (millrace::RunSettled))
CAF_ADD_TYPE_ID(millrace, (millrace::RunLoaded))
CAF_ADD_TYPE_ID(millrace, (millrace::BranchGoesOn))
CAF_ADD_TYPE_ID(millrace, (millrace::CommitFailed))
CAF_ADD_TYPE_ID(millrace, (millrace::CommitDone))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildSettled))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildAsleep))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildAbandoned))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildLoaded))
CAF_ADD_TYPE_ID(millrace, (millrace::StopAfterStep))
CAF_ADD_TYPE_ID(millrace, (millrace::SweepTick))
CAF_ADD_TYPE_ID(millrace, (millrace::RebuildRun))
CAF_ADD_TYPE_ID(millrace, (millrace::RequestAnswered))
CAF_ADD_TYPE_ID(millrace, (millrace::FilesRead))
CAF_ADD_TYPE_ID(millrace, (millrace::CallIsDurable))
CAF_ADD_TYPE_ID(millrace, (millrace::ShardMoved))
CAF_ADD_TYPE_ID(millrace, (millrace::BranchCrashed))
CAF_ADD_TYPE_ID(millrace, (millrace::CredentialAnswered))
CAF_ADD_TYPE_ID(millrace, (millrace::QueuedRunsRead))
CAF_ADD_TYPE_ID(millrace, (millrace::LimitsRead))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildCrashed))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildNeedsActor))
CAF_ADD_TYPE_ID(millrace, (millrace::ChildSwitchedOff))
CAF_ADD_TYPE_ID(millrace, (millrace::MigrateRun))
CAF_ADD_TYPE_ID(millrace, (millrace::EntryTurnCame))
CAF_ADD_TYPE_ID(millrace, (millrace::PlaceAsked))
CAF_END_TYPE_ID_BLOCK(millrace)

// All of these stay inside one process: what crosses nodes is decided with the cluster and then gets
// an `inspect`.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::StartRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ResumeRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::TimerFired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CancelRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::RunSettled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::RunLoaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::BranchGoesOn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CommitFailed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CommitDone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::BranchCrashed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildSettled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildAsleep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildAbandoned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildLoaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::StopAfterStep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::SweepTick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::RebuildRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::RequestAnswered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::FilesRead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CallIsDurable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CredentialAnswered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ShardMoved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::QueuedRunsRead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::LimitsRead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildCrashed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildNeedsActor)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ChildSwitchedOff)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::MigrateRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::EntryTurnCame)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::PlaceAsked)
