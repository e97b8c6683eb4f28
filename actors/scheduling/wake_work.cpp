#include "actors/scheduling/wake_work.h"

#include "actors/workers/survive.h"
#include "runtime/base/check.h"

namespace millrace {

WakeWork::WakeWork(std::size_t threads, std::size_t held_max, Clock& clock, LogSink log,
                   Serve serve)
    : held_max_(held_max), clock_(clock), log_(std::move(log)), serve_(std::move(serve)) {
  CHECK(threads > 0 && held_max > 0, "nobody would do the work");
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void WakeWork::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WakeWork::wake(const storage::WakeRow& wake) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = targets_.find(wake.target_key);
    if (known != targets_.end()) {
      if (known->second.wake != wake) known->second.next = wake;
      return;
    }
    if (targets_.size() >= held_max_) return;
    targets_.emplace(wake.target_key, Target{wake, std::nullopt});
    due_.emplace(clock_.now(), wake.target_key);
  }
  changed_.notify_one();
}

void WakeWork::run() {
  Lock lock(mutex_);
  while (!stopping_) {
    if (due_.empty()) {
      changed_.wait(lock);
    } else if (const Instant first = due_.begin()->first; clock_.now() < first) {
      clock_.wait_until(lock, changed_, first);
    } else {
      serve_next(lock);
    }
  }
}

void WakeWork::serve_next(Lock& lock) {
  const std::string key = due_.extract(due_.begin()).value().second;
  const storage::WakeRow wake = targets_.at(key).wake;
  std::optional<Instant> again;
  lock.unlock();
  survive(log_, "the serving of wakes", [&] { again = serve_(wake); });
  lock.lock();
  settle(key, again);
}

void WakeWork::settle(const std::string& key, std::optional<Instant> again) {
  Target& target = targets_.at(key);
  if (!again && target.next) {
    target.wake = *std::exchange(target.next, std::nullopt);
    again = clock_.now();
  }
  if (!again) {
    targets_.erase(key);
    return;
  }
  due_.emplace(*again, key);
  changed_.notify_one();
}

}  // namespace millrace
