#pragma once
// Rows of a project: the project itself, its signing keys, and its workflows with draft, immutable
// versions and the deployed one. Definitions are stored as the JSON text the user sent.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "runtime/definitions/found_by.h"
#include "storage/ordered_store.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

struct ProjectRow {
  ProjectId id;
  std::string name;
  std::string api_key_hash;  // hex SHA-256 of the API key; the key itself is not stored
  Instant created{};
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
  Result<std::vector<ProjectRow>> projects(const ShardSet& shards) const;
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
