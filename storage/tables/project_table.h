#pragma once
// Rows of a project: the project itself, the way from its API key to it, its revision, its signing
// keys, and its workflows with draft, immutable versions and the deployed one. Definitions are stored
// as the JSON text the user sent.

#include "runtime/admission/project_limits.h"
#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "runtime/definitions/found_by.h"
#include "runtime/projects/project_settings.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

struct ProjectRow {
  ProjectId id;
  std::string name;
  std::string api_key_hash;  // hex SHA-256 of the API key; the key itself is not stored
  Instant created{};
  ProjectLimits limits{};
  ProjectSettings settings{};
};

struct SigningKeyRow {
  SigningKeyId kid;
  std::string pem;  // RSA public key, SubjectPublicKeyInfo
};

struct WorkflowRow {
  WorkflowId id;
  std::string draft;                     // JSON text
  WorkflowVersion latest_version = 0;    // 0: never deployed
  WorkflowVersion deployed_version = 0;  // 0: not deployed
  Instant updated{};
  /// Which index rows it has; see workflow_index_table.h.
  FoundBy found_by{};
  /// What the URL of its public endpoint carries; kept while it is not deployed. Empty: it never had one.
  std::string endpoint_key{};
};

struct WorkflowVersionRow {
  WorkflowVersion version = 0;
  std::string definition;  // JSON text, frozen
  Instant deployed_at{};
  /// JSON text: the integrations that it uses, as they were at the deploy. Empty: none.
  std::string integrations{};
};

class ProjectTable {
 public:
  explicit ProjectTable(const OrderedStore& store) : store_(store) {}

  static void put_project(WriteBatch& batch, const ProjectRow& project);
  /// Whoever puts a project with another key puts this and removes that of the key before. The row is
  /// written once, with a key that is random, so it needs no fence of its own.
  static void put_api_key(WriteBatch& batch, const std::string& hash, const ProjectId& project);
  static void remove_api_key(WriteBatch& batch, const std::string& hash);
  static void put_api_keys_are_indexed(WriteBatch& batch);
  /// Goes along with every change of the project's rows, so that who holds a copy can tell.
  static void put_revision(WriteBatch& batch, const ProjectId& project, std::uint64_t revision);
  static void put_signing_key(WriteBatch& batch, const ProjectId& project,
                              const SigningKeyRow& key);
  static void remove_signing_key(WriteBatch& batch, const ProjectId& project,
                                 const SigningKeyId& kid);
  /// Without its index rows: WorkflowIndexTable::replace belongs into the same batch.
  static void put_workflow(WriteBatch& batch, const ProjectId& project, const WorkflowRow& row);
  /// Removes the workflow; its versions stay, because unfinished executions run them.
  /// `put_workflow` of the same id must go on counting above them (see `versions`).
  /// Likewise without its index rows.
  static void remove_workflow(WriteBatch& batch, const ProjectId& project, const WorkflowId& id);
  static void put_version(WriteBatch& batch, const ProjectId& project, const WorkflowId& workflow,
                          const WorkflowVersionRow& row);

  Result<std::optional<ProjectRow>> project(const ProjectId& id) const;
  /// The projects on these shards.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(ProjectRow)>& each) const;
  Result<std::vector<ProjectRow>> projects(const ShardSet& shards) const;
  Result<std::optional<ProjectId>> project_of_api_key(const std::string& hash) const;
  /// False: an earlier program wrote projects without the rows of their API keys.
  Result<bool> api_keys_are_indexed() const;
  /// 0 before the first change that was noted.
  Result<std::uint64_t> revision(const ProjectId& project) const;
  Result<std::vector<SigningKeyRow>> signing_keys(const ProjectId& project) const;
  Result<std::optional<WorkflowRow>> workflow(const ProjectId& project, const WorkflowId& id) const;
  Result<std::vector<WorkflowRow>> workflows(const ProjectId& project) const;
  Result<std::optional<WorkflowVersionRow>> version(const ProjectId& project,
                                                    const WorkflowId& workflow,
                                                    WorkflowVersion version) const;
  Result<std::vector<WorkflowVersionRow>> versions(const ProjectId& project,
                                                   const WorkflowId& workflow) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
