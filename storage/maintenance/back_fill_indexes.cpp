#include "storage/maintenance/back_fill_indexes.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/credential_indexes.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/project_table.h"
#include "storage/tables/stored_bytes_table.h"
#include "storage/tables/workflow_index_table.h"

#include <utility>

namespace millrace::storage {
namespace {

/// What one commit takes, and what an interruption repeats at most.
constexpr std::size_t rows_per_commit = 256;
constexpr std::size_t bytes_per_commit = 1u << 20;

/// Raised when a further index is to be filled.
constexpr std::uint32_t indexes_current = 3;

struct IndexState {
  std::uint32_t indexes = 0;
  std::uint64_t epoch = 0;  // of who wrote it, and kept the indexes from then on
};

constexpr std::uint8_t record_version = 1;
constexpr auto fields = [](auto& record, auto& state) {
  record.number(1, state.indexes);
  record.number(2, state.epoch);
};

class BackFill {
 public:
  explicit BackFill(OrderedStore& store) : store_(store), projects_(store), credentials_(store) {}

  /// One commit may take rows of several shards: most have none.
  Outcome add_shard(Fence fence) {
    fence_ = fence;
    batch_.require(fence);
    const auto state = read_state();
    if (!state.ok()) return state.error();
    if (!is_kept(*state)) {
      if (auto filled = fill(*state); !filled.ok()) return filled;
    }
    const IndexState kept{indexes_current, static_cast<std::uint64_t>(fence.epoch)};
    batch_.put(keys::index_state(fence.shard), write_record(record_version, kept, fields));
    return commit_if_full();
  }

  Outcome commit() {
    if (batch_.empty()) return Done{};
    auto committed = store_.commit(std::exchange(batch_, {}));
    batch_.require(fence_);
    return committed;
  }

 private:
  Result<IndexState> read_state() const {
    const auto row = store_.get(keys::index_state(fence_.shard));
    if (!row.ok()) return row.error();
    if (!*row) return IndexState();
    return read_record<IndexState>(**row, "index state", record_version, fields);
  }

  bool is_kept(const IndexState& state) const {
    const auto epoch = static_cast<std::uint64_t>(fence_.epoch);
    return state.indexes >= indexes_current && (state.epoch == epoch || state.epoch + 1 == epoch);
  }

  Outcome fill(const IndexState& state) {
    // What an older program has removed since is still there. Of accounts that is harmless: who is led to a
    // credential that is gone finds none.
    if (state.indexes > 0) {
      for (std::string& rows : keys::indexes(fence_.shard)) batch_.remove_prefix(std::move(rows));
    }
    StoredBytesTable::forget(batch_, fence_.shard);  // which nothing here is told to
    auto filled = add_workflows();
    return filled.ok() ? add_credentials() : filled;
  }

  Outcome add_workflows() {
    const auto projects = projects_.projects({fence_.shard});
    if (!projects.ok()) return projects.error();
    for (const ProjectRow& project : *projects) {
      auto workflows = projects_.workflows(project.id);
      if (!workflows.ok()) return workflows.error();
      for (WorkflowRow& row : *workflows) {
        if (auto added = add_workflow(project.id, row); !added.ok()) return added;
      }
    }
    return Done{};
  }

  Outcome add_workflow(const ProjectId& project, WorkflowRow& row) {
    std::string definition = row.draft;
    if (row.deployed_version != 0) {
      auto version = projects_.version(project, row.id, row.deployed_version);
      if (!version.ok()) return version.error();
      if (*version) definition = std::move((*version)->definition);
    }
    const auto json = parse_json(definition);
    if (!json.ok()) return Done{};  // whoever reads it is told; it does not keep the server down
    const auto stage = row.deployed_version == 0 ? Stage::draft : Stage::deployed;
    row.found_by = found_by(*json, stage);
    WorkflowIndexTable::replace(batch_, project, row.id, {}, row.found_by);
    ProjectTable::put_workflow(batch_, project, row);
    return commit_if_full();
  }

  Outcome add_credentials() {
    return credentials_.visit({fence_.shard}, [this](const CredentialRow& row) -> Outcome {
      follow_credential(batch_, nullptr, &row);
      return commit_if_full();
    });
  }

  Outcome commit_if_full() {
    const bool is_full =
        batch_.operations().size() >= rows_per_commit || batch_.bytes() >= bytes_per_commit;
    return is_full ? commit() : Done{};
  }

  OrderedStore& store_;
  const ProjectTable projects_;
  const CredentialTable credentials_;
  Fence fence_{};  // of the shard at hand
  WriteBatch batch_;
};

}  // namespace

Outcome back_fill_indexes(OrderedStore& store, std::span<const Fence> owned) {
  BackFill back_fill(store);
  for (const Fence& fence : owned) {
    if (auto added = back_fill.add_shard(fence); !added.ok()) return added;
  }
  return back_fill.commit();
}

}  // namespace millrace::storage
