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
      log_(std::move(log)),
      options_(options),
      stop_(clock),
      thread_([this] { run(); }) {}

StoredBytesCounter::~StoredBytesCounter() {
  stop_.set();
  thread_.join();
}

void StoredBytesCounter::run() {
  do {
    Millis rest = options_.patience;
    survive(log_, "the counting of stored bytes", [&] { rest = step(); });
    stop_.wait_for(rest);
  } while (!stop_.is_set());
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
