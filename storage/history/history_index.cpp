#include "storage/history/history_index.h"

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/history/history_limits.h"
#include "storage/keys.h"
#include "storage/record_codec.h"

#include <algorithm>
#include <utility>

namespace millrace::storage {
namespace {

using keys::HistoryPart;

constexpr std::uint8_t record_version = 1;
/// Changes all over a project's history touch many blocks: what one commit takes of them.
constexpr std::size_t bytes_per_commit = 2u << 20;

std::string block_key(const ProjectId& project, HistoryPart part, const HistoryOrder& first) {
  return keys::history_blocks(project, part).append(as_text(first));
}

void remove_block(WriteBatch& batch, const ProjectId& project, const HistoryOrder& first) {
  for (const auto part : {HistoryPart::head, HistoryPart::runs, HistoryPart::users,
                          HistoryPart::states, HistoryPart::durations}) {
    batch.remove(block_key(project, part, first));
  }
}

void put_block(WriteBatch& batch, const ProjectId& project, const HistoryBlock& block,
               HistoryBlock::Changed changed) {
  BlockRows rows = block.encode();
  const HistoryOrder& first = block.first();
  batch.put(block_key(project, HistoryPart::head, first), std::move(rows.head));
  batch.put(block_key(project, HistoryPart::states, first), std::move(rows.states));
  batch.put(block_key(project, HistoryPart::durations, first), std::move(rows.durations));
  if (changed == HistoryBlock::Changed::states) return;
  batch.put(block_key(project, HistoryPart::runs, first), std::move(rows.runs));
  batch.put(block_key(project, HistoryPart::users, first), std::move(rows.users));
}

/// Writes what has become of the block that began with `before`, if it was stored at all.
void replace_block(WriteBatch& batch, const ProjectId& project,
                   const std::optional<HistoryOrder>& before, HistoryBlock block,
                   HistoryBlock::Changed changed, bool is_last) {
  if (changed == HistoryBlock::Changed::nothing) return;
  auto parts = std::move(block).split(is_last);
  if (before && (parts.empty() || parts.front().first() != *before)) {
    remove_block(batch, project, *before);
    changed = HistoryBlock::Changed::all;
  }
  if (parts.size() > 1) changed = HistoryBlock::Changed::all;
  for (const HistoryBlock& part : parts) put_block(batch, project, part, changed);
}

/// The block keys' end; an error for keys of another size.
Result<HistoryOrder> first_of(std::string_view key, std::size_t prefix_size) {
  const std::string_view order = key.substr(prefix_size);
  if (order.size() == keys::history_order_bytes) return history_order_of(order);
  return Error(ErrorCode::corrupt_data, "The history index holds a key that does not belong.");
}

std::string_view order_in(std::string_view history_key) {
  return history_key.substr(history_key.size() - keys::history_order_bytes);
}

}  // namespace

// --- what waits ---------------------------------------------------------------------------------

std::shared_mutex& HistoryIndex::stripe(const ProjectId& project) const {
  return stripes_[static_cast<std::size_t>(shard_of(project)) % stripes_.size()];
}

Result<std::optional<HistoryIndex::Held>> HistoryIndex::hold(const ProjectId& project) const {
  Held held(stripe(project));
  const auto now = state(project);
  if (!now.ok()) return now.error();
  return now->is_filled ? std::optional(std::move(held)) : std::nullopt;
}

std::vector<HistoryIndex::Waiting> HistoryIndex::waiting() const {
  std::map<ProjectId, Waiting> projects;
  for (auto& [project, changes] : changes_.projects()) {
    projects[project] = {project, changes, false};
  }
  {
    const std::lock_guard lock(mutex_);
    for (const ProjectId& project : unfilled_) {
      Waiting& waiting = projects[project];
      waiting.project = project;
      waiting.is_unfilled = true;
    }
  }
  std::vector<Waiting> all;
  for (auto& [project, waiting] : projects) all.push_back(std::move(waiting));
  return all;
}

Outcome HistoryIndex::reload() {
  if (!changes_.is_incomplete()) return Done{};
  return changes_.reload(store_);
}

Result<bool> HistoryIndex::catch_up(const ProjectId& project) {
  // Of which projects the missing changes are nobody can say before they are read.
  if (changes_.is_incomplete()) return false;
  const auto is_ready = [&]() -> Result<bool> {
    const auto held = hold(project);
    if (!held.ok()) return held.error();
    return held->has_value();
  };
  auto ready = is_ready();
  if (ready.ok() && !*ready) {
    // Enough for most projects.
    if (const auto step = fold(project); !step.ok()) return step.error();
    ready = is_ready();
  }
  if (!ready.ok() || !*ready) return ready;
  // What another thread folds at this moment does not wait here, but whoever reads waits for that thread. Two steps
  // take more than one step's most.
  const std::size_t waiting = changes_.waiting(project);
  const std::size_t steps = waiting == 0 ? 0 : 2 * (waiting / limits::history_fold_max) + 2;
  for (std::size_t i = 0; i < steps; ++i) {
    const auto more = fold(project);
    if (!more.ok()) return more.error();
    if (!*more) break;
  }
  return true;
}

Outcome HistoryIndex::forget(const ProjectId& project) {
  const std::unique_lock held(stripe(project));
  auto dropped = drop(project);
  const std::lock_guard lock(mutex_);
  if (dropped.ok()) unfilled_.insert(project);
  return dropped;
}

Result<bool> HistoryIndex::fold(const ProjectId& project) {
  const std::unique_lock held(stripe(project));
  auto now = state(project);
  if (!now.ok()) return now.error();
  auto more = now->is_filled ? fold_changes(project) : fill(project, std::move(*now));
  if (!more.ok() && more.error().code == ErrorCode::corrupt_data && now->is_filled) {
    // A view: what it is of is whole, or says so itself when it is read.
    if (auto dropped = drop(project); !dropped.ok()) return dropped.error();
    return true;
  }
  const std::lock_guard lock(mutex_);
  if (!more.ok() || now->is_filled) return more;
  if (*more) {
    unfilled_.insert(project);
  } else {
    unfilled_.erase(project);
  }
  return *more || changes_.waiting(project) > 0;
}

// --- state --------------------------------------------------------------------------------------

namespace {

struct StateRow {
  std::uint8_t is_filled = 0;
  std::string filled_to;
};
constexpr auto state_fields = [](auto& record, auto& row) {
  record.number_if_any(1, row.is_filled);
  record.text_if_any(2, row.filled_to);
};

}  // namespace

Result<HistoryIndex::State> HistoryIndex::state(const ProjectId& project) const {
  const auto row = store_.get(keys::history_index_state(project));
  if (!row.ok()) return row.error();
  if (!*row) return State();
  const auto read = read_record<StateRow>(**row, "history index", record_version, state_fields);
  if (!read.ok()) return read.error();
  return State{read->is_filled != 0, read->filled_to};
}

void HistoryIndex::put_state(WriteBatch& batch, const ProjectId& project, const State& state) {
  const StateRow row{static_cast<std::uint8_t>(state.is_filled ? 1 : 0), state.filled_to};
  batch.put(keys::history_index_state(project), write_record(record_version, row, state_fields));
}

Result<WriteBatch> HistoryIndex::begin(const ProjectId& project) const {
  const auto fence = fences_(shard_of(project));
  if (!fence.ok()) return fence.error();
  WriteBatch batch;
  batch.require(*fence);
  return batch;
}

Outcome HistoryIndex::drop(const ProjectId& project) {
  auto batch = begin(project);
  if (!batch.ok()) return batch.error();
  batch->remove_prefix(keys::history_index(project));
  return commit_(project, std::move(*batch));
}

// --- filling ------------------------------------------------------------------------------------

Result<bool> HistoryIndex::fill(const ProjectId& project, State state) {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : ShardSet::all()) {
    KeyRange range{keys::history(shard, project)};
    if (!state.filled_to.empty()) range.from = range.prefix + state.filled_to + '\0';
    ranges.push_back(std::move(range));
  }
  ManyOptions options;
  options.order = ManyOptions::Order::by_tail;
  options.limit = limits::history_fill_step;
  const auto cursor = store_.scan_many(std::move(ranges), options);

  auto batch = begin(project);
  if (!batch.ok()) return batch.error();
  HistoryBlock block;
  std::size_t count = 0;
  const auto put = [&] {
    if (!block.empty()) put_block(*batch, project, block, HistoryBlock::Changed::all);
    block = HistoryBlock();
  };
  for (; cursor->valid(); cursor->next(), ++count) {
    const auto summary = view_summary(cursor->value());
    if (!summary.ok()) return summary.error();
    state.filled_to = order_in(cursor->key());
    block.append(history_order_of(state.filled_to), *summary);
    if (block.size() == limits::history_block_runs_max) put();
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  put();
  // All steps but the last are of whole blocks. What is written before `filled_to` meanwhile is a change
  // that waits until all is filled.
  state.is_filled = count < limits::history_fill_step;
  if (state.is_filled) state.filled_to.clear();
  put_state(*batch, project, state);
  if (const auto committed = commit_(project, std::move(*batch)); !committed.ok())
    return committed.error();
  return !state.is_filled;
}

// --- folding ------------------------------------------------------------------------------------

Result<bool> HistoryIndex::fold_changes(const ProjectId& project) {
  auto sets = changes_.take(project, limits::history_fold_max);
  if (sets.empty()) return false;
  if (auto applied = apply(project, sets); !applied.ok()) {
    changes_.give_back(project, std::move(sets));
    return applied.error();
  }
  return changes_.waiting(project) > 0;
}

Outcome HistoryIndex::apply(const ProjectId& project, const std::vector<HistoryChangeSet>& sets) {
  Latest latest;
  for (const HistoryChangeSet& set : sets) {
    for (const HistoryChange& change : set.changes) latest[change.order] = change;
  }
  auto batch = begin(project);
  if (!batch.ok()) return batch.error();
  for (auto at = latest.begin(); at != latest.end();) {
    const auto place = place_of(project, at->first);
    if (!place.ok()) return place.error();
    HistoryBlock block;
    if (place->first) {
      auto loaded = load(project, *place->first);
      if (!loaded.ok()) return loaded.error();
      block = std::move(*loaded);
    }
    CHECK(!place->next || at->first < *place->next, "a run belongs to the block found for it");
    auto changed = HistoryBlock::Changed::nothing;
    for (; at != latest.end() && (!place->next || at->first < *place->next); ++at) {
      const auto one = change(project, block, at->second);
      if (!one.ok()) return one.error();
      changed = std::max(changed, *one);
    }
    replace_block(*batch, project, place->first, std::move(block), changed, !place->next);
    if (batch->bytes() < bytes_per_commit) continue;
    // Folding is repeated from the change rows if it does not come to its end: they stay until then.
    auto rest = begin(project);
    if (!rest.ok()) return rest.error();
    if (auto committed = commit_(project, std::exchange(*batch, std::move(*rest)));
        !committed.ok()) {
      return committed;
    }
  }
  for (const HistoryChangeSet& set : sets) {
    const auto fence = fences_(keys::shard_in(set.key));
    if (!fence.ok()) return fence.error();
    batch->require(*fence);
    batch->remove(set.key);
  }
  return commit_(project, std::move(*batch));
}

Result<HistoryIndex::Place> HistoryIndex::place_of(const ProjectId& project,
                                                   const HistoryOrder& order) const {
  // By the smallest column. The last block that begins at the run or before it; else the first of all.
  const std::string prefix = keys::history_blocks(project, HistoryPart::head);
  const std::string key = prefix + std::string(as_text(order));
  Place place;
  auto before = store_.scan(prefix, Direction::backward, key);
  if (!before->valid()) {
    if (const auto read = before->status(); !read.ok()) return read.error();
    before = store_.scan(prefix);
  }
  if (const auto read = before->status(); !read.ok()) return read.error();
  if (!before->valid()) return place;
  auto first = first_of(before->key(), prefix.size());
  if (!first.ok()) return first.error();
  place.first = *first;
  const std::string behind = prefix + std::string(as_text(*first)) + '\0';
  const auto after = store_.scan(prefix, Direction::forward, behind);
  if (const auto read = after->status(); !read.ok()) return read.error();
  if (after->valid()) {
    auto next = first_of(after->key(), prefix.size());
    if (!next.ok()) return next.error();
    place.next = *next;
  }
  return place;
}

Result<HistoryBlock> HistoryIndex::load(const ProjectId& project, const HistoryOrder& first) const {
  BlockRows rows;
  for (const auto& [part, to] :
       {std::pair{HistoryPart::head, &rows.head}, std::pair{HistoryPart::runs, &rows.runs},
        std::pair{HistoryPart::users, &rows.users}, std::pair{HistoryPart::states, &rows.states}}) {
    auto row = store_.get(block_key(project, part, first));
    if (!row.ok()) return row.error();
    if (!*row) return Error(ErrorCode::corrupt_data, "A block of the history index lacks a row.");
    *to = std::move(**row);
  }
  return HistoryBlock::decode(rows);
}

Result<HistoryBlock::Changed> HistoryIndex::change(const ProjectId& project, HistoryBlock& block,
                                                   const HistoryChange& change) const {
  using Known = HistoryChange::Known;
  if (change.known == Known::removed) return block.remove(change.order);
  std::string row = change.row;
  if (change.known == Known::nothing) {
    const auto place = keys::parse_history_order(as_text(change.order));
    CHECK(place.has_value(), "a place in the history has a fixed size");
    auto stored = store_.get(keys::history_row(project, place->started, place->id));
    if (!stored.ok()) return stored.error();
    if (!*stored) return block.remove(change.order);
    row = std::move(**stored);
  }
  const auto summary = view_summary(row);
  if (!summary.ok()) return summary.error();
  return block.put(change.order, *summary);
}

}  // namespace millrace::storage
