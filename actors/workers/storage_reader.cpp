#include "actors/workers/storage_reader.h"

#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <utility>

namespace millrace {

StorageReader::StorageReader(std::size_t threads, storage::GroupCommit& commits, LogSink log)
    : commits_(commits), log_(std::move(log)) {
  CHECK(threads > 0, "without a thread nothing is ever read");
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void StorageReader::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void StorageReader::submit(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void StorageReader::after_commits(const ProjectId& project,
                                  std::function<void(const Outcome& durable)> job) {
  // An empty batch is answered when all earlier ones of its lane are.
  commits_.submit({}, {.lane = project}, [this, job = std::move(job)](const Outcome& durable) {
    submit([job, durable] { job(durable); });
  });
}

void StorageReader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    survive(log_, "a job of the storage reader", job);
    job = nullptr;  // what it holds goes without the lock
    lock.lock();
  }
}

}  // namespace millrace
