#pragma once
// Every message between actors. Messages are plain immutable values; big things travel as shared
// pointers to immutable data. The type ids are append-only: a mixed cluster must agree on them.
//
//   message            from                to (and on to)                     means
//   StartRun           gateway             node > project > user              begin a new execution
//   ResumeRun          sweep               node > project > user              an unfinished one lies idle
//   TimerFired         timer service       node > project > user > branch     a timer row is due
//   CancelRun          gateway             node > project > user > execution  stop before the next step
//   RunSettled         user                project                            no longer in memory
//   RunLoaded          storage reader      user                               rebuilt from its journal
//   RebuildRun         user                itself, after a pause              the disk was not well
//   FunctionFinished   function engine     branch                             a call has its outcome
//   RequestAnswered    HTTP caller         branch                             a call has its outcome
//   FilesRead          storage reader      branch                             the files of a call
//   CallIsDurable      commit thread       branch                             a request may be sent
//   CommitFailed       commit thread       branch                             rebuild from the journal
//   CommitDone         commit thread       branch                             what was asked for is durable
//   ChildSettled/-Asleep/-Abandoned  child branch     parent branch           how an element is doing
//   ChildLoaded        storage reader      parent branch                      an element rebuilt
//   StopAfterStep      parent branch       child branch                       the fan-out is failing
//   SweepTick          itself              node, project                      unload what is idle

#include "actors/runs/loaded_branch.h"
#include "actors/runs/run_order.h"
#include "runtime/execution/fan_out_progress.h"
#include "runtime/functions/function_engine.h"
#include "runtime/outbound/http_caller.h"
#include "storage/group_commit.h"
#include "storage/tables/timer_table.h"

#include <caf/all.hpp>

#include <cstdint>
#include <memory>

namespace millrace {

// How an actor of the tree ends on purpose. Anything else is a crash.
/// Its branch has ended.
inline constexpr auto ended_reason = caf::exit_reason::normal;
/// Unloaded; a row will wake it.
inline constexpr auto asleep_reason = caf::exit_reason::user_shutdown;
/// A commit failed: rebuild it.
inline constexpr auto dropped_reason = caf::exit_reason::unreachable;
/// Its first commit failed: nobody was told of it. Should it be on the disk after all, the recovery sweep
/// finds it.
inline constexpr auto lost_reason = caf::exit_reason::remote_link_unreachable;
/// Its parent ended it.
inline constexpr auto stopped_reason = caf::exit_reason::kill;

struct StartRun {
  std::shared_ptr<const RunOrder> order;
};

struct ResumeRun {
  ProjectId project;
  UserId user;
  ExecutionId execution;
};

struct TimerFired {
  storage::TimerRow timer;
};

struct CancelRun {
  ProjectId project;
  UserId user;
  ExecutionId execution;
  std::shared_ptr<OutcomeSlot> slot;
};

struct RunSettled {
  UserId user;
  ExecutionId execution;
  std::size_t mail = 0;  // how many messages for the run had come by then
};

struct RunLoaded {
  ExecutionId execution;
  storage::Generation generation{};  // asked for before the rows were read
  std::shared_ptr<Result<LoadedRun>> loaded;
};

struct RebuildRun {
  ExecutionId execution;
};

struct FunctionFinished {
  std::uint64_t number = 0;
  std::shared_ptr<FunctionOutcome> outcome;
};

struct RequestAnswered {
  std::uint64_t number = 0;
  std::shared_ptr<HttpOutcome> outcome;
};

struct FilesRead {
  std::uint64_t number = 0;
  std::shared_ptr<Result<RunFiles>> files;
};

struct CallIsDurable {
  std::uint64_t number = 0;
};

struct CommitFailed {
  Error error{ErrorCode::storage_failed, ""};
  bool is_start = false;  // of the run: there is nothing to rebuild it from
};
struct CommitDone {
  std::uint64_t number = 0;
};

struct ChildSettled {
  std::uint32_t index = 0;
  std::shared_ptr<BranchResult> result;
};
struct ChildAsleep {
  std::uint32_t index = 0;
  bool is_delayed = false;  // not between two attempts
};
struct ChildAbandoned {
  std::uint32_t index = 0;
};
struct ChildLoaded {
  std::uint32_t index = 0;
  std::shared_ptr<Result<LoadedBranch>> loaded;
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
CAF_ADD_TYPE_ID(millrace, (millrace::FunctionFinished))
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
CAF_END_TYPE_ID_BLOCK(millrace)

// All of these stay inside one process: what crosses nodes is decided with the cluster and then gets
// an `inspect`.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::StartRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::ResumeRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::TimerFired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CancelRun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::RunSettled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::RunLoaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::FunctionFinished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CommitFailed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::CommitDone)
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
