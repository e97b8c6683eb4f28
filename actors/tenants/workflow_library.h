#pragma once
// Workflows: drafts, immutable versions, what is deployed. Compiled versions are cached. Thread-safe;
// writes are durable when they return. Blocks on the disk and, at deploy, on the function engine:
// call it from request threads only.
//
// Workflows do not wait for each other: changes of one workflow exclude each other while they read its
// row and commit, and nothing at all is held while JavaScript is checked. A draft that was changed
// meanwhile is checked again.

#include "actors/tenants/keyed_locks.h"
#include "runtime/base/recent_map.h"
#include "runtime/workflows/workflow.h"
#include "storage/group_commit.h"
#include "storage/tables/project_table.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace millrace {

class ShardOwnership;

class WorkflowLibrary {
 public:
  /// The integrations of a project as they are now. Never null. Blocks on the disk.
  using Integrations =
      std::function<Result<std::shared_ptr<const IntegrationCatalog>>(const ProjectId&)>;

  WorkflowLibrary(const storage::OrderedStore& store, storage::GroupCommit& commits,
                  const ShardOwnership& ownership, const Clock& clock, FunctionEngine& functions,
                  Integrations integrations);

  struct Entry {
    WorkflowId id;
    Json draft;
    WorkflowVersion latest_version = 0;
    WorkflowVersion deployed_version = 0;  // 0: not deployed
    Instant updated{};
  };
  struct Version {
    WorkflowVersion version = 0;
    Json definition;
    Instant deployed_at{};
  };

  /// Saves the draft; the live version is untouched. Errors: invalid_definition, limit_exceeded.
  Outcome put_draft(const ProjectId& project, const WorkflowId& id, const Json& definition);
  Result<Entry> get(const ProjectId& project, const WorkflowId& id) const;
  Result<std::vector<Entry>> list(const ProjectId& project) const;
  /// Removes draft and deployment; versions stay for the runs that use them.
  Outcome remove(const ProjectId& project, const WorkflowId& id);

  /// Validates the draft (definition and every function's syntax), freezes it as the next version and
  /// makes it live. Errors: not_found, invalid_definition with all findings at once, conflict (the
  /// draft changed whenever it had been checked).
  Result<WorkflowVersion> deploy(const ProjectId& project, const WorkflowId& id);
  Outcome undeploy(const ProjectId& project, const WorkflowId& id);
  Result<std::vector<Version>> versions(const ProjectId& project, const WorkflowId& id) const;

  /// The live version, compiled. Errors: not_found, workflow_not_deployed.
  Result<std::shared_ptr<const Workflow>> deployed(const ProjectId& project, const WorkflowId& id);
  /// Any version, compiled: what a run in flight stays on.
  Result<std::shared_ptr<const Workflow>> version(const ProjectId& project, const WorkflowId& id,
                                                  WorkflowVersion version);

 private:
  /// A version that has been checked and is not stored yet.
  struct Checked {
    std::shared_ptr<const Workflow> workflow;
    storage::WorkflowVersionRow row;
    FoundBy found_by;
  };

  /// Error not_found.
  Result<storage::WorkflowRow> row_of(const ProjectId& project, const WorkflowId& id) const;
  Result<Checked> check(const ProjectId& project, const storage::WorkflowRow& row);
  /// False when the draft is no longer the one that was checked.
  Result<bool> make_live(const ProjectId& project, const storage::WorkflowRow& seen,
                         const Checked& checked);
  Result<std::shared_ptr<const Workflow>> compile(const ProjectId& project, const WorkflowId& id,
                                                  const storage::WorkflowVersionRow& row) const;
  Outcome commit(const ProjectId& project, storage::WriteBatch batch);

  std::shared_ptr<const Workflow> cached(const std::string& version_key);
  void remember(const std::string& version_key, std::shared_ptr<const Workflow> workflow,
                std::size_t definition_bytes);
  /// 0: not known.
  WorkflowVersion known_live(const std::string& workflow_key);
  /// 0: it is not deployed. Under the workflow's lock.
  void note_live(const std::string& workflow_key, WorkflowVersion version);

  storage::ProjectTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  FunctionEngine& functions_;
  const Integrations integrations_;

  /// Of workflows (read, decide, commit, publish) and of versions (compiled once, by whoever comes
  /// first), both by the keys of their rows.
  KeyedLocks locks_;

  std::mutex cache_mutex_;                                            // for moments only
  RecentMap<std::string, std::shared_ptr<const Workflow>> compiled_;  // by the key of the version
  RecentMap<std::string, WorkflowVersion> live_;                      // by the key of the workflow
};

}  // namespace millrace
