#include "storage/history/history_changes.h"

#include "runtime/base/check.h"
#include "storage/history/history_limits.h"
#include "storage/record_codec.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;
/// The lower bits of a change row's number count, the higher ones are the epoch.
constexpr int count_bits = 40;

struct ChangeRow {
  ProjectId project;
  std::string orders;
};
constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.orders);
};

/// Under which epoch the batch writes to the shard; 0 for stores that nobody has claimed.
std::uint64_t epoch_of(const WriteBatch& batch, ShardId shard) {
  for (const Fence& fence : batch.fences()) {
    if (fence.shard == shard) return static_cast<std::uint64_t>(fence.epoch);
  }
  return 0;
}

/// The project, as the key has it: to tell runs of different projects apart without reading them.
std::string_view project_bytes(std::string_view key) {
  return key.substr(keys::shard_and_kind_bytes,
                    key.size() - keys::shard_and_kind_bytes - keys::history_order_bytes);
}

HistoryChange change_of(const WriteBatch::Operation& operation) {
  const std::string_view key = operation.key;
  HistoryChange change;
  change.order = history_order_of(key.substr(key.size() - keys::history_order_bytes));
  if (operation.kind == WriteBatch::Operation::Kind::put) {
    change.known = HistoryChange::Known::row;
    change.row = operation.value;
  } else {
    change.known = HistoryChange::Known::removed;
  }
  return change;
}

}  // namespace

void HistoryChanges::before(WriteBatch& batch) {
  in_flight_.clear();
  // A commit is mostly of one project, seldom of more than a few.
  std::map<std::string_view, std::size_t> places;
  const std::size_t count = batch.operations().size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& operation = batch.operations()[i];
    if (!keys::is_history_row(operation.key)) continue;
    const auto [found, is_new] =
        places.try_emplace(project_bytes(operation.key), in_flight_.size());
    if (is_new) {
      in_flight_.push_back({keys::parse_history_row(operation.key).project, {}});
      const ShardId shard = keys::shard_in(operation.key);
      in_flight_.back().set.key =
          keys::history_change(shard, (epoch_of(batch, shard) << count_bits) | ++number_);
    }
    in_flight_[found->second].set.changes.push_back(change_of(operation));
  }
  for (const InFlight& each : in_flight_) {
    ChangeRow row{each.project, {}};
    row.orders.reserve(each.set.changes.size() * keys::history_order_bytes);
    for (const HistoryChange& change : each.set.changes) row.orders += as_text(change.order);
    batch.put(each.set.key, write_record(record_version, row, fields, row.orders.size() + 64));
  }
}

void HistoryChanges::after(const Outcome& outcome) {
  for (InFlight& each : in_flight_) {
    if (!outcome.ok()) {
      // They may be there, or not, or other ones: whoever indexes them looks.
      for (HistoryChange& change : each.set.changes) {
        change.known = HistoryChange::Known::nothing;
        change.row.clear();
      }
    }
    keep(std::move(each.project), std::move(each.set));
  }
  in_flight_.clear();
}

void HistoryChanges::keep(ProjectId project, HistoryChangeSet set) {
  const std::lock_guard lock(mutex_);
  if (waiting_ + set.changes.size() > limits::history_pending_max) {
    is_incomplete_ = true;
    return;
  }
  Pending& pending = pending_[std::move(project)];
  waiting_ += set.changes.size();
  pending.changes += set.changes.size();
  pending.sets.push_back(std::move(set));
}

std::vector<HistoryChangeSet> HistoryChanges::take(const ProjectId& project, std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<HistoryChangeSet> taken;
  const auto found = pending_.find(project);
  if (found == pending_.end()) return taken;
  std::size_t changes = 0;
  Pending& pending = found->second;
  auto& sets = pending.sets;
  while (!sets.empty() && (taken.empty() || changes + sets.front().changes.size() <= most)) {
    changes += sets.front().changes.size();
    taken.push_back(std::move(sets.front()));
    sets.pop_front();
  }
  CHECK(waiting_ >= changes && pending.changes >= changes, "more changes are taken than wait");
  waiting_ -= changes;
  pending.changes -= changes;
  if (sets.empty()) pending_.erase(found);
  return taken;
}

void HistoryChanges::give_back(const ProjectId& project, std::vector<HistoryChangeSet> sets) {
  const std::lock_guard lock(mutex_);
  Pending& pending = pending_[project];
  for (const HistoryChangeSet& set : sets) {
    waiting_ += set.changes.size();
    pending.changes += set.changes.size();
  }
  pending.sets.insert(pending.sets.begin(), std::make_move_iterator(sets.begin()),
                      std::make_move_iterator(sets.end()));
}

std::vector<std::pair<ProjectId, std::size_t>> HistoryChanges::projects() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<ProjectId, std::size_t>> projects;
  for (const auto& [project, pending] : pending_) projects.emplace_back(project, pending.changes);
  return projects;
}

std::size_t HistoryChanges::waiting(const ProjectId& project) const {
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(project);
  return found == pending_.end() ? 0 : found->second.changes;
}

Outcome HistoryChanges::reload(const OrderedStore& store) {
  // What is dropped from now on is found by the next reload. What is in memory already is read once more, which
  // does no harm.
  is_incomplete_ = false;
  std::vector<KeyRange> ranges;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    ranges.push_back({keys::history_changes(ShardId{shard})});
  }
  const auto cursor = store.scan_many(std::move(ranges), {});
  for (; cursor->valid() && !is_incomplete_; cursor->next()) {
    auto row = read_record<ChangeRow>(cursor->value(), "history change", record_version, fields);
    if (!row.ok()) return row.error();
    HistoryChangeSet set{std::string(cursor->key()), {}};
    for (std::string_view orders = row->orders; orders.size() >= keys::history_order_bytes;
         orders.remove_prefix(keys::history_order_bytes)) {
      set.changes.push_back({history_order_of(orders.substr(0, keys::history_order_bytes)),
                             HistoryChange::Known::nothing,
                             {}});
    }
    keep(std::move(row->project), std::move(set));
  }
  auto read = cursor->status();
  if (!read.ok()) is_incomplete_ = true;
  return read;
}

}  // namespace millrace::storage
