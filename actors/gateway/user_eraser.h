#pragma once
// Erases users: their runs with everything in them (journals, outputs, logs, files), their accounts, and
// what is known of themselves.
//
// The wish is a row before anything else happens, and in the same commit the user is disabled, so that
// nothing begins any more. Then one thread goes over what is left, pass after pass: runs that go on are
// cancelled, runs that have ended are erased, and when there is none, no bulk job names the user, and the index of
// the task history has heard of it, what was received, accounts, the user and the wish go. What the accounts have
// subscribed to is ended meanwhile; a provider that does not answer soon delays nothing, and is asked again afterwards
// (subscriptions/erased_subscriptions.h). Every pass begins from the rows alone: a crash at any point costs a
// repetition and nothing else, and what the wish was for goes on after the start.
//
// Created by compose, lives as long as the server; its destructor ends the thread, and what is unfinished
// stays for the next one. Thread-safe.

#include "actors/shards/shard_ownership.h"
#include "actors/subscriptions/erased_subscriptions.h"
#include "actors/tenants/user_views.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/history/history_index.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/user_erasure_table.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <thread>

namespace millrace {

class Gateway;

struct UserEraserOptions {
  Millis patience{5'000};  // how long whoever asks is kept waiting
  Millis pause{50};        // between the passes over a user whose runs still go on
  /// How long a user's subscriptions have to end before its accounts go; whoever asks is kept waiting longer.
  Millis farewell{3'000};
  Millis idle{30'000};  // between looks for wishes of shards that were gained
  /// Of one pass: other users' wishes are not kept waiting by a long one.
  std::size_t runs_per_pass = 500;
};

class UserEraser {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    UserViews& users;
    Gateway& gateway;
    const ShardOwnership& ownership;
    Clock& clock;
    LogSink log;
    ErasedSubscriptions& subscriptions;
    /// What knows the users of runs, too; null: nothing does.
    storage::HistoryIndex* index = nullptr;
    /// Adds the removal of the user's triggers that wait (AdmissionDoor::erase); empty: none can.
    std::function<Outcome(const ProjectId&, const UserId&, storage::WriteBatch&)> erase_waiting{};
    /// Is told whose last row is gone, and from which shards rows were removed. May be empty. Must not wait.
    std::function<void(const UserKey&, std::span<const ShardId> shards)> erased{};
  };
  explicit UserEraser(Dependencies dependencies, UserEraserOptions options = {});
  ~UserEraser();

  /// What was erased by this process.
  struct Erased {
    std::size_t runs = 0;
    std::size_t accounts = 0;
  };
  /// The wish is durable when it returns; nothing: the rest goes on, since runs have not ended yet. Errors:
  /// not_found (nothing is known of the user), those of the store. Blocks: request threads only.
  Result<std::optional<Erased>> erase(const ProjectId& project, const UserId& user);

 private:
  struct Progress {
    Erased erased;
    std::set<ExecutionId> cancelled;  // asked to end already
    std::size_t waiting = 0;          // callers who want to hear of the end
    bool is_done = false;
    std::optional<Instant> runs_gone{};  // when nothing was left but subscriptions
  };
  using Lock = std::unique_lock<std::mutex>;

  void run();
  /// What a pass has left of a user.
  enum class Left : std::uint8_t {
    nothing,
    ended_runs,     // perhaps: the next pass goes on at once
    running_runs,   // they have been asked to end
    subscriptions,  // likewise
    index,          // the index of the task history has not heard of all that is gone
    jobs,           // a job goes on that was asked for the user's runs
  };

  /// One pass over each wish; how long to wait before the next.
  Millis sweep();
  Result<Left> pass(const storage::UserErasureRow& wish);
  void cancel(const storage::UserErasureRow& wish, const std::vector<ExecutionSummary>& running);
  Outcome erase_runs(const storage::UserErasureRow& wish,
                     const std::vector<ExecutionSummary>& ended);
  using RemoveSome =
      std::function<Result<std::size_t>(storage::WriteBatch& batch, std::size_t rows_max)>;
  Outcome erase_rows(const storage::UserErasureRow& wish, const RemoveSome& remove);
  Outcome erase_log(const storage::UserErasureRow& wish);
  Outcome erase_received(const storage::UserErasureRow& wish);
  /// Whether the index of the task history has forgotten the user's runs.
  Result<bool> is_out_of_index(const ProjectId& project);
  /// Whether a job still says that it is for the user's runs. It finds none, and forgets the user when it is through.
  Result<bool> is_in_jobs(const storage::UserErasureRow& wish) const;
  /// Whether its subscriptions have a moment left.
  Result<bool> says_farewell(const UserKey& key);
  Outcome erase_user(const storage::UserErasureRow& wish);
  Result<bool> is_known(const UserKey& key) const;
  Outcome record(const UserKey& key);
  void note_done(const UserKey& key);

  const Dependencies dependencies_;
  const UserEraserOptions options_;
  const storage::ExecutionTable executions_;
  const storage::CredentialTable credentials_;
  const storage::UserErasureTable wishes_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::map<std::pair<ProjectId, UserId>, Progress> progress_;
  std::size_t asked_ = 0;  // counts wishes, so that one during a sweep is not slept over
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
