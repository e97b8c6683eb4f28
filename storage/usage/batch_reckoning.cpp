#include "storage/usage/batch_reckoning.h"

#include "storage/keys.h"
#include "storage/tables/execution_rows.h"

#include <algorithm>

namespace millrace::storage {
namespace {

using Kind = WriteBatch::Operation::Kind;
using Owner = keys::RowOwner::Kind;

ExecutionId execution_of_history(std::string_view key) {
  return keys::parse_history_order(key.substr(key.size() - keys::history_order_bytes))->id;
}

}  // namespace

bool CountedShards::contains(std::string_view key) const {
  const auto shard = static_cast<std::size_t>(keys::shard_in(key));
  if (shard >= shards.size()) return false;
  return shards[shard].is_all || key < shards[shard].until;
}

void BatchReckoning::count(std::string_view key, std::size_t bytes, bool continues) {
  const auto owner = keys::owner_of(key);
  if (owner.kind == Owner::instance) return;
  if (owner.kind == Owner::execution) {
    Run& run = runs_[owner.execution];
    // What its own row says may be of an earlier count that was given up.
    if (!continues) run.is_read = true;
    run.difference += static_cast<std::int64_t>(bytes);
    return;
  }
  changes_[{keys::shard_in(key), keep(std::string(owner.project))}] +=
      static_cast<std::int64_t>(bytes);
}

void BatchReckoning::add(const WriteBatch& batch) {
  look_ahead(batch);
  for (const auto& operation : batch.operations()) {
    ++at_;
    switch (operation.kind) {
      case Kind::put:
        change(operation.key, operation.key.size() + operation.value.size());
        break;
      case Kind::remove:
        change(operation.key, 0);
        break;
      case Kind::remove_prefix:
        if (const auto id = keys::whole_execution(operation.key)) {
          erase(*id, operation.key);
        } else {
          remove_range(operation.key);
        }
        break;
    }
  }
}

void BatchReckoning::look_ahead(const WriteBatch& batch) {
  for (const auto& operation : batch.operations()) {
    if (operation.kind == Kind::remove_prefix) {
      if (!keys::whole_execution(operation.key)) has_ranges_ = true;
    } else if (operation.kind == Kind::put && keys::begins_execution(operation.key)) {
      runs_[keys::owner_of(operation.key).execution].is_begun_here = true;
    }
  }
}

void BatchReckoning::change(std::string_view key, std::uint64_t bytes) {
  const auto owner = keys::owner_of(key);
  if (owner.kind == Owner::instance) return;
  note_history_row(key, owner);
  if (!counted_.contains(key)) return;
  const bool is_new = bytes > 0 && !has_ranges_ && keys::is_written_once(key);
  change(key, owner, is_new ? 0 : bytes_before(key, owner), bytes);
  if (!is_new) rows_[key] = {bytes, at_};
}

void BatchReckoning::change(std::string_view key, const keys::RowOwner& owner, std::uint64_t before,
                            std::uint64_t bytes) {
  const auto difference = static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(before);
  if (difference == 0) return;
  if (owner.kind == Owner::execution) {
    runs_[owner.execution].difference += difference;
  } else {
    changes_[{keys::shard_in(key), owner.project}] += difference;
  }
}

void BatchReckoning::note_history_row(std::string_view key, const keys::RowOwner& owner) {
  if (keys::is_history_row(key)) runs_[execution_of_history(key)].project = owner.project;
}

void BatchReckoning::erase(const ExecutionId& id, std::string_view prefix) {
  if (!counted_.contains(prefix)) return;
  Run& run = runs_[id];
  read_bytes(id, run);
  run.difference = -static_cast<std::int64_t>(run.before);
  run.erased_at = at_;
}

void BatchReckoning::remove_range(std::string_view prefix) {
  // What this batch has written there goes as well, and hides what was stored.
  std::vector<std::string_view> found;
  for (const auto& [key, written] : rows_) {
    if (key.starts_with(prefix)) found.push_back(key);
  }
  for (const std::string_view key : found) change(key, 0);
  const auto cursor = store_.scan(prefix);
  for (; cursor->valid(); cursor->next()) {
    ++reads_;
    const auto owner = keys::owner_of(cursor->key());
    const bool is_there = owner.kind != Owner::instance && counted_.contains(cursor->key()) &&
                          !rows_.contains(cursor->key()) && !is_removed_here(cursor->key());
    if (!is_there) continue;
    const std::string_view key = keep(std::string(cursor->key()));
    change(key, keys::owner_of(key), key.size() + cursor->value().size(), 0);
  }
  if (!cursor->status().ok()) unknown_.insert(keys::shard_in(prefix));
  ranges_.push_back(prefix);
}

const BatchReckoning::Run* BatchReckoning::run_of(std::string_view key,
                                                  const keys::RowOwner& owner) const {
  const bool is_of_run = owner.kind == Owner::execution || keys::is_history_row(key);
  if (!is_of_run) return nullptr;
  const auto run =
      runs_.find(owner.kind == Owner::execution ? owner.execution : execution_of_history(key));
  return run == runs_.end() ? nullptr : &run->second;
}

std::uint64_t BatchReckoning::bytes_before(std::string_view key, const keys::RowOwner& owner) {
  const Run* const run = run_of(key, owner);
  const std::size_t erased_at =
      run != nullptr && owner.kind == Owner::execution ? run->erased_at : 0;
  const auto written = rows_.find(key);
  if (written != rows_.end()) return written->second.at > erased_at ? written->second.bytes : 0;
  const bool is_new =
      erased_at > 0 || is_removed_here(key) || (run != nullptr && run->is_begun_here);
  return is_new ? 0 : read(key);
}

bool BatchReckoning::is_removed_here(std::string_view key) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [key](std::string_view prefix) { return key.starts_with(prefix); });
}

std::uint64_t BatchReckoning::read(std::string_view key) {
  ++reads_;
  const auto row = store_.get(key);
  if (!row.ok()) {
    unknown_.insert(keys::shard_in(key));
    return 0;
  }
  return *row ? key.size() + (*row)->size() : 0;
}

void BatchReckoning::read_bytes(const ExecutionId& id, Run& run) {
  if (std::exchange(run.is_read, true) || run.is_begun_here) return;
  ++reads_;
  const auto bytes = StoredBytesTable(store_).of_execution(id);
  if (bytes.ok()) {
    run.before = *bytes;
  } else {
    unknown_.insert(id.shard());
  }
}

std::string_view BatchReckoning::project_of(const ExecutionId& id, const Run& run) {
  if (!run.project.empty()) return run.project;
  ++reads_;
  const auto row = store_.get(keys::locator(id));
  if (!row.ok()) {
    unknown_.insert(id.shard());
    return {};
  }
  if (!*row) return {};
  const auto locator = decode_locator(**row);
  return locator.ok() ? keep(keys::owner_text(locator->project)) : std::string_view();
}

void BatchReckoning::settle() {
  for (auto& [id, run] : runs_) {
    const bool is_erased = run.erased_at > 0;
    if (run.difference == 0 && !is_erased) continue;
    const std::string_view project = project_of(id, run);
    if (project.empty()) continue;
    read_bytes(id, run);
    changes_[{id.shard(), project}] += run.difference;
    const auto bytes = static_cast<std::int64_t>(run.before) + run.difference;
    if (bytes < 0) {
      unknown_.insert(id.shard());
    } else if (bytes > 0 || !is_erased) {
      settled_.push_back({id, static_cast<std::uint64_t>(bytes)});
    }
  }
}

std::string_view BatchReckoning::keep(std::string text) {
  return kept_.emplace_back(std::move(text));
}

}  // namespace millrace::storage
