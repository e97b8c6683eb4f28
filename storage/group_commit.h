#pragma once
// Group commit: one thread turns everything that waits into one atomic, synced commit, then tells
// everyone. While one commit syncs, the next one gathers.
//
// Order: batches commit in the order of submission, and a batch is never durable without all
// earlier ones. This is what lets a parent join its children's results: their batches were
// submitted first.
//
// Urgency: an `urgent` batch (somebody outside waits for it) is committed at once; a `lazy` one
// (the events of pure steps) waits up to `linger` for company, so that steps in a row cost one
// sync. Source: DeWitt et al., "Implementation techniques for main memory database systems" (1984),
// group commit; the output gate is workerd's and Temporal's "durable before visible".
//
// Bounded: at `queue_bytes_max` waiting bytes `is_full()` becomes true and entry points refuse new
// work; batches of runs that are already accepted are always taken.
//
// Failure: when a commit fails, every batch in it and every batch that waits at that moment is
// answered with the error, in order. The owner of a failed batch must drop its state and rebuild.
// One case remains: an owner that has not yet heard of the failure may submit a further batch, and
// the disk may be well again. That batch builds on one that is lost, and must not become durable.
// Therefore an owner asks for the `generation()` before it reads the rows it is built from, and
// submits under it; every failure begins a new generation, and batches of an older one are answered
// with the error of the failure and not written.
//
// Moved shards: a batch whose fence is stale has not failed, it is answered: the shard has another owner.
// It alone is refused, with `stale_epoch` (`means_shard_moved` tells it from a failure); its company is
// committed, no generation ends and nothing counts as a failure: the disk is well. No generation is
// needed either, since whatever its owner submits next carries the fence it was built with, and that one
// stays stale for ever. The owner ends; the shard's new owner rebuilds from the rows.

#include "runtime/base/clock.h"
#include "runtime/base/limits.h"
#include "storage/commit_follower.h"
#include "storage/commit_timings.h"
#include "storage/ordered_store.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace millrace::storage {

enum class Urgency : std::uint8_t { lazy, urgent };

/// The time between two failed commits; counts from 1.
enum class Generation : std::uint64_t {
  any = 0,  // the batch builds on no earlier one
};

struct GroupCommitOptions {
  Millis linger{2};
  std::size_t queue_bytes_max = limits::journal_queue_bytes_max;
  std::size_t commit_bytes_max = 16u << 20;  // one commit takes at most about this much
  CommitTimings* timings = nullptr;          // null: nobody asks how long things take
  /// Told in this order, each of what those before it have added as well; outlive the group commit.
  std::vector<CommitFollower*> followers{};
};

struct GroupCommitStats {
  std::uint64_t commits = 0;
  std::uint64_t failures = 0;  // commits that failed
  std::uint64_t moved = 0;     // batches that were refused because their shard has moved
  std::uint64_t batches = 0;   // durable ones
  std::uint64_t bytes = 0;     // durable ones
  std::size_t waiting_bytes = 0;
};

class GroupCommit {
 public:
  /// Called exactly once per batch on the commit thread, in the order of submission; must be quick,
  /// must not block and must not throw. It may submit.
  using OnCommitted = std::function<void(const Outcome&)>;

  GroupCommit(OrderedStore& store, GroupCommitOptions options);
  /// Commits what waits, answers everyone, ends the thread. Nobody may submit any more, except from
  /// the callbacks.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// Thread-safe; returns at once. `on_committed` may be empty. A batch without operations is
  /// answered when every earlier one is durable.
  void submit(WriteBatch batch, Urgency urgency, OnCommitted on_committed,
              Generation generation = Generation::any);
  /// Commits now and waits for it. For request threads, never for actors and never from a callback.
  Outcome commit_and_wait(WriteBatch batch);

  /// The generation under which an owner that is (re)built now submits.
  Generation generation() const;
  bool is_full() const;
  GroupCommitStats stats() const;

 private:
  struct Waiting {
    WriteBatch batch;
    OnCommitted on_committed;
    std::size_t bytes = 0;
    Moment submitted{};            // with timings
    std::optional<Error> refusal;  // set: not written, answered with this
  };
  using Group = std::vector<Waiting>;

  void run();
  /// Waits until a commit is due; false when the end has come and nothing waits.
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  bool is_due() const;
  Group take_group();
  void commit(Group& group);
  /// Writes what is not refused; refuses the batches whose shards have moved.
  Outcome write(Group& group);
  Outcome try_commit(const WriteBatch& batch);
  /// Likewise, of rows that the followers are told of.
  Outcome commit_followed(WriteBatch& batch);
  /// Refuses the batches whose shards have moved; false if there are none.
  Result<bool> refuse_moved(Group& group, const std::vector<std::vector<Fence>>& fences);
  /// Begins a new generation and takes everything that waits.
  Group end_generation(const Error& error);
  void answer(Group& group, const Outcome& outcome);
  Moment moment() const { return options_.timings ? options_.timings->clock.moment() : Moment(); }
  void record(const Group& group, Moment begun) const;

  OrderedStore& store_;
  const GroupCommitOptions options_;
  mutable std::mutex mutex_;  // guards what follows, up to the thread
  std::condition_variable wake_;
  std::deque<Waiting> queue_;
  std::size_t queue_bytes_ = 0;
  bool is_urgent_ = false;
  bool is_stopping_ = false;
  std::chrono::steady_clock::time_point linger_end_{};
  std::uint64_t generation_ = 1;
  std::optional<Error> last_failure_;
  GroupCommitStats stats_;
  std::thread thread_;
};

}  // namespace millrace::storage
