#include "actors/workers/flush_reminder.h"

#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <utility>
#include <vector>

namespace millrace {
namespace {

constexpr int idle_after_rounds = 16;

}  // namespace

FlushReminder::FlushReminder(Millis linger, LogSink log)
    : linger_(linger), log_(std::move(log)), thread_([this] { run(); }) {
  CHECK(linger.count() > 0, "a reminder without a linger would remind at once");
}

void FlushReminder::remind(std::shared_ptr<BranchMail> mail) {
  bool was_idle = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    line_.push_back({Steady::now() + linger_, std::move(mail)});
    was_idle = std::exchange(is_idle_, false);
  }
  if (was_idle) wake_.notify_one();
}

void FlushReminder::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    line_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FlushReminder::run() {
  int empty_rounds = 0;
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (empty_rounds == idle_after_rounds) {
      is_idle_ = true;
      wake_.wait(lock, [this] { return is_stopping_ || !is_idle_; });
      empty_rounds = 0;
      continue;
    }
    // The thread wakes once for everybody who asked within one linger, not for each of them; and goes on
    // to look for a while, since who asks once often asks again.
    wake_.wait_for(lock, linger_, [this] { return is_stopping_; });
    empty_rounds = line_.empty() ? empty_rounds + 1 : 0;
    std::vector<std::shared_ptr<BranchMail>> due;
    for (const auto now = Steady::now(); !line_.empty() && line_.front().due <= now;) {
      due.push_back(std::move(line_.front().mail));
      line_.pop_front();
    }
    lock.unlock();
    for (const auto& mail : due) {
      survive(log_, "the reminder of journals", [&] { mail->deliver(FlushDue{}); });
    }
    due.clear();
    lock.lock();
  }
}

}  // namespace millrace
