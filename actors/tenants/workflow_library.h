#pragma once
// Workflows: drafts, immutable versions, what is deployed. Compiled versions are cached. Thread-safe;
// writes are durable when they return. Blocks on the disk and, at deploy, on the function engine:
// call it from request threads only.

#include "runtime/workflows/workflow.h"
#include "storage/group_commit.h"
#include "storage/tables/project_table.h"

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
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
  /// makes it live. Errors: not_found, invalid_definition with all findings at once.
  Result<WorkflowVersion> deploy(const ProjectId& project, const WorkflowId& id);
  Outcome undeploy(const ProjectId& project, const WorkflowId& id);
  Result<std::vector<Version>> versions(const ProjectId& project, const WorkflowId& id) const;

  /// The live version, compiled. Errors: not_found, workflow_not_deployed.
  Result<std::shared_ptr<const Workflow>> deployed(const ProjectId& project, const WorkflowId& id);
  /// Any version, compiled: what a run in flight stays on.
  Result<std::shared_ptr<const Workflow>> version(const ProjectId& project, const WorkflowId& id,
                                                  WorkflowVersion version);

 private:
  using Key = std::string;  // project NUL workflow, for versions also NUL number

  Outcome commit(const ProjectId& project, storage::WriteBatch batch);
  std::shared_ptr<const Workflow> cached(const Key& key);
  void remember(const Key& key, std::shared_ptr<const Workflow> workflow);

  storage::ProjectTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  FunctionEngine& functions_;
  const Integrations integrations_;

  std::mutex writing_;  // one writer at a time: read, decide, commit, publish

  // Compiled versions, least recently used first out. Bounded by `compiled_max`.
  static constexpr std::size_t compiled_max = 4'096;
  struct Compiled {
    std::shared_ptr<const Workflow> workflow;
    std::list<Key>::iterator age;
  };
  std::mutex cache_mutex_;
  std::list<Key> ages_;
  std::unordered_map<Key, Compiled> compiled_;
  std::unordered_map<Key, WorkflowVersion> live_;  // deployed versions seen; bounded likewise
};

}  // namespace millrace
