#include "actors/gateway/poll_walk.h"

#include "actors/tenants/follow_poll.h"
#include "runtime/polls/poll_pace.h"
#include "storage/keys.h"

#include <list>
#include <set>
#include <utility>

namespace millrace {

Result<std::optional<Instant>> PollWalk::serve(const storage::WakeRow& wake) {
  const auto row = table_.find(wake.target_key);
  if (!row) return row.error();
  if (!*row) {  // nothing is polled for it any more
    if (auto ended = end(wake, nullptr); !ended) return ended.error();
    return std::optional<Instant>();
  }
  std::string after;
  {
    const std::lock_guard lock(mutex_);
    after = walked_to_[wake.target_key];
  }
  const storage::ScheduleAudience audience(uses_.store, uses_.ownership.owned(), (*row)->project,
                                           (*row)->workflow, storage::Audience::accounts);
  const auto members = audience.list(after, options_.walk_chunk);
  if (!members) return members.error();
  if (auto begun = begin_polls(**row, *members); !begun) return begun.error();
  if (members->size() < options_.walk_chunk) {
    if (auto ended = end(wake, &**row); !ended) return ended.error();
    return std::optional<Instant>();
  }
  const std::lock_guard lock(mutex_);
  walked_to_[wake.target_key] = members->back().key;
  return std::optional(uses_.clock.now());
}

Outcome PollWalk::begin_polls(const storage::PolledWorkflowRow& row,
                              const std::vector<storage::AudienceMember>& members) {
  std::set<ShardId> shards;
  std::set<std::string> keys;  // in one order, so that no two who hold several wait for each other
  for (const auto& member : members) {
    if (member.user.empty()) continue;
    shards.insert(member.shard);
    keys.insert(
        storage::keys::polled_account(row.project, member.user, row.workflow, member.credential));
  }
  std::list<KeyedLocks::Hold> held;
  for (const std::string& key : keys) held.emplace_back(uses_.locks, key);
  storage::WriteBatch batch;
  for (const ShardId shard : shards) {
    const auto fence = uses_.ownership.fence(shard);
    if (!fence) return fence.error();
    batch.require(*fence);
  }
  std::vector<storage::WakeRow> wakes;
  for (const auto& member : members) {
    if (member.user.empty()) continue;
    auto wake =
        begin_poll(uses_.store, batch, row, member.user, member.credential, uses_.clock.now());
    if (!wake) return wake.error();
    if (*wake) wakes.push_back(std::move(**wake));
  }
  if (wakes.empty()) return Done{};
  if (auto stored = uses_.commits.commit(std::move(batch)); !stored) return stored;
  for (const auto& wake : wakes) uses_.schedule(wake);
  return Done{};
}

Outcome PollWalk::end(const storage::WakeRow& wake, const storage::PolledWorkflowRow* row) {
  {
    const std::lock_guard lock(mutex_);
    walked_to_.erase(wake.target_key);
  }
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  storage::WakeTable::remove(*batch, wake);
  std::optional<storage::WakeRow> next;
  if (row != nullptr) {
    // Its times are the same for every walk of the workflow: those of several deploys become one.
    next = storage::PollTable::wake_of(
        *row, next_look(wake.target_key, options_.walk_interval, uses_.clock.now()));
    storage::WakeTable::put(*batch, *next);
  }
  if (auto stored = uses_.commits.commit(std::move(*batch)); !stored) return stored;
  if (next) uses_.schedule(*next);
  return Done{};
}

}  // namespace millrace
