#pragma once
// Group commit: one thread turns everything that waits into one atomic, synced commit, then tells
// everyone. While one commit syncs, the next one gathers.
//
// Order: the batches of one project's lane commit in the order of submission, and one is never durable without all
// earlier ones of its lane. This is what lets a parent join its children's results: their batches were submitted first.
// A batch that names no lane commits behind everything that was submitted before it, and in front of everything that is
// submitted after it, whatever the lane. Between two lanes there is no order: what one project does builds on nothing
// of another's.
//
// Fair: a commit takes a bounded part of what waits, and lanes take turns in it by deficit round robin over what their
// batches cost (bytes, and a fixed amount for each operation). So who submits little waits for the commit at hand and
// goes with the next one, however much another project has submitted.
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
// answered with the error, each lane in order. The owner of a failed batch must drop its state and rebuild.
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
#include "runtime/base/deficit_round_robin.h"
#include "runtime/base/ids.h"
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
#include <unordered_map>
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
  /// What one commit takes at most, about: bytes, and some for each operation. Small enough to be written within a few
  /// milliseconds, which is what a batch of another lane waits for at most; large enough for the sync to be the smaller
  /// part of a commit.
  std::size_t commit_bytes_max = 1u << 20;
  CommitTimings* timings = nullptr;  // null: nobody asks how long things take
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
  std::size_t waiting_batches = 0;
};

class GroupCommit {
 public:
  /// Called exactly once per batch on the commit thread, in the order in which they commit; must be quick,
  /// must not block and must not throw. It may submit.
  using OnCommitted = std::function<void(const Outcome&)>;

  GroupCommit(OrderedStore& store, GroupCommitOptions options);
  /// Commits what waits, answers everyone, ends the thread. Nobody may submit any more, except from
  /// the callbacks.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  struct Submission {
    Urgency urgency = Urgency::urgent;
    Generation generation = Generation::any;
    /// Whose batch it is, of what runs do. Empty: it has no lane.
    ProjectId lane{};
  };

  /// Thread-safe; returns at once. `on_committed` may be empty. A batch without operations is
  /// answered when every earlier one is durable that it may not overtake.
  void submit(WriteBatch batch, const Submission& submission, OnCommitted on_committed);
  void submit(WriteBatch batch, Urgency urgency, OnCommitted on_committed,
              Generation generation = Generation::any) {
    submit(std::move(batch), {urgency, generation}, std::move(on_committed));
  }
  /// Commits now and waits for it. For request threads, never for actors and never from a callback.
  Outcome commit_and_wait(WriteBatch batch, const ProjectId& lane = {});

  /// The generation under which an owner that is (re)built now submits.
  Generation generation() const;
  bool is_full() const;
  GroupCommitStats stats() const;

 private:
  struct Waiting {
    WriteBatch batch;
    OnCommitted on_committed;
    std::size_t bytes = 0;
    std::int64_t cost = 0;
    Moment submitted{};            // with timings
    std::optional<Error> refusal;  // set: not written, answered with this
  };
  using Group = std::vector<Waiting>;
  using Lanes = std::unordered_map<ProjectId, std::deque<Waiting>>;
  using Turns = DeficitRoundRobin<ProjectId, std::int64_t>;
  /// What was submitted one after the other, all of it with lanes or all of it without: then it is one lane, of nobody.
  struct Stretch {
    bool has_lanes = false;
    Lanes lanes{};                      // none is empty
    std::vector<ProjectId> in_order{};  // as they came
  };

  void run();
  /// Waits until a commit is due; false when the end has come and nothing waits.
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  bool is_due() const;
  void queue(const ProjectId& lane, Waiting waiting);
  Group take_group();
  /// The lane whose turn it is, of the first stretch.
  Lanes::iterator next_lane();
  /// Takes its first batch.
  Waiting take_next();
  /// Everything, in an order in which it could commit.
  Group take_all();
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
  const std::int64_t commit_cost_max_;
  mutable std::mutex mutex_;  // guards what follows, up to the thread
  std::condition_variable wake_;
  std::deque<Stretch> queue_;  // none is empty
  Turns turns_;                // the lanes of the first one
  std::int64_t queue_cost_ = 0;
  bool is_urgent_ = false;
  bool is_stopping_ = false;
  bool is_store_doubtful_ = false;  // the last commit failed; the commit thread's own
  std::chrono::steady_clock::time_point linger_end_{};
  std::uint64_t generation_ = 1;
  std::optional<Error> last_failure_;
  GroupCommitStats stats_;
  std::thread thread_;
};

}  // namespace millrace::storage
