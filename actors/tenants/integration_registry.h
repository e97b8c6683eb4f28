#pragma once
// The integrations of all projects, compiled. Reads are answered from memory by any thread, actors
// included; writes are durable when they return, and block on the disk.

#include "actors/tenants/stored.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/integrations/integration.h"
#include "storage/group_commit.h"
#include "storage/tables/integration_table.h"

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

namespace millrace {

class ShardOwnership;

class IntegrationRegistry {
 public:
  IntegrationRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                      const ShardOwnership& ownership, const Clock& clock, LogSink log);

  /// Reads and compiles all integrations. One that this program does not understand is logged and
  /// left out. Call once before serving.
  Outcome load();

  struct Entry {
    std::shared_ptr<const Integration> integration;
    Instant updated{};
  };

  /// Errors: invalid_definition with all findings, invalid_request (the type is not 1 to 128
  /// letters, digits, '.', '_' or '-'), limit_exceeded.
  Result<Stored> put(const ProjectId& project, const std::string& type, const Json& definition);
  /// Error: not_found, with the nearest type.
  Result<Entry> get(const ProjectId& project, const std::string& type) const;
  /// In the order of their types.
  std::vector<Entry> list(const ProjectId& project) const;
  /// Credentials stay: they serve again when the integration is put again. Error: not_found.
  Outcome remove(const ProjectId& project, const std::string& type);

  /// Null if there is none.
  std::shared_ptr<const Integration> find(const ProjectId& project, std::string_view type) const;
  /// All of a project: a snapshot that never changes. Never null.
  std::shared_ptr<const IntegrationCatalog> catalog(const ProjectId& project) const;

 private:
  class Catalog;

  Outcome commit(const ProjectId& project, storage::WriteBatch batch);
  std::shared_ptr<const Catalog> entries(const ProjectId& project) const;
  void publish(const ProjectId& project, std::shared_ptr<const Catalog> catalog);

  storage::IntegrationTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  LogSink log_;
  std::mutex writing_;  // one writer at a time: read, decide, commit, publish
  mutable std::shared_mutex mutex_;
  std::map<ProjectId, std::shared_ptr<const Catalog>> projects_;
};

}  // namespace millrace
