#include "actors/runs/run_queue.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// Users of one reading.
constexpr std::size_t users_per_reading = 16;

/// No run of the shard has a lower id.
ExecutionId lowest_on(ShardId shard) {
  ExecutionId id;
  id.bytes[7] = static_cast<std::uint8_t>(shard);
  return id;
}

}  // namespace

RunQueue::RunQueue(RunQueueOptions options, Priority priority)
    : options_(options), priority_(priority) {
  CHECK(options.window > 0 && options.window_per_user > 0, "nothing would ever have its turn");
}

bool RunQueue::has_waiting(const UserId& user) const {
  // A user of whom track was lost may have some.
  return has_lost_track_ || window_.size_of(user) > 0 || rows_.contains(user);
}

std::size_t RunQueue::size_of(const UserId& user) const {
  const auto rows = rows_.find(user);
  return window_.size_of(user) + (rows == rows_.end() ? 0 : rows->second.runs);
}

std::optional<RunQueue::Place> RunQueue::place_of(const UserId& user,
                                                  const ExecutionId& execution) const {
  if (!known_.contains(execution)) return std::nullopt;
  Place place;
  window_.visit(user, [&](const WaitingRun& each) {
    place.ready_since = each.ready_since();
    if (each.execution == execution) return false;
    ++place.ahead;
    return true;
  });
  return place;
}

std::size_t RunQueue::ready_before(Instant time, const UserId* user) const {
  std::size_t before = 0;
  const auto count = [&](const WaitingRun& each) {
    if (each.ready_since() < time) ++before;
    return true;
  };
  const auto count_rows = [&](const Rows& rows) {
    const RunStretch& stretch = rows.reading ? *rows.reading : *rows.unread;
    if (stretch.first.made_at() < time) before += rows.runs;
  };
  if (user == nullptr) {
    window_.visit_all(count);
    for (const auto& [each, rows] : rows_) count_rows(rows);
  } else {
    window_.visit(*user, count);
    if (const auto rows = rows_.find(*user); rows != rows_.end()) count_rows(rows->second);
  }
  return before;
}

std::size_t RunQueue::room() const {
  const std::size_t taken = window_.size() - timers_ + promised_;
  return options_.window - std::min(options_.window, taken);
}

// --- coming and going -----------------------------------------------------------------------------

void RunQueue::push(WaitingRun run) {
  if (known_.contains(run.execution)) return;
  if (run.timer) return push_timer(std::move(run));
  const bool keeps_order = !has_lost_track_ && !rows_.contains(run.user);
  if (keeps_order && room() > 0 && window_.size_of(run.user) < options_.window_per_user) {
    into_window(std::move(run));
  } else {
    // Of a user whom the queue may have lost, nobody knows which run is the first in its rows.
    const bool may_be_lost = has_lost_track_ && !rows_.contains(run.user);
    const ExecutionId first = may_be_lost ? lowest_on(run.execution.shard()) : run.execution;
    leave_in_rows(run.user, {first, run.execution}, 1);
  }
}

void RunQueue::push_timer(WaitingRun run) {
  // Runs fill a lane to `window_per_user`: what is above is for timers.
  if (timers_ >= options_.timers) return;
  if (window_.size_of(run.user) >= options_.window_per_user + options_.timers_per_user) return;
  into_window(std::move(run));
}

void RunQueue::into_window(WaitingRun run) {
  known_.insert(run.execution);
  if (run.timer) ++timers_;
  const UserId user = run.user;
  window_.push(user, std::move(run));
}

void RunQueue::Rows::leave_unread(const RunStretch& stretch) {
  if (unread) {
    unread->include(stretch);
  } else {
    unread = stretch;
  }
}

std::optional<WaitingRun> RunQueue::pop() {
  auto run = window_.pop();
  if (!run) return std::nullopt;
  known_.erase(run->execution);
  if (run->timer) --timers_;
  ask_for(run->user);
  return run;
}

void RunQueue::leave_in_rows(const UserId& user, const RunStretch& stretch, std::size_t runs) {
  auto at = rows_.find(user);
  if (at == rows_.end()) {
    if (rows_.size() >= options_.window) {
      has_lost_track_ = lost_again_ = true;
      return;
    }
    at = rows_.try_emplace(user).first;
  }
  Rows& rows = at->second;
  const bool is_named = rows.unread && rows.unread->contains(stretch.last);
  if (!is_named) {
    rows.runs += runs;
    in_rows_ += runs;
  }
  rows.leave_unread(stretch);
  ask_for(user);
}

// --- reading --------------------------------------------------------------------------------------

void RunQueue::ask_for(const UserId& user) {
  const auto at = rows_.find(user);
  if (at == rows_.end() || !at->second.unread || at->second.reading) return;
  if (window_.size_of(user) > options_.window_per_user / 2) return;
  to_read_.push(user);
}

std::optional<RunQueue::Reading> RunQueue::next_reading() {
  if (is_reading_) return std::nullopt;
  if (auto wanted = take_wanted(); !wanted.empty()) {
    is_reading_ = true;
    return Reading(std::move(wanted));
  }
  // What is known is read first. When half of the users are through there is room for others.
  const std::size_t users_max = options_.window - rows_.size();
  if (!has_lost_track_ || 2 * users_max < options_.window) return std::nullopt;
  is_reading_ = true;
  if (!walk_) lost_again_ = false;
  return Reading(UsersWanted{walk_, users_max, priority_});
}

std::vector<RunsWanted> RunQueue::take_wanted() {
  const std::size_t users = std::min({to_read_.size(), room(), users_per_reading});
  std::vector<RunsWanted> wanted;
  if (users == 0) return wanted;
  const std::size_t share = std::min(room() / users, options_.window_per_user);
  for (std::size_t i = 0; i < users; ++i) {
    const UserId user = to_read_.pop();
    Rows& rows = rows_.at(user);
    CHECK(rows.unread && !rows.reading, "there is nothing to read of this user");
    rows.reading = std::exchange(rows.unread, std::nullopt);
    wanted.push_back({user, *rows.reading, share, priority_});
    promised_ += share;
  }
  return wanted;
}

void RunQueue::found(const std::vector<RunsFound>& all, const IsLive& is_live,
                     const WaitsSince& since) {
  is_reading_ = false;
  promised_ = 0;
  for (const RunsFound& each : all) take_in(each, is_live, since);
}

void RunQueue::take_in(const RunsFound& found, const IsLive& is_live, const WaitsSince& since) {
  const UserId& user = found.wanted.user;
  for (const QueuedRun& run : found.runs) {
    if (known_.contains(run.execution) || is_live(user, run.execution)) continue;
    into_window({user, run.execution, since(run.started), {}, priority_});
  }
  Rows& rows = rows_.at(user);
  const std::size_t named = std::min(rows.runs, found.runs.size());
  rows.runs -= named;
  in_rows_ -= named;
  finish(user, found.next ? std::optional(RunStretch{*found.next, found.wanted.stretch.last})
                          : std::nullopt);
}

void RunQueue::finish(const UserId& user, const std::optional<RunStretch>& rest) {
  Rows& rows = rows_.at(user);
  rows.reading.reset();
  if (rest) rows.leave_unread(*rest);
  if (!rows.unread) {
    in_rows_ -= rows.runs;
    rows_.erase(user);
  } else {
    ask_for(user);
  }
}

void RunQueue::found(const UsersFound& found) {
  is_reading_ = false;
  walk_ = found.next;
  if (!walk_ && !lost_again_) has_lost_track_ = false;
  for (const WaitingUser& each : found.users) leave_in_rows(each.user, each.stretch, each.runs);
}

void RunQueue::reading_failed() {
  is_reading_ = false;
  promised_ = 0;
  for (auto& [user, rows] : rows_) {
    if (!rows.reading) continue;
    rows.leave_unread(*rows.reading);
    rows.reading.reset();
  }
}

void RunQueue::read_again() {
  for (const auto& [user, rows] : rows_) ask_for(user);
}

}  // namespace millrace
