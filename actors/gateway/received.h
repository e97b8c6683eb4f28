#pragma once
// Recognises what comes in twice: a delivery by its provider's id, a trigger by its `Idempotency-Key`.
//
//   hold the keys ─► find each ─► put those that are new into the batch of their runs ─► commit ─► let go
//
// While a key is held, no other request looks for it: of two repeats at the same time the second one finds
// what the first one has stored, or that it has failed. What is put is in the commit of the runs' first
// rows, so a crash leaves both or neither, and a repeat after it neither doubles nor loses. Kept for
// limits::received_kept_for; old ones are removed, a few at a time, as new ones come. Thread-safe; blocks
// on the disk.

#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/keyed_locks.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "storage/tables/received_table.h"

#include <array>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class Received {
 public:
  /// By what a repeat is known, of one user.
  struct Key {
    ProjectId project;
    UserId user;
    std::string digest;
    auto operator<=>(const Key&) const = default;
  };
  /// `door` and `what` tell apart ids that are equal by chance: "webhook", "crm/contactCreated".
  static Key key_of(const ProjectId& project, const UserId& user, std::string_view door,
                    std::string_view what, std::string_view id);

  Received(const storage::OrderedStore& store, FencedCommits commits, const Clock& clock)
      : table_(store), commits_(std::move(commits)), clock_(clock) {}

  /// As long as it lives, nobody else has any of these keys. A thread has one at a time.
  class Hold {
   public:
    Hold(Received& received, std::vector<Key> keys);

   private:
    std::deque<KeyedLocks::Hold> locks_;
  };

  /// What was stored of it; nothing: it is new, or its time is over. While it is held.
  Result<std::optional<storage::ReceivedRow>> find(const Key& key);
  /// Into the batch that starts the runs. While it is held, and `find` has found nothing.
  void put(storage::WriteBatch& batch, const Key& key, std::vector<ExecutionId> executions,
           std::string content = {}, std::uint8_t held_by = 0) const;
  /// Removes some of the shard's that are old. Returns at once if there are none.
  void clear(ShardId shard);

 private:
  const storage::ReceivedTable table_;
  FencedCommits commits_;
  const Clock& clock_;
  KeyedLocks held_;

  /// Whoever removes old rows has it from reading to writing; one that is put again is removed first.
  std::mutex clearing_;
  struct Cleared {
    Instant until{};  // nothing older is left
    Instant next{};   // nothing more to do before that
  };
  std::array<Cleared, shard_count> cleared_{};  // guarded by clearing_
};

}  // namespace millrace
