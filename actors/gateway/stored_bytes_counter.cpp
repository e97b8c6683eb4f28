#include "actors/gateway/stored_bytes_counter.h"

#include "actors/workers/survive.h"

#include <utility>

namespace millrace {

StoredBytesCounter::StoredBytesCounter(storage::StoredBytes& bytes, storage::GroupCommit& commits,
                                       const ShardOwnership& ownership, Clock& clock, LogSink log,
                                       Options options)
    : bytes_(bytes),
      commits_(commits),
      ownership_(ownership),
      clock_(clock),
      log_(std::move(log)),
      options_(options),
      thread_([this] { run(); }) {}

StoredBytesCounter::~StoredBytesCounter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void StoredBytesCounter::run() {
  for (;;) {
    Millis rest = options_.patience;
    survive(log_, "the counting of stored bytes", [&] { rest = step(); });
    std::unique_lock lock(mutex_);
    const Instant next = clock_.now() + rest;
    while (!stopping_ && clock_.now() < next) clock_.wait_until(lock, wake_, next);
    if (stopping_) return;
  }
}

Millis StoredBytesCounter::step() {
  storage::WriteBatch batch;
  for (const ShardId shard : bytes_.uncounted(options_.shards_each)) {
    const auto fence = ownership_.fence(shard);
    if (!fence) continue;  // its owner counts it
    batch.require(*fence);
    storage::StoredBytes::count_on(batch, shard);
  }
  if (batch.empty()) return options_.pause;
  const auto stored = commits_.commit_and_wait(std::move(batch));
  if (stored) return options_.between_steps;
  log_(LogLevel::warning, "stored bytes are counted later: " + stored.error().message);
  return options_.patience;
}

}  // namespace millrace
