#include "storage/usage/stored_bytes.h"

#include "storage/keys.h"

#include <algorithm>

namespace millrace::storage {
namespace {

/// What a program that does not count has written to since is not counted, whatever its state says.
bool is_kept(const CountedShard& state, Epoch epoch) {
  const auto number = static_cast<std::uint64_t>(epoch);
  return state.epoch != 0 && (state.epoch == number || state.epoch + 1 == number);
}

/// The smallest key above this one.
std::string behind(std::string_view key) { return std::string(key).append(1, '\0'); }

}  // namespace

Outcome StoredBytes::open(OrderedStore& store, std::span<const Fence> owned) {
  WriteBatch begun;
  for (const Fence& fence : owned) {
    const auto shard = static_cast<std::size_t>(fence.shard);
    epochs_[shard] = static_cast<std::uint64_t>(fence.epoch);
    auto state = table_.state(fence.shard);
    if (!state.ok() && state.error().code != ErrorCode::corrupt_data) return state.error();
    if (!state.ok() || !is_kept(*state, fence.epoch)) {
      state = CountedShard();
      begun.remove_prefix(keys::stored_bytes_sums(fence.shard));
    }
    state->epoch = epochs_[shard];
    begun.require(fence);
    StoredBytesTable::put_state(begun, fence.shard, *state);
    counted_.shards[shard] = std::move(*state);
  }
  if (auto stored = store.commit(begun); !stored.ok()) return stored;
  note_uncounted();
  for (std::size_t i = 0; i < options_.first_steps && !is_counted(); ++i) {
    WriteBatch batch;
    for (const Fence& fence : owned) {
      if (!is_uncounted_[static_cast<std::size_t>(fence.shard)]) continue;
      batch.require(fence);
      count_on(batch, fence.shard);
    }
    before(batch);
    auto stored = store.commit(batch);
    after(stored);
    if (!stored.ok()) return stored;
  }
  return Done{};
}

void StoredBytes::count_on(WriteBatch& batch, ShardId shard) {
  // A state of nothing: what it really is comes behind it.
  batch.put(keys::stored_bytes_state(shard), {});
}

// --- following commits ----------------------------------------------------------------------------

void StoredBytes::before(WriteBatch& batch) {
  in_flight_ = {};
  if (std::exchange(must_read_states_, false)) read_states();
  add_up_wanted();
  BatchReckoning reckoning(store_, counted_);
  WriteBatch counts;
  make_steps(batch, reckoning, counts);
  reckoning.add(batch);
  reckoning.settle();
  reads_ += reckoning.reads();
  put_counts(reckoning, counts);
  give_up(batch.fences(), counts);
  batch.append(std::move(counts));
}

void StoredBytes::after(const Outcome& outcome) {
  if (!outcome.ok()) {
    // What the disk has is known when it is read: it may be what the commit would have made of it.
    must_read_states_ = true;
    sums_.clear();
    const std::lock_guard lock(mutex_);
    totals_.clear();
    return;
  }
  for (auto& [key, bytes] : in_flight_.sums) {
    if (std::uint64_t* const known = sums_.find(key)) {
      *known = bytes;
    } else {
      sums_.put(std::move(key), bytes);
    }
  }
  if (in_flight_.moves_states) note_uncounted();
  const std::lock_guard lock(mutex_);
  if (!in_flight_.given_up.empty()) {
    for (const ShardId shard : in_flight_.given_up) given_up_.erase(shard);
    totals_.clear();
    sums_.clear();
  }
  for (const auto& [project, difference] : in_flight_.projects) {
    if (std::int64_t* const total = totals_.find(project)) *total += difference;
  }
}

void StoredBytes::put_counts(const BatchReckoning& reckoning, WriteBatch& counts) {
  given_up_.insert(reckoning.unknown().begin(), reckoning.unknown().end());
  for (const auto& [place, difference] : reckoning.changes()) {
    const auto& [shard, owner] = place;
    if (difference == 0 || given_up_.contains(shard)) continue;
    std::string key = keys::stored_bytes_sum(shard, owner);
    const auto sum = sum_of(key);
    const std::int64_t bytes = sum ? static_cast<std::int64_t>(*sum) + difference : -1;
    if (bytes < 0) {
      given_up_.insert(shard);
      continue;
    }
    StoredBytesTable::put_sum(counts, key, static_cast<std::uint64_t>(bytes));
    in_flight_.sums.emplace_back(std::move(key), static_cast<std::uint64_t>(bytes));
    in_flight_.projects.emplace_back(keys::project_of(owner), difference);
  }
  for (const auto& execution : reckoning.executions()) {
    if (given_up_.contains(execution.id.shard())) continue;
    StoredBytesTable::put_execution(counts, execution.id, execution.bytes);
  }
}

void StoredBytes::give_up(const std::vector<Fence>& fences, WriteBatch& counts) {
  if (given_up_.empty()) return;
  for (const Fence& fence : fences) {
    if (!given_up_.contains(fence.shard)) continue;
    CountedShard& state = counted_.shards[static_cast<std::size_t>(fence.shard)];
    state = CountedShard{.epoch = static_cast<std::uint64_t>(fence.epoch)};
    counts.remove_prefix(keys::stored_bytes_sums(fence.shard));
    StoredBytesTable::put_state(counts, fence.shard, state);
    in_flight_.given_up.push_back(fence.shard);
    in_flight_.moves_states = true;
  }
}

std::optional<std::uint64_t> StoredBytes::sum_of(const std::string& key) {
  if (const std::uint64_t* const known = sums_.find(key)) return *known;
  const auto read = table_.sum(key);
  return read.ok() ? std::optional(*read) : std::nullopt;
}

void StoredBytes::read_states() {
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    auto state = table_.state(ShardId{shard});
    if (!state.ok()) given_up_.insert(ShardId{shard});
    counted_.shards[shard] = state.ok() ? std::move(*state) : CountedShard();
  }
  note_uncounted();
}

// --- counting what was there before ---------------------------------------------------------------

void StoredBytes::make_steps(const WriteBatch& batch, BatchReckoning& reckoning,
                             WriteBatch& counts) {
  StepRoom room{options_.step_rows, options_.step_bytes};
  for (const auto& operation : batch.operations()) {
    if (!keys::is_stored_bytes_state(operation.key)) continue;
    const ShardId shard = keys::shard_in(operation.key);
    step(shard, reckoning, room);
    StoredBytesTable::put_state(counts, shard, counted_.shards[static_cast<std::size_t>(shard)]);
    in_flight_.moves_states = true;
  }
}

void StoredBytes::step(ShardId shard, BatchReckoning& reckoning, StepRoom& room) {
  CountedShard& state = counted_.shards[static_cast<std::size_t>(shard)];
  if (state.is_all || room.rows == 0 || room.bytes == 0) return;
  const std::string begun = state.until;
  const auto cursor = store_.scan(keys::whole_shard(shard), Direction::forward, begun);
  for (; cursor->valid() && room.rows > 0 && room.bytes > 0; cursor->next()) {
    const std::string_view key = cursor->key();
    const std::size_t bytes = key.size() + cursor->value().size();
    const auto owner = keys::owner_of(key);
    const bool continues = owner.kind == keys::RowOwner::Kind::execution &&
                           begun.starts_with(keys::execution(owner.execution));
    reckoning.count(key, bytes, continues);
    state.until = behind(key);
    --room.rows;
    room.bytes -= std::min(room.bytes, bytes);
  }
  state.is_all = !cursor->valid() && cursor->status().ok();
  if (state.is_all) state.until.clear();
}

void StoredBytes::note_uncounted() {
  std::size_t uncounted = 0;
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    is_uncounted_[shard] = epochs_[shard] != 0 && !counted_.shards[shard].is_all;
    if (is_uncounted_[shard]) ++uncounted;
  }
  uncounted_ = uncounted;
}

std::vector<ShardId> StoredBytes::uncounted(std::size_t most) const {
  std::vector<ShardId> shards;
  for (std::uint16_t shard = 0; shard < shard_count && shards.size() < most; ++shard) {
    if (is_uncounted_[shard]) shards.push_back(ShardId{shard});
  }
  return shards;
}

// --- totals ---------------------------------------------------------------------------------------

Result<std::uint64_t> StoredBytes::total(const ProjectId& project, GroupCommit& commits) {
  const auto known = [&]() -> std::optional<std::uint64_t> {
    const std::lock_guard lock(mutex_);
    const std::int64_t* const total = totals_.find(project);
    if (total == nullptr) {
      wanted_.insert(project);
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, *total));
  };
  if (const auto total = known()) return *total;
  // Added up by the commit thread, between two commits. What it answers itself does not matter.
  ignore_result(commits.commit_and_wait({}), "on a full disk the rows are still there to be read");
  if (const auto total = known()) return *total;
  return table_.total(project);
}

void StoredBytes::add_up_wanted() {
  std::set<ProjectId> wanted;
  {
    const std::lock_guard lock(mutex_);
    wanted.swap(wanted_);
  }
  for (const ProjectId& project : wanted) {
    const auto total = table_.total(project);
    if (!total.ok()) continue;  // whoever waits for it reads it himself, and is told
    const std::lock_guard lock(mutex_);
    totals_.put(project, static_cast<std::int64_t>(*total));
  }
}

}  // namespace millrace::storage
