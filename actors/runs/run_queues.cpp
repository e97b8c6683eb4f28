#include "actors/runs/run_queues.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <utility>

namespace millrace {

std::size_t RunQueues::index_of(Priority priority) {
  CHECK(is_priority(priority), "a run has no such priority");
  return static_cast<std::size_t>(priority_max - priority);
}

Priority RunQueues::priority_at(std::size_t index) {
  return static_cast<Priority>(priority_max - index);
}

RunQueue& RunQueues::queue_of(Priority priority) {
  auto& queue = queues_[index_of(priority)];
  if (!queue) {
    queue = std::make_unique<RunQueue>(options_, priority);
    for (const UserId& user : held_) queue->hold(user);
  }
  return *queue;
}

RunQueue* RunQueues::next() const {
  RunQueue* first = nullptr;
  Instant place{};
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const WaitingRun* const run = queues_[i] ? queues_[i]->next() : nullptr;
    if (run == nullptr) continue;
    const Instant its_place = place_in_line(run->ready_since(), priority_at(i));
    if (first != nullptr && its_place >= place) continue;
    first = queues_[i].get();
    place = its_place;
  }
  return first;
}

// --- coming and going -----------------------------------------------------------------------------

void RunQueues::push(WaitingRun run) {
  RunQueue& queue = queue_of(run.priority);
  if (run.timer && !has_room_for_timer(queue)) return;  // its row fires again
  queue.push(std::move(run));
}

bool RunQueues::has_room_for_timer(const RunQueue& queue) const {
  std::size_t timers = 0;
  for (const auto& each : queues_) timers += each ? each->timers() : 0;
  return timers < options_.timers || queue.timers() < options_.timers / queues_.size();
}

std::optional<WaitingRun> RunQueues::pop() {
  RunQueue* const queue = next();
  if (queue == nullptr) return std::nullopt;
  return queue->pop();
}

bool RunQueues::has_turn_above(Priority priority) const {
  for (std::size_t i = 0; i < index_of(priority); ++i) {
    if (queues_[i] && queues_[i]->has_turn()) return true;
  }
  return false;
}

void RunQueues::hold(const UserId& user) {
  if (!held_.insert(user).second) return;
  for (const auto& queue : queues_) {
    if (queue) queue->hold(user);
  }
}

void RunQueues::release(const UserId& user) {
  if (held_.erase(user) == 0) return;
  for (const auto& queue : queues_) {
    if (queue) queue->release(user);
  }
}

// --- who waits ------------------------------------------------------------------------------------

bool RunQueues::has_waiting(const UserId& user, Priority priority) const {
  for (std::size_t i = 0; i <= index_of(priority); ++i) {
    if (queues_[i] && queues_[i]->has_waiting(user)) return true;
  }
  return false;
}

std::size_t RunQueues::size() const {
  std::size_t size = 0;
  for (const auto& queue : queues_) size += queue ? queue->size() : 0;
  return size;
}

std::size_t RunQueues::size_of(const UserId& user) const {
  std::size_t size = 0;
  for (const auto& queue : queues_) size += queue ? queue->size_of(user) : 0;
  return size;
}

std::size_t RunQueues::ahead_of(const UserId& user, const ExecutionId& execution, Priority priority,
                                Among among) const {
  std::size_t own = index_of(priority);
  std::optional<RunQueue::Place> place;
  for (std::size_t i = 0; i < queues_.size() && !place; ++i) {
    if (!queues_[i]) continue;
    place = queues_[i]->place_of(user, execution);
    if (place) own = i;
  }
  if (!place) {
    const std::size_t waiting = queues_[own] ? queues_[own]->size_of(user) : 0;
    place = RunQueue::Place{waiting - std::min<std::size_t>(waiting, 1), execution.made_at()};
  }
  std::size_t ahead = place->ahead;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    if (!queues_[i] || i == own) continue;
    const Instant before = place->ready_since + (priority_at(i) - priority_at(own)) * priority_step;
    ahead += queues_[i]->ready_before(before, among == Among::own_user ? &user : nullptr);
  }
  return ahead;
}

// --- reading --------------------------------------------------------------------------------------

std::optional<RunQueue::Reading> RunQueues::next_reading() {
  if (reading_ != nullptr) return std::nullopt;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const std::size_t at = (reads_next_ + i) % queues_.size();
    if (!queues_[at]) continue;
    auto reading = queues_[at]->next_reading();
    if (!reading) continue;
    reading_ = queues_[at].get();
    reads_next_ = (at + 1) % queues_.size();
    return reading;
  }
  return std::nullopt;
}

RunQueue& RunQueues::reader() {
  CHECK(reading_ != nullptr, "an answer to a reading that is not under way");
  return *std::exchange(reading_, nullptr);
}

void RunQueues::found(const std::vector<RunsFound>& all, const RunQueue::IsLive& is_live,
                      const RunQueue::WaitsSince& since) {
  reader().found(all, is_live, since);
}

void RunQueues::found(const UsersFound& found) { reader().found(found); }

void RunQueues::reading_failed() { reader().reading_failed(); }

void RunQueues::read_again() {
  for (const auto& queue : queues_) {
    if (queue) queue->read_again();
  }
}

}  // namespace millrace
