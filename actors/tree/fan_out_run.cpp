#include "actors/tree/fan_out_run.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {

FanOutRun::FanOutRun(OpenFanOut fan_out, FanOutChildren& children, Options options)
    : fan_out_(std::move(fan_out)),
      actors_(children),
      options_(std::move(options)),
      progress_(*fan_out_.workflow, fan_out_.step, fan_out_.count()) {
  CHECK(options_.places != nullptr, "without a place no element ever runs");
}

FanOutRun::~FanOutRun() { options_.places->give_back(awake_); }

FanOutNews FanOutRun::open(FoundChildren found, Instant soon) {
  CHECK(children_.empty() && awake_ == 0, "a fan-out was opened twice");
  for (auto& [index, result] : found.settled) {
    progress_.mark_started(index);
    progress_.settle(index, std::move(result));
  }
  for (const auto& begun : found.begun) {
    progress_.mark_started(begun.index);
    children_[begun.index].is_delayed = begun.is_delayed;
    if (!begun.due || *begun.due <= soon) make_ready(begun.index);
  }
  stop_if_failing();
  return look();
}

FanOutNews FanOutRun::look() {
  start_children();
  if (must_branch_stop_) {
    if (children_.empty()) return FanOutStopped{};
  } else if (progress_.is_settled()) {
    CHECK(children_.empty(), "a fan-out has settled while a child is in memory");
    const auto input_bytes = to_text(fan_out_.items).size();
    return FanOutConcluded{progress_.conclude(fan_out_.started, input_bytes)};
  } else if (awake_ == 0) {
    is_asleep_ = true;
    is_delayed_ = std::all_of(children_.begin(), children_.end(),
                              [](const auto& child) { return child.second.is_delayed; });
    return FanOutAsleep{};
  }
  return {};
}

// --- starting -------------------------------------------------------------------------------------

void FanOutRun::start_children() {
  if (is_stopping_) return;
  while (can_take_place()) {
    if (!ready_.empty()) {
      // Those that have begun come first: what they hold is on the disk already.
      const std::uint32_t index = ready_.front();
      ready_.pop_front();
      load(index);
    } else if (const auto index = progress_.start_next()) {
      begin(*index);
    } else {
      options_.places->give_back(1);
      return;
    }
  }
}

/// True: one of the run's places is taken.
bool FanOutRun::can_take_place() {
  if (options_.places->take()) return true;
  if (awake_ > 0) return false;
  options_.places->take_anyway();
  return true;
}

void FanOutRun::take_place() {
  ++awake_;
  // Before anything the child does: no run with a child that is awake is DELAYED on the disk.
  if (std::exchange(is_asleep_, false) && options_.wakes) options_.wakes();
}

void FanOutRun::begin(std::uint32_t index) {
  take_place();
  children_[index].state = Child::State::live;
  LoadedBranch branch{fan_out_.element(index), 0, {}};
  branch.is_new = true;
  actors_.spawn(index, std::move(branch));
}

void FanOutRun::load(std::uint32_t index) {
  Child& child = children_.at(index);
  CHECK(child.state == Child::State::ready, "a child was loaded that is in memory");
  take_place();
  child.state = Child::State::loading;
  actors_.load(fan_out_, index);
}

void FanOutRun::make_ready(std::uint32_t index) {
  Child& child = children_.at(index);
  CHECK(child.state == Child::State::asleep, "a child was woken that does not sleep");
  child.state = Child::State::ready;
  ready_.push_back(index);
}

FanOutNews FanOutRun::loaded(std::uint32_t index, Result<LoadedBranch> branch) {
  Child* const child = find(index);
  if (child == nullptr || child->state != Child::State::loading) return {};
  if (is_stopping_) {
    give_up(index);
  } else if (!branch) {
    fail(index, branch.error());
  } else {
    child->state = Child::State::live;
    child->mail_sent = false;
    actors_.spawn(index, std::move(*branch));
  }
  return look();
}

bool FanOutRun::wake(std::uint32_t index, const storage::TimerRow& fired) {
  Child* const child = find(index);
  if (child == nullptr) return false;
  if (child->state == Child::State::asleep) {
    make_ready(index);
    start_children();
  } else if (child->is_awake()) {
    child->mail_sent = true;
    if (child->state == Child::State::live) actors_.pass_on(index, fired);
  }
  return true;
}

// --- ending ---------------------------------------------------------------------------------------

FanOutRun::Child* FanOutRun::find(std::uint32_t index) {
  const auto found = children_.find(index);
  return found == children_.end() ? nullptr : &found->second;
}

FanOutNews FanOutRun::settled(std::uint32_t index, BranchResult result) {
  if (find(index) == nullptr) return {};
  forget(index);
  progress_.settle(index, std::move(result));
  stop_if_failing();
  return look();
}

FanOutNews FanOutRun::asleep(std::uint32_t index, bool in_delay) {
  Child* const child = find(index);
  if (child == nullptr) return {};
  if (is_stopping_) {  // told too late, when it had fallen asleep already
    give_up(index);
  } else {
    give_place_back(*child);
    child->is_delayed = in_delay;
    if (child->mail_sent) make_ready(index);
  }
  return look();
}

FanOutNews FanOutRun::abandoned(std::uint32_t index) {
  if (find(index) == nullptr) return {};
  CHECK(is_stopping_, "a child was abandoned while its fan-out goes on");
  give_up(index);
  return look();
}

FanOutNews FanOutRun::crashed(std::uint32_t index, const std::string& reason) {
  Child* const child = find(index);
  if (child == nullptr) return {};
  give_place_back(*child);
  // A child does not say how far it was, so all its crashes count together.
  if (child->crashes.decide(ActorEnd::crash, 0) == RestartDecision::park) {
    fail(index, Error(ErrorCode::actor_crashed,
                      "crashed three times; this is a bug in Millrace: " + reason));
  } else if (is_stopping_) {
    give_up(index);
  } else {
    make_ready(index);
  }
  return look();
}

void FanOutRun::give_place_back(Child& child) {
  if (child.is_awake()) {
    CHECK(awake_ > 0, "more children left memory than were in it");
    --awake_;
    options_.places->give_back(1);
  }
  child.state = Child::State::asleep;
}

void FanOutRun::forget(std::uint32_t index) {
  const auto child = children_.find(index);
  CHECK(child->second.state != Child::State::ready, "a child that waits for a place has ended");
  give_place_back(child->second);
  children_.erase(child);
}

/// It stops before its end.
void FanOutRun::give_up(std::uint32_t index) {
  forget(index);
  // When its branch stops, there will be no reduce.
  if (progress_.is_failing()) progress_.abandon(index);
}

void FanOutRun::fail(std::uint32_t index, Error error) {
  forget(index);
  BranchResult result;
  result.failure = BranchFailure{fan_out_.step.index, std::move(error)};
  progress_.settle(index, std::move(result));
  stop_if_failing();
}

// --- stopping -------------------------------------------------------------------------------------

FanOutNews FanOutRun::stop() {
  must_branch_stop_ = true;
  stop_children();
  return look();
}

void FanOutRun::stop_if_failing() {
  if (progress_.is_failing()) stop_children();
}

void FanOutRun::stop_children() {
  if (std::exchange(is_stopping_, true)) return;
  ready_.clear();
  std::vector<std::uint32_t> waiting;
  for (auto& [index, child] : children_) {
    if (child.state == Child::State::live) actors_.stop_after_step(index);
    if (child.is_awake()) continue;
    child.state = Child::State::asleep;  // not ready any more
    waiting.push_back(index);
  }
  for (const auto index : waiting) give_up(index);
}

}  // namespace millrace
