#include "storage/maintenance/check_stored_bytes.h"

#include "storage/keys.h"
#include "storage/tables/execution_rows.h"
#include "storage/tables/stored_bytes_table.h"

#include <map>
#include <optional>

namespace millrace::storage {
namespace {

struct Sums {
  std::uint64_t counted = 0;
  std::uint64_t stored = 0;
};

/// One shard, in the order of its keys: counts of executions come behind their rows, those of projects at the end.
class ShardCheck {
 public:
  ShardCheck(const OrderedStore& store, ShardId shard) : store_(store), shard_(shard) {}

  Outcome run() {
    bool is_counted = false;
    const auto cursor = store_.scan(keys::whole_shard(shard_));
    for (; cursor->valid(); cursor->next()) {
      const std::string_view key = cursor->key();
      if (keys::is_stored_bytes_state(key)) {
        const auto state = decode_counted_shard(cursor->value());
        if (!state.ok()) return state.error();
        is_counted = state->is_all;
      } else if (auto added = add(key, cursor->value()); !added.ok()) {
        return added;
      }
    }
    if (auto read = cursor->status(); !read.ok()) return read;
    if (!is_counted) projects_.clear(), executions_.clear();
    return Done{};
  }

  void tell(std::vector<Miscount>& miscounts) const {
    for (const auto& [id, sums] : executions_) {
      if (sums.counted == sums.stored) continue;
      miscounts.push_back({"execution " + id.text(), sums.counted, sums.stored});
    }
    for (const auto& [owner, sums] : projects_) {
      if (sums.counted == sums.stored) continue;
      miscounts.push_back({"project " + keys::project_of(owner).text + " on shard " +
                               std::to_string(static_cast<std::uint16_t>(shard_)),
                           sums.counted, sums.stored});
    }
  }

 private:
  Outcome add(std::string_view key, std::string_view value) {
    const auto owner = keys::owner_of(key);
    const std::size_t bytes = key.size() + value.size();
    switch (owner.kind) {
      case keys::RowOwner::Kind::project:
        projects_[std::string(owner.project)].stored += bytes;
        return Done{};
      case keys::RowOwner::Kind::execution:
        return add_to_execution(owner.execution, key, value);
      case keys::RowOwner::Kind::instance:
        return add_count(key, value);
    }
    return Done{};
  }

  /// The locator, which says whose execution it is, is the first of its rows. Without it they are nobody's.
  Outcome add_to_execution(const ExecutionId& id, std::string_view key, std::string_view value) {
    if (key == keys::locator(id)) {
      const auto locator = decode_locator(value);
      if (!locator.ok()) return locator.error();
      execution_ = id;
      project_ = keys::owner_text(locator->project);
    }
    if (execution_ != id) return Done{};
    executions_[id].stored += key.size() + value.size();
    projects_[project_].stored += key.size() + value.size();
    return Done{};
  }

  Outcome add_count(std::string_view key, std::string_view value) {
    const std::string sums = keys::stored_bytes_sums(shard_);
    const bool is_sum = key.starts_with(sums);
    const bool is_execution = execution_ && key == keys::execution_bytes(*execution_);
    if (!is_sum && !is_execution) return Done{};
    const auto counted = decode_stored_bytes(value);
    if (!counted.ok()) return counted.error();
    if (is_sum) projects_[std::string(key.substr(sums.size()))].counted = *counted;
    if (is_execution) executions_[*execution_].counted = *counted;
    return Done{};
  }

  const OrderedStore& store_;
  const ShardId shard_;
  std::map<std::string, Sums> projects_;
  std::map<ExecutionId, Sums> executions_;
  std::optional<ExecutionId> execution_;  // whose rows are at hand
  std::string project_;                   // whose it is
};

}  // namespace

Result<std::vector<Miscount>> check_stored_bytes(const OrderedStore& store) {
  std::vector<Miscount> miscounts;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    ShardCheck check(store, ShardId{shard});
    if (const auto checked = check.run(); !checked.ok()) return checked.error();
    check.tell(miscounts);
  }
  return miscounts;
}

}  // namespace millrace::storage
