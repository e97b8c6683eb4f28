#include "actors/functions/project_queue.h"

#include <algorithm>

namespace millrace {
namespace {

// So many users are asked for a fast call before a worker goes without one.
constexpr int users_asked_max = 64;
// So many calls may begin at workers that are free before one that was interrupted has to go on, for
// which such a worker must end.
constexpr int passed_over_max = 8;

bool is_fast(const QueuedCallPtr& call) { return call->version->is_fast(); }

}  // namespace

// --- calls that have not begun ------------------------------------------------------------------

void ProjectQueue::push(QueuedCallPtr call) { add(std::move(call), End::back); }

void ProjectQueue::push_front(QueuedCallPtr call) { add(std::move(call), End::front); }

void ProjectQueue::add(QueuedCallPtr call, End end) {
  QueuedCall& added = *call;
  auto& lanes = users_[added.user].calls;
  const std::uint32_t version = added.version->id();
  added.place = end == End::back ? lanes.push(version, std::move(call))
                                 : lanes.push_front(version, std::move(call));
  ++queued_;
  settle(added.user);
}

QueuedCallPtr ProjectQueue::take(Want want) {
  UserId user;
  QueuedCallPtr call;
  if (want == Want::fast) {
    call = take_fast(hungry_, user);
    if (call == nullptr) call = take_fast(served_, user);
  } else if (const UserId* const first = next()) {
    user = *first;
    UserCalls& calls = users_.at(user);
    const bool must_resume = calls.resumptions > 0 && calls.passed_over >= passed_over_max;
    if (may_begin(calls) && !must_resume && !calls.calls.empty()) {
      call = std::move(*calls.calls.pop());
      if (calls.resumptions > 0) ++calls.passed_over;
    }
  }
  if (call == nullptr) return nullptr;
  --queued_;
  ++users_.at(user).running;
  passed(user);
  return call;
}

QueuedCallPtr ProjectQueue::take_fast(const Turns& turns, UserId& taker) {
  QueuedCallPtr call;
  int asked = 0;
  const UserId* const found = turns.find_if([&](const UserId& user) {
    UserCalls& calls = users_.at(user);
    if (may_begin(calls)) {
      if (auto taken = calls.calls.pop_if(is_fast)) call = std::move(*taken);
    }
    return call != nullptr || ++asked == users_asked_max;
  });
  if (call != nullptr) taker = *found;
  return call;
}

QueuedCallPtr ProjectQueue::remove(const QueuedCall& call) {
  CHECK(call.worker == nullptr && call.place->get() == &call, "took back a call that is elsewhere");
  QueuedCallPtr taken = std::move(*call.place);
  of(call).calls.remove(call.version->id(), call.place);
  --queued_;
  settle(call.user);
  return taken;
}

std::vector<QueuedCallPtr> ProjectQueue::take_all() {
  std::vector<QueuedCallPtr> all;
  std::vector<UserId> users;
  for (auto& [user, calls] : users_) {
    while (auto call = calls.calls.pop()) all.push_back(std::move(*call));
    users.push_back(user);
  }
  queued_ = 0;
  for (const UserId& user : users) settle(user);
  return all;
}

// --- calls at workers ---------------------------------------------------------------------------

void ProjectQueue::ended(QueuedCall& call) {
  UserCalls& calls = of(call);
  std::size_t& count = call.is_suspended ? calls.suspended : calls.running;
  CHECK(count > 0, "a call ended that was not at a worker");
  --count;
  call.is_suspended = false;
  settle(call.user);
}

void ProjectQueue::suspended(QueuedCall& call) {
  UserCalls& calls = of(call);
  CHECK(!call.is_suspended && calls.running > 0, "a call was interrupted that does not run");
  call.is_suspended = true;
  --calls.running;
  ++calls.suspended;
  settle(call.user);
}

void ProjectQueue::resumed(QueuedCall& call) {
  UserCalls& calls = of(call);
  CHECK(call.is_suspended && calls.suspended > 0, "a call went on that was not interrupted");
  call.is_suspended = false;
  --calls.suspended;
  ++calls.running;
  settle(call.user);
}

std::size_t ProjectQueue::running_beside(const QueuedCall& call) const {
  const auto found = users_.find(call.user);
  return found == users_.end() ? 0 : found->second.running;
}

// --- calls that could go on ---------------------------------------------------------------------

void ProjectQueue::can_resume(WorkerId worker, const QueuedCall& call) {
  resumptions_.push_back({worker, call.user});
  ++of(call).resumptions;
  settle(call.user);
}

void ProjectQueue::cannot_resume(WorkerId worker) {
  const auto found = std::find_if(resumptions_.begin(), resumptions_.end(),
                                  [&](const Resumption& each) { return each.worker == worker; });
  if (found == resumptions_.end()) return;
  const UserId user = found->user;
  resumptions_.erase(found);
  --users_.at(user).resumptions;
  settle(user);
}

bool ProjectQueue::resumes_next() const {
  const UserId* const user = next();
  return user != nullptr && users_.at(*user).resumptions > 0;
}

ProjectQueue::WorkerId ProjectQueue::take_resumption() {
  CHECK(!resumptions_.empty(), "no call can go on");
  auto chosen = resumptions_.begin();
  if (resumes_next()) {
    chosen = std::find_if(resumptions_.begin(), resumptions_.end(),
                          [&](const Resumption& each) { return each.user == *next(); });
  }
  const Resumption taken = *chosen;
  resumptions_.erase(chosen);
  UserCalls& calls = users_.at(taken.user);
  --calls.resumptions;
  calls.passed_over = 0;
  passed(taken.user);
  return taken.worker;
}

// --- turns --------------------------------------------------------------------------------------

ProjectQueue::UserCalls& ProjectQueue::of(const QueuedCall& call) {
  const auto found = users_.find(call.user);
  CHECK(found != users_.end(), "a call of a user who has none");
  return found->second;
}

const UserId* ProjectQueue::next() const {
  if (!hungry_.empty()) return &hungry_.front();
  return served_.empty() ? nullptr : &served_.front();
}

void ProjectQueue::passed(const UserId& user) {
  const Standing standing = users_.at(user).standing;
  if (standing == Standing::hungry) hungry_.pass(user);
  if (standing == Standing::served) served_.pass(user);
  settle(user);
}

void ProjectQueue::settle(const UserId& user) {
  const auto found = users_.find(user);
  UserCalls& calls = found->second;
  const bool waits = calls.resumptions > 0 || (!calls.calls.empty() && may_begin(calls));
  const Standing standing = !waits               ? Standing::none
                            : calls.running == 0 ? Standing::hungry
                                                 : Standing::served;
  if (standing != calls.standing) {
    if (calls.standing == Standing::hungry) hungry_.remove(user);
    if (calls.standing == Standing::served) served_.remove(user);
    if (standing == Standing::hungry) hungry_.push(user);
    if (standing == Standing::served) served_.push(user);
    calls.standing = standing;
  }
  const bool has_none = calls.calls.empty() && calls.running + calls.suspended == 0;
  if (has_none && calls.resumptions == 0) users_.erase(found);
}

}  // namespace millrace
