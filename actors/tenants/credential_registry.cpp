#include "actors/tenants/credential_registry.h"

#include "actors/tenants/stored_tenants.h"
#include "runtime/base/limits.h"
#include "runtime/integrations/account_text.h"
#include "runtime/integrations/configurations_text.h"
#include "runtime/integrations/credential_id.h"
#include "runtime/integrations/credential_input.h"
#include "runtime/integrations/resource.h"
#include "runtime/text/time_text.h"
#include "storage/tables/credential_indexes.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

using storage::CredentialRow;
using storage::WriteBatch;

Error no_credential(std::string_view id) {
  return Error(ErrorCode::not_found, "the user has no account \"" + std::string(id) + "\"");
}

Error no_configuration(std::string_view name) {
  return Error(ErrorCode::not_found,
               "the account has no configuration \"" + std::string(name) + "\"");
}

void configure(CredentialRow& row, const Credential& credential) {
  row.configured_workflows = to_text(credential.configured_workflows);
  row.shared_settings = to_text(credential.shared_settings);
  row.meta = credential.meta.empty() ? std::string() : to_text(credential.meta);
  row.configurations = configurations_text(credential.others);
}

/// Lets `edit` change one of the account's configurations, the default one if none is named, as if it were
/// the default one. Errors: not_found, and those of `edit`.
Outcome edit_configuration(Credential& credential, const std::string& name,
                           const std::function<Outcome(Credential&)>& edit) {
  if (name.empty() || is_default_configuration(credential, name)) return edit(credential);
  const Configuration* const found = find_configuration(credential, name);
  if (found == nullptr) return no_configuration(name);
  Configuration& other =
      credential.others[static_cast<std::size_t>(found - credential.others.data())];
  const auto exchange = [&] {
    std::swap(credential.configured_workflows, other.configured_workflows);
    std::swap(credential.shared_settings, other.shared_settings);
    std::swap(credential.meta, other.meta);
  };
  exchange();
  auto done = edit(credential);
  exchange();
  return done;
}

Outcome check_size(const CredentialRow& row) {
  if (row.configurations.size() > limits::configurations_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "the configurations of a credential beside its default one have at "
                 "most " +
                     std::to_string(limits::configurations_bytes_max) + " bytes together");
  }
  if (row.configured_workflows.size() + row.shared_settings.size() + row.meta.size() <=
      limits::credential_config_bytes_max) {
    return Done{};
  }
  return Error(ErrorCode::limit_exceeded, "the configuration of a credential has at most " +
                                              std::to_string(limits::credential_config_bytes_max) +
                                              " bytes");
}

}  // namespace

CredentialRegistry::CredentialRegistry(const Dependencies& dependencies)
    : table_(dependencies.store),
      workflows_(dependencies.store),
      hooks_(dependencies.store),
      projects_(dependencies.projects),
      users_(dependencies.users),
      clock_(dependencies.clock),
      random_(dependencies.random),
      sealer_(dependencies.sealer) {}

Result<CredentialRow> CredentialRegistry::row_of(const UserKey& owner,
                                                 const std::string& id) const {
  auto row = table_.find(owner.project, owner.user, id);
  if (!row) return row.error();
  if (!*row) return no_credential(id);
  return std::move(**row);
}

Outcome CredentialRegistry::put(UserView& view, const CredentialRow& row, WriteBatch& batch) const {
  if (auto shown = show(view, row); !shown) return shown;
  return store(row, batch);
}

Outcome CredentialRegistry::store(const CredentialRow& row, WriteBatch& batch) const {
  const auto before = table_.find(row.project, row.user, row.id);
  if (!before) return before.error();
  storage::CredentialTable::put(batch, row);
  storage::follow_credential(batch, *before ? &**before : nullptr, &row);
  return Done{};
}

Outcome CredentialRegistry::show(UserView& view, const CredentialRow& row) const {
  if (auto checked = check_size(row); !checked) return checked;
  auto held = users_.open_credential(row);
  if (!held) return held.error();
  auto& list = view.credentials;
  const auto same = std::find_if(list.begin(), list.end(), [&](const HeldCredential& each) {
    return each.credential->id == row.id;
  });
  if (same == list.end()) {
    list.push_back(std::move(*held));
  } else {
    *same = std::move(*held);
  }
  return Done{};
}

// --- what a change begins -------------------------------------------------------------------------

class CredentialRegistry::Beginning {
 public:
  /// `plan` null: nothing.
  Beginning(UserKey owner, std::unique_ptr<AccountRuns::Plan> plan,
            std::shared_ptr<const ProjectViews::Place> project, const Clock& clock)
      : owner_(std::move(owner)),
        plan_(std::move(plan)),
        project_(std::move(project)),
        clock_(clock) {}

  void is_of_new_account() { is_new_ = true; }
  void is_sign_in(std::vector<std::string> scopes) { scopes_ = std::move(scopes); }

  /// Adds the runs; `row` learns what has begun.
  Outcome add(const SharedUserView& next, CredentialRow& row, WriteBatch& batch) {
    if (plan_ == nullptr) return Done{};
    auto begun = begun_of(row);
    if (!begun) return begun.error();
    const ChangedAccount account{owner_, next->find({}, row.id),
                                 tenant_with(project_, next, clock_), is_new_, scopes_};
    // Of configurations that are gone nothing is remembered, however many come and go.
    std::erase_if(*begun, [&](const std::string& each) {
      const auto slash = each.find('/');
      return slash != std::string::npos &&
             find_configuration(*account.credential, each.substr(0, slash)) == nullptr;
    });
    if (auto added = plan_->add(account, *begun, batch); !added) return added;
    if (begun->empty()) return Done{};
    JsonArray ids;
    for (const std::string& id : *begun) ids.emplace_back(id);
    row.begun = to_text(ids);
    return Done{};
  }

  void stored() {
    if (plan_ != nullptr) plan_->stored();
  }

 private:
  static Result<std::vector<std::string>> begun_of(const CredentialRow& row) {
    std::vector<std::string> ids;
    if (row.begun.empty()) return ids;
    const auto stored = parse_json(row.begun);
    const auto* const list = stored ? stored->if_array() : nullptr;
    if (list == nullptr) {
      return Error(ErrorCode::corrupt_data,
                   "the account " + row.id + " does not say which workflows it has started");
    }
    for (const Json& id : *list) {
      if (id.is_string()) ids.emplace_back(id.get_string());
    }
    return ids;
  }

  const UserKey owner_;
  std::unique_ptr<AccountRuns::Plan> plan_;
  std::shared_ptr<const ProjectViews::Place> project_;
  const Clock& clock_;
  bool is_new_ = false;
  std::optional<std::vector<std::string>> scopes_;
};

Result<CredentialRegistry::Beginning> CredentialRegistry::beginning(
    const UserKey& owner, const std::string& integration) const {
  if (runs_ == nullptr) return Beginning(owner, nullptr, nullptr, clock_);
  auto plan = runs_->plan(owner.project, integration);
  if (!plan) return plan.error();
  auto project = projects_.open(owner.project);
  if (!project) return project.error();
  return Beginning(owner, std::move(*plan), std::move(*project), clock_);
}

// --- connecting -----------------------------------------------------------------------------------

Result<CredentialRow> CredentialRegistry::row_to_connect(const UserKey& owner, const UserView& now,
                                                         const std::string& integration,
                                                         const Connection& connection) const {
  const std::string& provider_id = connection.provider_id;
  const std::string& external_id = connection.external_id;
  SharedCredential of_name;
  SharedCredential of_provider;
  for (const auto& credential : now.list(integration)) {
    if (!external_id.empty() && credential->external_id == external_id) of_name = credential;
    // An application that names its accounts may have several of one account at the provider.
    const bool is_free = external_id.empty() || credential->external_id.empty();
    const bool is_same = !provider_id.empty() && credential->provider_id == provider_id && is_free;
    // Of a resource a user has one account.
    if ((is_same || is_resource_type(integration)) && of_provider == nullptr) {
      of_provider = credential;
    }
  }
  SharedCredential same = of_name != nullptr ? of_name : of_provider;
  if (!connection.again.empty()) {
    same = now.find(integration, connection.again);
    if (same == nullptr) return no_credential(connection.again);
  }
  if (same != nullptr && of_name != nullptr && same->id != of_name->id) {
    return Error(ErrorCode::conflict,
                 "another account of the user has the externalId \"" + external_id + '"');
  }
  auto row = same == nullptr ? new_row(owner, now, integration) : row_of(owner, same->id);
  if (!row) return row;
  if (!provider_id.empty()) row->provider_id = provider_id;
  if (!external_id.empty()) row->external_id = external_id;
  return row;
}

Result<CredentialRow> CredentialRegistry::new_row(const UserKey& owner, const UserView& now,
                                                  const std::string& integration) const {
  if (now.credentials.size() >= limits::credentials_per_user_max) {
    return Error(ErrorCode::limit_exceeded, "a user has at most " +
                                                std::to_string(limits::credentials_per_user_max) +
                                                " accounts: disconnect one");
  }
  auto workflows = default_workflows(owner.project, integration);
  if (!workflows) return workflows.error();
  CredentialRow row;
  row.project = owner.project;
  row.user = owner.user;
  row.connected = clock_.now();
  row.id = make_credential_id(shard_of(owner), random_);
  row.integration = integration;
  row.configured_workflows = to_text(*workflows);
  return row;
}

Result<JsonObject> CredentialRegistry::default_workflows(const ProjectId& project,
                                                         const std::string& integration) const {
  auto enabled = workflows_.enabled_by_default(project, integration);
  if (!enabled) return enabled.error();
  JsonObject workflows;
  for (const auto& workflow : *enabled) {
    workflows[workflow.text] = JsonObject{{"enabled", true}, {"settings", JsonObject()}};
  }
  return workflows;
}

namespace {

/// The user is who began what ends now. An erased one is nobody, also while the erasing goes on, and so is a
/// newcomer under the same name.
bool is_still(const UserView& now, const std::optional<Instant>& since) {
  if (!since) return true;
  return now.user != nullptr && now.user->first_seen == *since && !now.is_disabled();
}

}  // namespace

Result<SharedCredential> CredentialRegistry::connect(const ProjectId& project, const UserId& user,
                                                     const std::string& integration,
                                                     const Connection& connection) {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  const auto known = (*view)->integrations->get(integration);
  if (!known) return known.error();
  if (!known->integration->is_active) {
    return Error(ErrorCode::integration_inactive,
                 "the " + described(integration) + " is switched off");
  }
  if (is_of_project(*known->integration)) {
    return Error(ErrorCode::invalid_request,
                 "the " + described(integration) +
                     " is of level `app`: its account is the project's, and no user connects one");
  }
  if (!connection.scopes) {
    auto checked = check_credential_fields(known->integration->auth, connection.fields);
    if (!checked) return checked.error();
  }
  std::string fields = to_text(connection.fields);
  if (fields.size() > limits::secret_bytes_max ||
      connection.provider_id.size() > limits::provider_id_bytes_max) {
    return Error(ErrorCode::limit_exceeded, "the credentials have at most " +
                                                std::to_string(limits::secret_bytes_max) +
                                                " bytes, the provider's id at most " +
                                                std::to_string(limits::provider_id_bytes_max));
  }
  if (!connection.external_id.empty()) {
    if (auto named = check_external_id(connection.external_id); !named) return named.error();
  }
  const UserKey owner{project, user};
  auto begins = beginning(owner, integration);
  if (!begins) return begins.error();
  if (connection.scopes) begins->is_sign_in(*connection.scopes);
  SharedCredential connected;
  auto stored =
      users_.change(owner, [&](const UserView& now, WriteBatch& batch) -> Result<SharedUserView> {
        if (!is_still(now, connection.user_since)) {
          return Error(ErrorCode::not_found,
                       "the user has been erased or disabled while signing in at the provider");
        }
        auto row = row_to_connect(owner, now, integration, connection);
        if (!row) return row.error();
        if (now.find({}, row->id) == nullptr) begins->is_of_new_account();
        row->is_valid = true;
        row->refusal.clear();
        row->sealed = sealer_.seal(fields, row->place());
        ++row->revision;
        row->sign_in_key = connection.sign_in_key;
        if (connection.settings) row->shared_settings = to_text(*connection.settings);
        if (connection.provider_data) row->provider_data = to_text(*connection.provider_data);
        auto next = std::make_shared<UserView>(now);
        if (auto shown = show(*next, *row); !shown) return shown.error();
        if (auto added = begins->add(next, *row, batch); !added) return added.error();
        if (auto added = store(*row, batch); !added) return added.error();
        connected = next->find({}, row->id);
        return SharedUserView(std::move(next));
      });
  storage::wipe(fields);
  if (!stored) return stored.error();
  begins->stored();
  return connected;
}

// --- changing -------------------------------------------------------------------------------------

Result<SharedCredential> CredentialRegistry::edit(
    const UserKey& owner, const std::string& id,
    const std::function<Outcome(const Credential&, CredentialRow&)>& edit, Beginning* beginning) {
  SharedCredential edited;
  auto stored =
      users_.change(owner, [&](const UserView& now, WriteBatch& batch) -> Result<SharedUserView> {
        const auto credential = id.empty() ? nullptr : now.find({}, id);
        if (credential == nullptr) return no_credential(id);
        auto row = row_of(owner, credential->id);
        if (!row) return row.error();
        if (auto done = edit(*credential, *row); !done) return done.error();
        auto next = std::make_shared<UserView>(now);
        if (auto shown = show(*next, *row); !shown) return shown.error();
        if (beginning != nullptr) {
          if (auto added = beginning->add(next, *row, batch); !added) return added.error();
        }
        if (auto added = store(*row, batch); !added) return added.error();
        edited = next->find({}, row->id);
        return SharedUserView(std::move(next));
      });
  if (!stored) return stored.error();
  return edited;
}

Result<SharedCredential> CredentialRegistry::configure(const ProjectId& project, const UserId& user,
                                                       const std::string& account,
                                                       const JsonObject& patch) {
  const UserKey owner{project, user};
  const AccountPlace place = account_place(account);
  const auto now = find(project, user, {}, place.credential);
  if (!now) return now.error();
  if (*now == nullptr || place.credential.empty()) return no_credential(place.credential);
  auto begins = beginning(owner, (*now)->integration);
  if (!begins) return begins.error();
  auto configured = edit(
      owner, (*now)->id,
      [&](const Credential& before, CredentialRow& row) -> Outcome {
        Credential next = before;
        auto changed = edit_configuration(
            next, place.configuration,
            [&](Credential& configuration) { return configure_credential(configuration, patch); });
        if (!changed) return changed;
        millrace::configure(row, next);
        row.is_valid = true;
        row.refusal.clear();
        return Done{};
      },
      &*begins);
  if (configured) begins->stored();
  return configured;
}

// --- configurations -------------------------------------------------------------------------------

Result<SharedCredential> CredentialRegistry::add_configuration(const UserKey& owner,
                                                               const std::string& id,
                                                               const std::string& external_id) {
  if (!external_id.empty()) {
    if (auto named = check_external_id(external_id); !named) return named.error();
  }
  const auto now = find(owner.project, owner.user, {}, id);
  if (!now) return now.error();
  if (*now == nullptr || id.empty()) return no_credential(id);
  auto begins = beginning(owner, (*now)->integration);
  if (!begins) return begins.error();
  auto added = edit(
      owner, (*now)->id,
      [&](const Credential& before, CredentialRow& row) -> Outcome {
        if (before.others.size() + 1 >= limits::configurations_per_credential_max) {
          return Error(ErrorCode::limit_exceeded,
                       "an account has at most " +
                           std::to_string(limits::configurations_per_credential_max) +
                           " configurations: remove one");
        }
        if (find_configuration(before, external_id) != nullptr) {
          return Error(
              ErrorCode::conflict,
              "another configuration of the account has the externalId \"" + external_id + '"');
        }
        auto workflows = default_workflows(owner.project, before.integration);
        if (!workflows) return workflows.error();
        Credential next = before;
        Configuration made;
        made.id = make_credential_id(shard_of(owner), random_);
        made.external_id = external_id;
        made.configured_workflows = std::move(*workflows);
        // Whoever adds one looks for the newest.
        made.created = std::max(clock_.now(), before.connected + Millis(1));
        if (!before.others.empty()) {
          made.created = std::max(made.created, before.others.back().created + Millis(1));
        }
        next.others.push_back(std::move(made));
        millrace::configure(row, next);
        return Done{};
      },
      &*begins);
  if (added) begins->stored();
  return added;
}

Result<SharedCredential> CredentialRegistry::note_in_configuration(const UserKey& owner,
                                                                   const std::string& account,
                                                                   const JsonObject& meta) {
  const AccountPlace place = account_place(account);
  return edit(
      owner, place.credential, [&](const Credential& before, CredentialRow& row) -> Outcome {
        Credential next = before;
        auto noted = edit_configuration(next, place.configuration, [&](Credential& configuration) {
          for (const auto& member : meta) {
            if (member.value().is_null()) {
              configuration.meta.erase(member.key());
            } else {
              configuration.meta.insert_or_assign(member.key(), member.value());
            }
          }
          return Outcome(Done{});
        });
        if (!noted) return noted;
        millrace::configure(row, next);
        return Done{};
      });
}

Outcome CredentialRegistry::remove_configuration(const UserKey& owner, const std::string& account) {
  const AccountPlace place = account_place(account);
  const auto removed =
      edit(owner, place.credential, [&](const Credential& before, CredentialRow& row) -> Outcome {
        if (place.configuration.empty() || is_default_configuration(before, place.configuration)) {
          return Error(ErrorCode::conflict,
                       "the default configuration cannot be removed: disconnect the account");
        }
        const Configuration* const found = find_configuration(before, place.configuration);
        if (found == nullptr) return no_configuration(place.configuration);
        Credential next = before;
        next.others.erase(next.others.begin() + (found - before.others.data()));
        millrace::configure(row, next);
        return Done{};
      });
  return removed ? Outcome(Done{}) : Outcome(removed.error());
}

Result<SharedCredential> CredentialRegistry::renew(const UserKey& owner, const std::string& id,
                                                   const Renewal& renewal) {
  std::string fields = to_text(renewal.fields);
  if (fields.size() > limits::secret_bytes_max) {
    storage::wipe(fields);
    return Error(ErrorCode::limit_exceeded,
                 "the tokens have at most " + std::to_string(limits::secret_bytes_max) + " bytes");
  }
  auto renewed = edit(owner, id, [&](const Credential& now, CredentialRow& row) -> Outcome {
    if (row.revision != renewal.revision) {
      return Error(ErrorCode::conflict, "the account is another one by now");
    }
    row.sealed = sealer_.seal(fields, row.place());
    ++row.revision;
    if (renewal.kept.empty()) return Done{};
    JsonObject kept = now.provider_data.is_object() ? now.provider_data.get_object() : JsonObject();
    for (const auto& member : renewal.kept) kept[member.key()] = member.value();
    row.provider_data = to_text(kept);
    return Done{};
  });
  storage::wipe(fields);
  return renewed;
}

Outcome CredentialRegistry::refuse(const UserKey& owner, const std::string& id,
                                   std::uint64_t revision, const std::string& why) {
  const auto edited = edit(owner, id, [&](const Credential&, CredentialRow& row) -> Outcome {
    if (row.revision != revision || !row.is_valid) {
      return Error(ErrorCode::conflict, "the account is another one by now");
    }
    row.is_valid = false;
    row.refusal = why + ", the last time at " + to_text(clock_.now());
    return Done{};
  });
  return edited ? Outcome(Done{}) : Outcome(edited.error());
}

Outcome CredentialRegistry::set_valid(const ProjectId& project, const UserId& user,
                                      const std::string& id, bool is_valid) {
  const auto edited =
      edit({project, user}, id, [&](const Credential&, CredentialRow& row) -> Outcome {
        row.is_valid = is_valid;
        if (is_valid) row.refusal.clear();
        return Done{};
      });
  return edited ? Outcome(Done{}) : Outcome(edited.error());
}

Outcome CredentialRegistry::forget_sign_in(const UserKey& owner, const std::string& key) {
  const auto accounts = list(owner.project, owner.user);
  if (!accounts) return accounts.error();
  for (const auto& account : *accounts) {
    if (key.empty() || account->sign_in_key != key) continue;
    const auto edited =
        edit(owner, account->id, [&](const Credential&, CredentialRow& row) -> Outcome {
          if (row.sign_in_key == key) row.sign_in_key.clear();
          return Done{};
        });
    const bool is_gone = !edited && edited.error().code == ErrorCode::not_found;
    if (!edited && !is_gone) return edited.error();
  }
  return Done{};
}

Outcome CredentialRegistry::disconnect(const ProjectId& project, const UserId& user,
                                       const std::string& id) {
  return users_.change(
      {project, user}, [&](const UserView& now, WriteBatch& batch) -> Result<SharedUserView> {
        const auto leaving = id.empty() ? nullptr : now.find({}, id);
        if (leaving == nullptr) return no_credential(id);
        auto next = std::make_shared<UserView>(now);
        std::erase_if(next->credentials, [&](const HeldCredential& each) {
          return each.credential->id == leaving->id;
        });
        const auto row = row_of({project, user}, leaving->id);
        if (!row) return row.error();
        storage::follow_credential(batch, &*row, nullptr);
        storage::CredentialTable::remove(batch, project, user, leaving->id);
        // Its URLs are worth nothing any more, also to whoever connects the same account again.
        if (auto hooks = hooks_.remove_of_user(batch, project, user, leaving->id); !hooks) {
          return hooks.error();
        }
        return SharedUserView(std::move(next));
      });
}

namespace {

/// False: nothing is said of it there.
bool disable(JsonObject& configured_workflows, const WorkflowId& workflow) {
  Json* const configured = configured_workflows.if_contains(workflow.text);
  if (configured == nullptr || !configured->is_object()) return false;
  configured->get_object()["enabled"] = false;
  return true;
}

}  // namespace

Outcome CredentialRegistry::disable_workflow(const ProjectId& project, const UserId& user,
                                             const WorkflowId& workflow) {
  const UserKey owner{project, user};
  return users_.change(owner,
                       [&](const UserView& now, WriteBatch& batch) -> Result<SharedUserView> {
                         std::shared_ptr<UserView> next;  // null: nothing changes
                         for (const auto& held : now.credentials) {
                           Credential changed = *held.credential;
                           bool is_known = disable(changed.configured_workflows, workflow);
                           for (auto& other : changed.others) {
                             is_known = disable(other.configured_workflows, workflow) || is_known;
                           }
                           if (!is_known) continue;
                           auto row = row_of(owner, changed.id);
                           if (!row) return row.error();
                           millrace::configure(*row, changed);
                           if (next == nullptr) next = std::make_shared<UserView>(now);
                           if (auto added = put(*next, *row, batch); !added) return added.error();
                         }
                         return SharedUserView(std::move(next));
                       });
}

// --- reading --------------------------------------------------------------------------------------

Result<std::vector<ConfiguredAccount>> CredentialRegistry::named(const ProjectId& project,
                                                                 const UserId& user,
                                                                 std::string_view integration,
                                                                 const AccountNames& names) const {
  const auto view = users_.now({project, user});
  if (!view) return view.error();
  return (*view)->named(integration, names);
}

Result<SharedCredential> CredentialRegistry::find(const ProjectId& project, const UserId& user,
                                                  std::string_view integration,
                                                  std::string_view id) const {
  const auto view = users_.now({project, user});
  if (!view) return view.error();
  return (*view)->find(integration, id);
}

Result<std::vector<SharedCredential>> CredentialRegistry::list(const ProjectId& project,
                                                               const UserId& user,
                                                               std::string_view integration) const {
  const auto view = users_.now({project, user});
  if (!view) return view.error();
  return (*view)->list(integration);
}

}  // namespace millrace
