#include "http/wire/connection_threads.h"

#include "runtime/base/check.h"

#include <pthread.h>

namespace millrace {

ConnectionThreads::~ConnectionThreads() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  job_ready_.notify_all();
  changed_.wait(lock, [this] { return threads_ == 0; });
}

bool ConnectionThreads::wait_for_room(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(
      lock, patience, [this] { return idle_ > jobs_.size() || threads_ < options_.threads_max; });
}

bool ConnectionThreads::run(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (idle_ <= jobs_.size() && (threads_ >= options_.threads_max || !start_thread())) return false;
  jobs_.push_back(std::move(job));
  job_ready_.notify_one();
  return true;
}

bool ConnectionThreads::start_thread() {
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  // Detached: a thread that ends by itself after its idle time has nobody to join it. The
  // destructor waits for the count instead.
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  ::pthread_attr_setstacksize(&attributes, options_.stack_bytes);
  pthread_t thread;
  const int failure = ::pthread_create(&thread, &attributes, &ConnectionThreads::enter, this);
  ::pthread_attr_destroy(&attributes);
  if (failure != 0) return false;
  // Counted as idle at once, so that two jobs that come together are not given to one thread.
  ++threads_;
  ++idle_;
  return true;
}

void* ConnectionThreads::enter(void* self) {
  static_cast<ConnectionThreads*>(self)->work();
  return nullptr;
}

void ConnectionThreads::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool has_work = job_ready_.wait_for(lock, options_.idle_life,
                                              [this] { return !jobs_.empty() || stopping_; });
    if (!has_work || jobs_.empty()) break;
    {
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      --idle_;
      lock.unlock();
      job();
    }
    lock.lock();
    ++idle_;
    changed_.notify_all();
  }
  --idle_;
  --threads_;
  // Still under the lock: after it, the object may be gone.
  changed_.notify_all();
}

bool ConnectionThreads::stop(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  job_ready_.notify_all();
  return changed_.wait_until(lock, deadline, [this] { return threads_ == 0; });
}

std::size_t ConnectionThreads::busy() const {
  const std::lock_guard lock(mutex_);
  return threads_ - idle_ + jobs_.size();
}

std::size_t ConnectionThreads::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_;
}

}  // namespace millrace
