#pragma once
// Counts what a store has kept from before there were counts (storage/usage/stored_bytes.h): a thread that has a few
// rows of some shards counted by a commit, gives others their turn, and goes on until nothing is left. It looks
// again every `pause`, as counts of a shard may be given up. While the disk takes no commits it rests.

#include "actors/shards/shard_ownership.h"
#include "actors/workers/stop_sign.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/usage/stored_bytes.h"

#include <cstddef>
#include <thread>

namespace millrace {

struct StoredBytesCounterOptions {
  std::size_t shards_each =
      16;  // of one step, which takes limits::stored_bytes_step_rows of all of them
  Millis between_steps{20};
  Millis pause{1'000};
  Millis patience{30'000};
};

class StoredBytesCounter {
 public:
  using Options = StoredBytesCounterOptions;

  /// Begins at once; all outlive this.
  StoredBytesCounter(storage::StoredBytes& bytes, storage::GroupCommit& commits,
                     const ShardOwnership& ownership, Clock& clock, LogSink log,
                     Options options = {});
  /// Ends the thread after the step at hand. What is left is counted after the next start.
  ~StoredBytesCounter();
  StoredBytesCounter(const StoredBytesCounter&) = delete;
  StoredBytesCounter& operator=(const StoredBytesCounter&) = delete;

 private:
  void run();
  /// How long to rest after it.
  Millis step();

  storage::StoredBytes& bytes_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const LogSink log_;
  const Options options_;
  StopSign stop_;
  std::thread thread_;
};

}  // namespace millrace
