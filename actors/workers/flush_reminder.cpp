#include "actors/workers/flush_reminder.h"

#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <utility>
#include <vector>

namespace millrace {

FlushReminder::FlushReminder(Millis linger, LogSink log)
    : linger_(linger), log_(std::move(log)), thread_([this] { run(); }) {
  CHECK(linger.count() > 0, "a reminder without a linger would remind at once");
}

void FlushReminder::remind(std::shared_ptr<BranchMail> mail) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    was_empty = line_.empty();
    line_.push_back({Steady::now() + linger_, std::move(mail)});
  }
  if (was_empty) wake_.notify_one();
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
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return is_stopping_ || !line_.empty(); });
    if (is_stopping_) return;
    // The thread wakes once for everybody who asked within one linger, not for each of them.
    const auto until = Steady::now() + linger_;
    wake_.wait_until(lock, until, [this] { return is_stopping_; });
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
