#include "actors/gateway/user_eraser.h"

#include "actors/gateway/gateway.h"
#include "actors/workers/survive.h"
#include "storage/keys.h"
#include "storage/tables/bulk_job_table.h"
#include "storage/tables/credential_indexes.h"
#include "storage/tables/event_log_table.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/pause_table.h"
#include "storage/tables/poll_table.h"
#include "storage/tables/received_table.h"
#include "storage/tables/run_removal.h"
#include "storage/tables/schedule_table.h"
#include "storage/tables/timer_table.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// Rows that are erased in one commit, about.
constexpr std::size_t rows_per_commit = 1'000;

/// Those of the rows that a batch writes or removes.
void add_shards(std::set<ShardId>& shards, const storage::WriteBatch& batch) {
  for (const auto& operation : batch.operations()) {
    shards.insert(storage::keys::shard_in(operation.key));
  }
}

std::pair<ProjectId, UserId> pair_of(const UserKey& key) { return {key.project, key.user}; }

}  // namespace

UserEraser::UserEraser(Dependencies dependencies, UserEraserOptions options)
    : dependencies_(std::move(dependencies)),
      options_(options),
      executions_(dependencies_.store),
      credentials_(dependencies_.store),
      wishes_(dependencies_.store),
      thread_([this] { run(); }) {}

UserEraser::~UserEraser() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// --- asking ---------------------------------------------------------------------------------------

Result<std::optional<UserEraser::Erased>> UserEraser::erase(const ProjectId& project,
                                                            const UserId& user) {
  const UserKey key{project, user};
  const auto known = is_known(key);
  if (!known) return known.error();
  if (!*known)
    return Error(ErrorCode::not_found, "nothing is known of the user \"" + user.text + '"');
  {
    const Lock lock(mutex_);
    auto& progress = progress_[pair_of(key)];
    ++progress.waiting;
    progress.is_done = false;
  }
  const auto recorded = record(key);
  Lock lock(mutex_);
  ++asked_;
  wake_.notify_all();
  const Instant until = dependencies_.clock.now() + options_.patience;
  auto& progress = progress_[pair_of(key)];
  while (recorded && !progress.is_done && !stopping_ && dependencies_.clock.now() < until) {
    dependencies_.clock.wait_until(lock, wake_, until);
  }
  const bool is_done = progress.is_done;
  const Erased erased = progress.erased;
  if (--progress.waiting == 0 && is_done) progress_.erase(pair_of(key));
  if (!recorded) return recorded.error();
  return is_done ? std::optional(erased) : std::nullopt;
}

Result<bool> UserEraser::is_known(const UserKey& key) const {
  dependencies_.users.commits().settle();  // who was seen a moment ago is on the disk then
  const auto view = dependencies_.users.now(key);
  if (!view) return view.error();
  if ((*view)->exists()) return true;
  bool has_runs = false;
  auto read = executions_.of_user(key.project, key.user, [&](const ExecutionSummary&) {
    has_runs = true;
    return false;
  });
  if (!read) return read.error();
  return has_runs;
}

Outcome UserEraser::record(const UserKey& key) {
  return dependencies_.users.change(
      key, [&](const UserView& now, storage::WriteBatch& batch) -> Result<SharedUserView> {
        const Instant at = dependencies_.clock.now();
        ConnectedUser user =
            now.user != nullptr ? *now.user : ConnectedUser{key.user, {}, false, at, 0};
        user.is_disabled = true;
        storage::UserErasureTable::put(batch, {key.project, key.user, at});
        storage::UserTable::put(batch,
                                {key.project, key.user, to_text(user.meta), true, user.first_seen});
        auto next = std::make_shared<UserView>(now);
        next->user = std::make_shared<const ConnectedUser>(std::move(user));
        return SharedUserView(std::move(next));
      });
}

// --- erasing --------------------------------------------------------------------------------------

void UserEraser::run() {
  Lock lock(mutex_);
  while (!stopping_) {
    const std::size_t asked = asked_;
    lock.unlock();
    Millis wait = options_.idle;
    survive(dependencies_.log, "the erasure of users", [&] { wait = sweep(); });
    lock.lock();
    const Instant next = dependencies_.clock.now() + wait;
    while (!stopping_ && asked == asked_ && dependencies_.clock.now() < next) {
      dependencies_.clock.wait_until(lock, wake_, next);
    }
  }
}

Millis UserEraser::sweep() {
  std::vector<storage::UserErasureRow> wishes;
  const auto read =
      wishes_.visit(dependencies_.ownership.owned(), [&](storage::UserErasureRow wish) -> Outcome {
        wishes.push_back(std::move(wish));
        return Done{};
      });
  if (!read) {
    dependencies_.log(LogLevel::error,
                      "users that are to be erased could not be read: " + read.error().message);
  }
  Millis wait = options_.idle;
  for (const auto& wish : wishes) {
    const auto left = pass(wish);
    if (!left) {
      // Tried again after a while. Without the id: the log is not to keep what is being erased.
      dependencies_.log(LogLevel::error, "a user of project " + wish.project.text +
                                             " is not erased yet: " + left.error().message);
    } else if (*left == Left::nothing) {
      note_done({wish.project, wish.user});
    } else {
      wait = std::min(wait, *left == Left::ended_runs ? Millis(0) : options_.pause);
    }
    const std::lock_guard lock(mutex_);
    if (stopping_) break;
  }
  return wait;
}

Result<UserEraser::Left> UserEraser::pass(const storage::UserErasureRow& wish) {
  dependencies_.users.commits().settle();
  std::vector<ExecutionSummary> running;
  std::vector<ExecutionSummary> ended;
  auto read = executions_.of_user(wish.project, wish.user, [&](ExecutionSummary run) {
    (is_final(run.status) ? ended : running).push_back(std::move(run));
    return running.size() + ended.size() < options_.runs_per_pass;
  });
  if (!read) return read.error();
  cancel(wish, running);
  if (auto erased = erase_runs(wish, ended); !erased) return erased.error();
  if (!running.empty()) return Left::running_runs;
  if (!ended.empty()) return Left::ended_runs;
  const auto waits = says_farewell({wish.project, wish.user});
  if (!waits) return waits.error();
  if (*waits) return Left::subscriptions;
  const auto is_named = is_in_jobs(wish);
  if (!is_named) return is_named.error();
  if (*is_named) return Left::jobs;
  const auto is_out = is_out_of_index(wish.project);
  if (!is_out) return is_out.error();
  if (!*is_out) return Left::index;
  if (auto erased = erase_user(wish); !erased) return erased.error();
  return Left::nothing;
}

void UserEraser::cancel(const storage::UserErasureRow& wish,
                        const std::vector<ExecutionSummary>& running) {
  for (const auto& run : running) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      auto& cancelled = progress_[{wish.project, wish.user}].cancelled;
      if (cancelled.contains(run.id)) continue;
    }
    const auto asked = dependencies_.gateway.cancel(wish.project, run.id);
    // One that cannot be asked now is asked in the next pass.
    const bool is_settled = asked || asked.error().code == ErrorCode::conflict;
    const std::lock_guard lock(mutex_);
    if (is_settled) progress_[{wish.project, wish.user}].cancelled.insert(run.id);
  }
}

Outcome UserEraser::erase_runs(const storage::UserErasureRow& wish,
                               const std::vector<ExecutionSummary>& ended) {
  for (std::size_t begin = 0; begin < ended.size();) {
    auto batch = dependencies_.users.commits().begin(shard_of(wish.project, wish.user));
    if (!batch) return batch.error();
    std::size_t end = begin;
    while (end < ended.size() && batch->operations().size() < rows_per_commit) {
      const auto removed = storage::remove_run(dependencies_.store, *batch, ended[end++]);
      if (!removed) return removed.error();
    }
    auto erased = dependencies_.users.commits().commit(std::move(*batch));
    if (!erased) return erased;
    const std::lock_guard lock(mutex_);
    auto& progress = progress_[{wish.project, wish.user}];
    progress.erased.runs += end - begin;
    for (; begin < end; ++begin) progress.cancelled.erase(ended[begin].id);
  }
  return Done{};
}

/// In commits of bounded size: `remove` adds the removal of up to so many rows and says of how many.
Outcome UserEraser::erase_rows(const storage::UserErasureRow& wish, const RemoveSome& remove) {
  while (true) {
    auto batch = dependencies_.users.commits().begin(shard_of(wish.project, wish.user));
    if (!batch) return batch.error();
    const auto removed = remove(*batch, rows_per_commit);
    if (!removed) return removed.error();
    if (*removed == 0) return Done{};
    auto committed = dependencies_.users.commits().commit(std::move(*batch));
    if (!committed || *removed < rows_per_commit) return committed;
  }
}

/// What the event log says of the user.
Outcome UserEraser::erase_log(const storage::UserErasureRow& wish) {
  const storage::EventLogTable log(dependencies_.store);
  return erase_rows(wish, [&](storage::WriteBatch& batch, std::size_t rows_max) {
    return log.remove_user(batch, wish.project, wish.user, rows_max);
  });
}

/// What is remembered of deliveries and keys.
Outcome UserEraser::erase_received(const storage::UserErasureRow& wish) {
  const storage::ReceivedTable received(dependencies_.store);
  return erase_rows(wish, [&](storage::WriteBatch& batch, std::size_t rows_max) {
    return received.remove_user(batch, wish.project, wish.user, rows_max);
  });
}

Result<bool> UserEraser::is_out_of_index(const ProjectId& project) {
  if (dependencies_.index == nullptr) return true;
  return dependencies_.index->catch_up(project);
}

Result<bool> UserEraser::is_in_jobs(const storage::UserErasureRow& wish) const {
  const auto jobs = storage::BulkJobTable(dependencies_.store).list(wish.project);
  if (!jobs) return jobs.error();
  return std::any_of(jobs->begin(), jobs->end(),
                     [&](const auto& job) { return job.filter.user == wish.user; });
}

Result<bool> UserEraser::says_farewell(const UserKey& key) {
  const auto may_end = dependencies_.subscriptions.are_about_to_end(key);
  if (!may_end || !*may_end) return may_end;
  const Instant now = dependencies_.clock.now();
  const std::lock_guard lock(mutex_);
  auto& since = progress_[pair_of(key)].runs_gone;
  if (!since) since = now;
  return now < *since + options_.farewell;
}

Outcome UserEraser::erase_user(const storage::UserErasureRow& wish) {
  // Before the log is erased: nothing is written there of the subscriptions from then on.
  const auto held = dependencies_.subscriptions.hold({wish.project, wish.user});
  dependencies_.users.commits().settle();
  std::vector<storage::WakeRow> left;
  if (auto erased = erase_log(wish); !erased) return erased;
  if (auto erased = erase_received(wish); !erased) return erased;
  std::size_t accounts = 0;
  // Runs and logs lie on the first, the index of the task history on the second.
  std::set<ShardId> shards{shard_of(wish.project, wish.user), shard_of(wish.project)};
  auto erased = dependencies_.users.change(
      {wish.project, wish.user},
      [&](const UserView& now, storage::WriteBatch& batch) -> Result<SharedUserView> {
        for (const auto& connected : now.credentials) {
          const auto row = credentials_.find(wish.project, wish.user, connected.credential->id);
          if (!row) return row.error();
          if (!*row) continue;
          storage::follow_credential(batch, &**row, nullptr);
          storage::CredentialTable::remove(batch, wish.project, wish.user,
                                           connected.credential->id);
          ++accounts;
        }
        const storage::HookTable hooks(dependencies_.store);
        if (auto gone = hooks.remove_of_user(batch, wish.project, wish.user, {}); !gone) {
          return gone.error();
        }
        auto timers = storage::TimerTable::remove_of_user(batch, dependencies_.store, wish.project,
                                                          wish.user);
        if (!timers) return timers.error();
        auto scheduled =
            storage::ScheduleTable(dependencies_.store).remove_user(batch, wish.project, wish.user);
        if (!scheduled) return scheduled.error();
        const storage::PollTable polls(dependencies_.store);
        if (auto gone = polls.remove_user(batch, wish.project, wish.user); !gone) {
          return gone.error();
        }
        if (dependencies_.erase_waiting) {
          auto gone = dependencies_.erase_waiting(wish.project, wish.user, batch);
          if (!gone) return gone.error();
        }
        auto pauses =
            storage::PauseTable(dependencies_.store).remove_user(batch, wish.project, wish.user);
        if (!pauses) return pauses.error();
        auto subscribed = dependencies_.subscriptions.leave({wish.project, wish.user}, batch);
        if (!subscribed) return subscribed.error();
        left = std::move(*subscribed);
        storage::UserTable::remove(batch, wish.project, wish.user);
        storage::UserErasureTable::remove(batch, wish.project, wish.user);
        add_shards(shards, batch);
        return SharedUserView(std::make_shared<UserView>());
      });
  if (!erased) return erased;
  dependencies_.subscriptions.tell(left);
  if (dependencies_.erased) {
    const std::vector<ShardId> of_rows(shards.begin(), shards.end());
    dependencies_.erased({wish.project, wish.user}, of_rows);
  }
  const std::lock_guard lock(mutex_);
  progress_[{wish.project, wish.user}].erased.accounts += accounts;
  return Done{};
}

void UserEraser::note_done(const UserKey& key) {
  {
    const std::lock_guard lock(mutex_);
    auto& progress = progress_[pair_of(key)];
    progress.is_done = true;
    progress.cancelled.clear();
    progress.runs_gone.reset();
    if (progress.waiting == 0) progress_.erase(pair_of(key));
  }
  wake_.notify_all();
}

}  // namespace millrace
