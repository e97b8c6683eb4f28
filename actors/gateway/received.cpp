#include "actors/gateway/received.h"

#include "runtime/base/limits.h"
#include "runtime/digests/sha256.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// Removed by one that comes: more than come, so that old ones do not pile up.
constexpr std::size_t cleared_at_once = 32;
/// How long a shard is left alone when nothing old is there.
constexpr Millis clearing_pause{60'000};

std::string text_of(const Received::Key& key) {
  return key.project.text + '\0' + key.user.text + '\0' + key.digest;
}

}  // namespace

Received::Key Received::key_of(const ProjectId& project, const UserId& user, std::string_view door,
                               std::string_view what, std::string_view id) {
  std::string named;
  // Each with its length, or "a"+"bc" would be "ab"+"c".
  for (const std::string_view part : {door, what, id}) {
    named += std::to_string(part.size()) + ':';
    named += part;
  }
  const Sha256 digest = sha256(named);
  return {project, user, std::string(digest.begin(), digest.end())};
}

Received::Hold::Hold(Received& received, std::vector<Key> keys) {
  // In one order for everybody, or two could wait for each other.
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const Key& key : keys) locks_.emplace_back(received.held_, text_of(key));
}

Result<std::optional<storage::ReceivedRow>> Received::find(const Key& key) {
  auto row = table_.find(key.project, key.user, key.digest);
  if (!row || !*row) return row;
  if ((*row)->at > clock_.now() - limits::received_kept_for) return row;
  // It is removed before it is put again: nobody who clears may have read the old one by then.
  const std::lock_guard lock(clearing_);
  auto batch = commits_.begin(shard_of(key.project, key.user));
  if (!batch) return batch.error();
  storage::ReceivedTable::remove(*batch, **row);
  if (auto removed = commits_.commit(std::move(*batch)); !removed) return removed.error();
  return std::optional<storage::ReceivedRow>();
}

void Received::put(storage::WriteBatch& batch, const Key& key, std::vector<ExecutionId> executions,
                   std::string content, std::uint8_t held_by) const {
  storage::ReceivedTable::put(batch, {key.project, key.user, key.digest, clock_.now(),
                                      std::move(content), std::move(executions), held_by});
}

void Received::clear(ShardId shard) {
  const std::unique_lock lock(clearing_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // the next one does it
  const Instant now = clock_.now();
  Cleared& cleared = cleared_[static_cast<std::size_t>(shard)];
  if (now < cleared.next) return;
  auto batch = commits_.begin(shard);
  if (!batch) return;  // its owner clears
  const Instant before = now - limits::received_kept_for;
  const auto removed = table_.remove_old(*batch, shard, cleared.until, before, cleared_at_once);
  if (!removed) return;  // whoever looks for it is told
  const bool is_done = *removed < cleared_at_once;
  if (*removed > 0 && !commits_.commit(std::move(*batch))) return;
  if (!is_done) return;  // the next one goes on
  cleared.until = before;
  cleared.next = now + clearing_pause;
}

}  // namespace millrace
