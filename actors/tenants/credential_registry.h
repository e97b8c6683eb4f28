#pragma once
// How users connect, configure and disconnect their accounts; runs read them from the user's view.
// Thread-safe. Writes are durable when they return. Blocks on the disk: for request threads only.

#include "actors/tenants/account_runs.h"
#include "actors/tenants/project_views.h"
#include "actors/tenants/user_views.h"
#include "runtime/base/random.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/workflow_index_table.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class CredentialRegistry {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    ProjectViews& projects;
    UserViews& users;
    const Clock& clock;
    Random& random;
    const storage::Sealer& sealer;
  };
  explicit CredentialRegistry(const Dependencies& dependencies);
  /// Changes of accounts start runs from now on. Before the first change; `runs` outlives all of them.
  void start_runs_by(AccountRuns& runs) { runs_ = &runs; }

  struct Connection {
    JsonObject fields;  // the secret parts, as the integration's auth kind names them
    std::string provider_id;
    std::optional<JsonObject> settings;  // shared settings of the integration
    std::string
        again{};  // the account that gets these fields; empty: that of the provider id, or one more
    /// Of a sign-in at the provider: what it has granted. The fields are what it has given then, and are
    /// taken as they are.
    std::optional<std::vector<std::string>> scopes{};
    std::optional<JsonObject> provider_data{};  // what is kept of the provider's answers
    std::string external_id{};  // the application's own name for it; empty: as it is
    std::string
        sign_in_key{};  // how whoever began the sign-in asks for its end; empty: nobody does
    /// When the user was first seen, as whoever began the sign-in knew it: another user of that name since, or none,
    /// gets nothing. Not set: nobody was known then.
    std::optional<Instant> user_since{};
  };
  /// Connects one more account, with the integration's default workflows enabled. The account of an external id,
  /// or of a provider id, that the user has connected before is connected again: it keeps its id and its
  /// configurations, and is valid. Errors: not_found (no such integration or account; the user has been erased),
  /// integration_inactive, invalid_request (the fields do not fit; see the details), conflict (the external id is
  /// another account's), limit_exceeded.
  Result<SharedCredential> connect(const ProjectId& project, const UserId& user,
                                   const std::string& integration, const Connection& connection);
  /// See configure_credential. `account`: with the configuration that is meant (account_text.h). An account
  /// that was refused is tried again: it is valid. Errors: not_found, invalid_request, limit_exceeded.
  Result<SharedCredential> configure(const ProjectId& project, const UserId& user,
                                     const std::string& account, const JsonObject& patch);

  /// Adds a configuration to the account, with the integration's default workflows enabled. Errors: not_found,
  /// invalid_request (the external id), conflict (another one has it), limit_exceeded.
  Result<SharedCredential> add_configuration(const UserKey& owner, const std::string& id,
                                             const std::string& external_id);
  /// Puts the members over the meta of the configuration; null removes one. Errors: not_found, limit_exceeded.
  Result<SharedCredential> note_in_configuration(const UserKey& owner, const std::string& account,
                                                 const JsonObject& meta);
  /// With it goes what was enabled in it. The default one stays. Errors: not_found, conflict (it is the default).
  Outcome remove_configuration(const UserKey& owner, const std::string& account);

  /// Whoever began the sign-in of that key has heard of its end; harmless if there is none.
  Outcome forget_sign_in(const UserKey& owner, const std::string& key);

  /// Error: not_found.
  Outcome disconnect(const ProjectId& project, const UserId& user, const std::string& id);
  /// Disables the workflow on all accounts of the user, in all configurations; harmless if it is enabled on none.
  Outcome disable_workflow(const ProjectId& project, const UserId& user,
                           const WorkflowId& workflow);
  /// What a provider has given in the place of the secret fields of a revision.
  struct Renewal {
    std::uint64_t revision = 0;
    JsonObject fields;
    JsonObject kept;  // over the provider data that is there
  };
  /// Errors: not_found, conflict (the fields have been replaced meanwhile: what was given belongs to nobody),
  /// limit_exceeded.
  Result<SharedCredential> renew(const UserKey& owner, const std::string& id,
                                 const Renewal& renewal);
  /// The provider does not take the secret fields of this revision: the account is not valid any more.
  /// Errors: not_found, conflict (they have been replaced, or it is not valid already).
  Outcome refuse(const UserKey& owner, const std::string& id, std::uint64_t revision,
                 const std::string& why);
  /// For whoever learns that the provider refuses or accepts the account. Error: not_found.
  Outcome set_valid(const ProjectId& project, const UserId& user, const std::string& id,
                    bool is_valid);

  /// See UserView::named.
  Result<std::vector<ConfiguredAccount>> named(const ProjectId& project, const UserId& user,
                                               std::string_view integration,
                                               const AccountNames& names) const;
  /// See UserView::find.
  Result<SharedCredential> find(const ProjectId& project, const UserId& user,
                                std::string_view integration, std::string_view id = {}) const;
  /// In the order of connecting; `integration` empty: of all.
  Result<std::vector<SharedCredential>> list(const ProjectId& project, const UserId& user,
                                             std::string_view integration = {}) const;

 private:
  /// The stored row of the user's account; error not_found.
  Result<storage::CredentialRow> row_of(const UserKey& owner, const std::string& id) const;
  Result<storage::CredentialRow> row_to_connect(const UserKey& owner, const UserView& now,
                                                const std::string& integration,
                                                const Connection& connection) const;
  Result<storage::CredentialRow> new_row(const UserKey& owner, const UserView& now,
                                         const std::string& integration) const;
  /// Of the integration, as users find them when they connect.
  Result<JsonObject> default_workflows(const ProjectId& project,
                                       const std::string& integration) const;
  /// What one change of an account begins, with what it needs for that.
  class Beginning;
  Result<Beginning> beginning(const UserKey& owner, const std::string& integration) const;

  /// Changes one account of a user, by id or external id: `edit` gets its row. `beginning` null: nothing begins
  /// by it.
  Result<SharedCredential> edit(
      const UserKey& owner, const std::string& id,
      const std::function<Outcome(const Credential&, storage::CredentialRow&)>& edit,
      Beginning* beginning = nullptr);
  /// The view with the row's account in it. Error: limit_exceeded.
  Outcome show(UserView& view, const storage::CredentialRow& row) const;
  /// The same; adds the row.
  Outcome put(UserView& view, const storage::CredentialRow& row, storage::WriteBatch& batch) const;
  Outcome store(const storage::CredentialRow& row, storage::WriteBatch& batch) const;

  const storage::CredentialTable table_;
  const storage::WorkflowIndexTable workflows_;
  const storage::HookTable hooks_;
  ProjectViews& projects_;
  UserViews& users_;
  const Clock& clock_;
  Random& random_;
  const storage::Sealer& sealer_;
  AccountRuns* runs_ = nullptr;  // null: changes of accounts start nothing
};

}  // namespace millrace
