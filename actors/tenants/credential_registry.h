#pragma once
// The connected accounts of all users: who has connected what, with which secret fields, and which
// workflows are enabled on it. The secret fields are sealed on the disk and in plain text in memory
// alone. Reads are answered from memory by any thread, actors included; writes are durable when
// they return, and block on the disk.

#include "actors/tenants/integration_registry.h"
#include "runtime/base/random.h"
#include "runtime/integrations/credential.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/workflow_index_table.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

class CredentialRegistry {
 public:
  CredentialRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                     const ShardOwnership& ownership, const Clock& clock, Random& random,
                     const storage::Sealer& sealer, const IntegrationRegistry& integrations,
                     LogSink log);

  /// Reads and opens all credentials. One that does not open (the server has another key) is kept:
  /// it can be shown and disconnected, and its use fails with `why_locked`. Call once before
  /// serving.
  Outcome load();

  struct Connection {
    JsonObject fields;  // the secret parts, as the integration's auth kind names them
    std::string provider_id;
    std::optional<JsonObject> settings;  // shared settings of the integration
  };
  /// Connects one more account, with the integration's default workflows enabled. The account of a
  /// provider id that the user has connected before is connected again: it keeps its id and its
  /// configuration, and is valid. Errors: not_found (no such integration), integration_inactive,
  /// invalid_request (the fields do not fit; see the details), limit_exceeded.
  Result<SharedCredential> connect(const ProjectId& project, const UserId& user,
                                   const std::string& integration, const Connection& connection);
  /// See configure_credential. Errors: not_found, invalid_request, limit_exceeded.
  Result<SharedCredential> configure(const ProjectId& project, const UserId& user,
                                     const std::string& id, const JsonObject& patch);
  /// Error: not_found.
  Outcome disconnect(const ProjectId& project, const UserId& user, const std::string& id);
  /// Disables the workflow on all accounts of the user; harmless if it is enabled on none.
  Outcome disable_workflow(const ProjectId& project, const UserId& user,
                           const WorkflowId& workflow);
  /// For whoever learns that the provider refuses or accepts the account. Error: not_found.
  Outcome set_valid(const ProjectId& project, const UserId& user, const std::string& id,
                    bool is_valid);

  /// The user's account `id`, if it belongs to the integration; `id` empty: the first valid one,
  /// else the first. Null if there is none.
  SharedCredential find(const ProjectId& project, const UserId& user, std::string_view integration,
                        std::string_view id = {}) const;
  /// In the order of connecting; `integration` empty: of all.
  std::vector<SharedCredential> list(const ProjectId& project, const UserId& user,
                                     std::string_view integration = {}) const;
  /// Why the secret fields of an account do not open: secrets_locked or corrupt_data.
  std::optional<Error> why_locked(const ProjectId& project, const UserId& user,
                                  std::string_view id) const;

 private:
  struct Held {
    SharedCredential credential;
    Instant connected{};
    std::optional<Error> lock;
  };
  using Owner = std::pair<ProjectId, UserId>;

  std::vector<Held> held_by(const Owner& owner) const;
  Result<Held> open(const storage::CredentialRow& row) const;
  /// The stored row of the user's account; error not_found.
  Result<storage::CredentialRow> row_of(const Owner& owner, const std::string& id) const;
  Result<storage::CredentialRow> row_to_connect(const Owner& owner, const std::string& integration,
                                                const std::string& provider_id);
  /// Commits and publishes rows of one owner.
  Outcome store(const Owner& owner, const std::vector<storage::CredentialRow>& rows);
  Outcome commit(const Owner& owner, storage::WriteBatch batch);
  Result<SharedCredential> published(const Owner& owner, const std::string& id) const;

  storage::CredentialTable table_;
  storage::WorkflowIndexTable workflows_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  Random& random_;
  const storage::Sealer& sealer_;
  const IntegrationRegistry& integrations_;
  LogSink log_;
  std::mutex writing_;  // one writer at a time: read, decide, commit, publish
  mutable std::shared_mutex mutex_;
  std::map<Owner, std::vector<Held>> held_;  // in the order of connecting
};

}  // namespace millrace
