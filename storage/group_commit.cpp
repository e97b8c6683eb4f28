#include "storage/group_commit.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace millrace::storage {
namespace {

/// How often one group is written anew because fences became stale. Each round needs a change of
/// ownership during the round, so more than a few mean that something else is wrong.
constexpr int stale_rounds_max = 8;
/// What an operation costs beside its bytes, in bytes: a row of 50 bytes is written in about half of the time of one of
/// 500.
constexpr std::int64_t operation_cost = 256;
/// A turn gives as much as a short run writes.
constexpr std::int64_t turn_quantum = 8 << 10;
/// A batch may be larger than that: its lane then passes so many turns at most.
constexpr std::int64_t turn_debt_max = 4 << 20;

/// Where a batch ends within those that it was merged with.
struct End {
  std::size_t operations = 0;
  std::size_t settled = 0;
};

}  // namespace

GroupCommit::GroupCommit(OrderedStore& store, GroupCommitOptions options)
    : store_(store),
      options_(options),
      commit_cost_max_(static_cast<std::int64_t>(options.commit_bytes_max)),
      turns_({turn_quantum, turn_debt_max}),
      thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  CHECK(queue_.empty(), "batches are left without an answer");
}

void GroupCommit::submit(WriteBatch batch, const Submission& submission, OnCommitted on_committed) {
  const Generation generation = submission.generation;
  Waiting waiting;
  waiting.bytes = batch.bytes();
  waiting.cost = static_cast<std::int64_t>(waiting.bytes) +
                 static_cast<std::int64_t>(batch.operations().size()) * operation_cost;
  waiting.batch = std::move(batch);
  waiting.on_committed = std::move(on_committed);
  waiting.submitted = moment();

  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    CHECK(static_cast<std::uint64_t>(generation) <= generation_, "there is no such generation");
    if (generation != Generation::any && static_cast<std::uint64_t>(generation) != generation_) {
      CHECK(last_failure_.has_value(), "a generation has ended without a failure");
      waiting.refusal = last_failure_;
    }
    const bool was_empty = queue_.empty();
    const bool was_due = is_due();
    if (was_empty) linger_end_ = std::chrono::steady_clock::now() + options_.linger;
    queue_cost_ += waiting.cost;
    stats_.waiting_bytes += waiting.bytes;
    ++stats_.waiting_batches;
    is_urgent_ = is_urgent_ || submission.urgency == Urgency::urgent;
    queue(submission.lane, std::move(waiting));
    // The thread sleeps until the first batch, then until the group is due; nothing else wakes it.
    must_wake = was_empty || (!was_due && is_due());
  }
  if (must_wake) wake_.notify_one();
}

Outcome GroupCommit::commit_and_wait(WriteBatch batch, const ProjectId& lane) {
  CHECK(std::this_thread::get_id() != thread_.get_id(), "the commit thread cannot wait for itself");
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Outcome> outcome;
  submit(std::move(batch), {.lane = lane}, [&](const Outcome& result) {
    // Notified under the lock: the waiting thread takes all three away as soon as it is released.
    const std::lock_guard lock(mutex);
    outcome = result;
    answered.notify_one();
  });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return outcome.has_value(); });
  return *outcome;
}

Generation GroupCommit::generation() const {
  const std::lock_guard lock(mutex_);
  return Generation{generation_};
}

bool GroupCommit::is_full() const {
  const std::lock_guard lock(mutex_);
  return stats_.waiting_bytes >= options_.queue_bytes_max;
}

GroupCommitStats GroupCommit::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void GroupCommit::run() {
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock)) {
    Group group = take_group();
    lock.unlock();
    commit(group);
    lock.lock();
  }
}

bool GroupCommit::wait_for_work(std::unique_lock<std::mutex>& lock) {
  wake_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
  wake_.wait_until(lock, linger_end_, [this] { return is_due(); });
  return !queue_.empty();
}

bool GroupCommit::is_due() const {
  return is_urgent_ || is_stopping_ || queue_cost_ >= commit_cost_max_;
}

void GroupCommit::queue(const ProjectId& lane, Waiting waiting) {
  const bool has_lane = lane != ProjectId();
  if (queue_.empty() || queue_.back().has_lanes != has_lane) queue_.push_back({has_lane});
  Stretch& stretch = queue_.back();
  auto& batches = stretch.lanes[lane];
  if (batches.empty()) {
    // The lanes of the first stretch are known by their turns.
    if (queue_.size() == 1) {
      turns_.push(lane);
    } else {
      stretch.in_order.push_back(lane);
    }
  }
  batches.push_back(std::move(waiting));
}

GroupCommit::Lanes::iterator GroupCommit::next_lane() {
  // Alone, a lane has nobody to take turns with, and is not looked for.
  auto& lanes = queue_.front().lanes;
  return lanes.size() == 1 ? lanes.begin() : lanes.find(turns_.next());
}

GroupCommit::Waiting GroupCommit::take_next() {
  Stretch& stretch = queue_.front();
  const bool is_alone = stretch.lanes.size() == 1;
  const auto lane = next_lane();
  Waiting taken = std::move(lane->second.front());
  lane->second.pop_front();
  if (!is_alone) turns_.charge(lane->first, taken.cost);
  if (lane->second.empty()) {
    turns_.remove(lane->first);
    stretch.lanes.erase(lane);
  }
  if (stretch.lanes.empty()) {
    queue_.pop_front();
    if (!queue_.empty()) {
      for (const ProjectId& each : queue_.front().in_order) turns_.push(each);
    }
  }
  return taken;
}

GroupCommit::Group GroupCommit::take_all() {
  Group all;
  while (!queue_.empty()) all.push_back(take_next());
  queue_cost_ = 0;
  is_urgent_ = false;
  return all;
}

GroupCommit::Group GroupCommit::take_group() {
  Group group;
  std::int64_t room = commit_cost_max_;
  while (!queue_.empty() && (group.empty() || next_lane()->second.front().cost <= room)) {
    group.push_back(take_next());
    room -= group.back().cost;
    queue_cost_ -= group.back().cost;
  }
  // What is left has waited for this commit: its linger has passed or will not be extended, and an
  // urgent batch may be among it.
  if (queue_.empty()) is_urgent_ = false;
  CHECK(!group.empty(), "a commit is due but nothing waits");
  return group;
}

void GroupCommit::commit(Group& group) {
  const Moment begun = moment();
  const Outcome outcome = write(group);
  if (outcome.ok()) {
    record(group, begun);
    return answer(group, outcome);
  }
  Group waiting = end_generation(outcome.error());
  answer(group, outcome);
  answer(waiting, outcome);
}

Outcome GroupCommit::write(Group& group) {
  // The batches are merged by moving, as this happens a thousand times a commit. Where each one
  // lies is remembered, so that the rare group with a stale fence can be put together again.
  WriteBatch merged;
  std::vector<std::vector<Fence>> fences(group.size());
  std::vector<End> ends(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (!group[i].refusal) {
      fences[i] = group[i].batch.fences();
      merged.append(std::move(group[i].batch));
    }
    ends[i] = {merged.operations().size(), merged.settled().size()};
  }

  CHECK(ends.back().operations == merged.operations().size(),
        "operations were merged that are nobody's");

  Outcome outcome = commit_followed(merged);
  for (int round = 0; round < stale_rounds_max; ++round) {
    // A store compares the fences before it writes anything, so a refused group has left no trace.
    if (outcome.ok() || !means_shard_moved(outcome.error().code)) return outcome;
    const auto found = refuse_moved(group, fences);
    if (!found.ok()) return found.error();
    if (!*found) return outcome;

    WriteBatch rest;
    End begin;
    for (std::size_t i = 0; i < group.size(); begin = ends[i++]) {
      if (group[i].refusal) continue;
      for (std::size_t j = begin.operations; j < ends[i].operations; ++j) {
        rest.add(merged.operations()[j]);
      }
      for (std::size_t j = begin.settled; j < ends[i].settled; ++j) {
        const SettledTasks& each = merged.settled()[j];
        rest.settle(each.project, each.month, each.tasks);
      }
      for (const Fence& fence : fences[i]) rest.require(fence);
    }
    outcome = commit_followed(rest);
  }
  return outcome;
}

Outcome GroupCommit::try_commit(const WriteBatch& batch) {
  // A bug inside a store must not end the process while a thousand owners wait for an answer.
  try {
    return store_.commit(batch);
  } catch (const std::exception& error) {
    return Error(ErrorCode::internal_error, std::string("A commit met a bug: ") + error.what());
  }
}

Outcome GroupCommit::commit_followed(WriteBatch& batch) {
  // Followers read the store, which may take long for each row while it cannot be reached.
  if (is_store_doubtful_) {
    if (auto there = try_commit(WriteBatch()); !there) return there;
  }
  for (CommitFollower* const follower : options_.followers) follower->before(batch);
  const Outcome outcome = try_commit(batch);
  is_store_doubtful_ = !outcome && !means_shard_moved(outcome.error().code);
  for (CommitFollower* const follower : options_.followers) follower->after(outcome);
  return outcome;
}

Result<bool> GroupCommit::refuse_moved(Group& group,
                                       const std::vector<std::vector<Fence>>& fences) {
  // A batch without operations asks the store about its fences and costs no I/O.
  std::vector<std::pair<Fence, std::optional<Error>>> answers;
  bool found = false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i].refusal) continue;
    for (const Fence& fence : fences[i]) {
      auto known = std::find_if(answers.begin(), answers.end(),
                                [&fence](const auto& a) { return a.first == fence; });
      if (known == answers.end()) {
        WriteBatch question;
        question.require(fence);
        const Outcome current = try_commit(question);
        if (!current.ok() && !means_shard_moved(current.error().code)) {
          return current.error();
        }
        answers.emplace_back(fence,
                             current.ok() ? std::nullopt : std::optional<Error>(current.error()));
        known = std::prev(answers.end());
      }
      if (!known->second) continue;
      group[i].refusal = known->second;
      found = true;
      break;
    }
  }
  return found;
}

GroupCommit::Group GroupCommit::end_generation(const Error& error) {
  const std::lock_guard lock(mutex_);
  // One step with taking the queue: a batch submitted before it is in the queue and fails, one
  // submitted after it names the old generation and is refused.
  ++generation_;
  last_failure_ = error;
  ++stats_.failures;
  return take_all();
}

void GroupCommit::record(const Group& group, Moment begun) const {
  if (options_.timings == nullptr) return;
  std::uint64_t durable = 0;
  for (const Waiting& waiting : group) {
    if (waiting.refusal || waiting.bytes == 0) continue;  // without rows it only asks for its turn
    ++durable;
    options_.timings->wait.record(begun - waiting.submitted);
  }
  if (durable == 0) return;
  options_.timings->commit.record(moment() - begun);
  options_.timings->batches.record(durable);
}

void GroupCommit::answer(Group& group, const Outcome& outcome) {
  std::size_t bytes = 0;
  std::size_t durable_bytes = 0;
  std::size_t durable = 0;
  std::size_t moved = 0;
  for (const Waiting& waiting : group) {
    bytes += waiting.bytes;
    if (waiting.refusal && means_shard_moved(waiting.refusal->code)) ++moved;
    if (!outcome.ok() || waiting.refusal) continue;
    ++durable;
    durable_bytes += waiting.bytes;
  }
  {
    const std::lock_guard lock(mutex_);
    CHECK(stats_.waiting_bytes >= bytes, "more bytes were answered than waited");
    stats_.waiting_bytes -= bytes;
    stats_.waiting_batches -= group.size();
    stats_.moved += moved;
    stats_.batches += durable;
    stats_.bytes += durable_bytes;
    if (durable > 0) ++stats_.commits;
  }
  for (Waiting& waiting : group) {
    // Gone before the next one is told: who waits behind them all may end what they hold.
    const OnCommitted on_committed = std::exchange(waiting.on_committed, nullptr);
    if (on_committed) on_committed(waiting.refusal ? Outcome(*waiting.refusal) : outcome);
  }
}

}  // namespace millrace::storage
