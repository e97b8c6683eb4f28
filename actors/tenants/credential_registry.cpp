#include "actors/tenants/credential_registry.h"

#include "actors/shards/shard_ownership.h"
#include "runtime/base/execution_id.h"
#include "runtime/integrations/credential_input.h"
#include "storage/tables/enabled_workflow_table.h"

#include <algorithm>

namespace millrace {
namespace {

using storage::CredentialRow;

Error no_credential(std::string_view id) {
  return Error(ErrorCode::not_found, "the user has no account \"" + std::string(id) + "\"");
}

Result<JsonObject> stored_object(const std::string& text) {
  auto value = parse_json(text, limits::stored_depth_max);
  if (value && value->is_object()) return std::move(value->get_object());
  return Error(ErrorCode::corrupt_data, "a stored credential holds what is no JSON object");
}

void configure(CredentialRow& row, const Credential& credential) {
  row.configured_workflows = to_text(credential.configured_workflows);
  row.shared_settings = to_text(credential.shared_settings);
}

Outcome check_size(const CredentialRow& row) {
  if (row.configured_workflows.size() + row.shared_settings.size() <=
      limits::credential_config_bytes_max) {
    return Done{};
  }
  return Error(ErrorCode::limit_exceeded, "the configuration of a credential has at most " +
                                              std::to_string(limits::credential_config_bytes_max) +
                                              " bytes");
}

}  // namespace

CredentialRegistry::CredentialRegistry(const storage::OrderedStore& store,
                                       storage::GroupCommit& commits,
                                       const ShardOwnership& ownership, const Clock& clock,
                                       Random& random, const storage::Sealer& sealer,
                                       const IntegrationRegistry& integrations, LogSink log)
    : table_(store),
      workflows_(store),
      commits_(commits),
      ownership_(ownership),
      clock_(clock),
      random_(random),
      sealer_(sealer),
      integrations_(integrations),
      log_(std::move(log)) {}

// --- from rows and back -------------------------------------------------------------------------

Result<CredentialRegistry::Held> CredentialRegistry::open(const CredentialRow& row) const {
  auto provider_data = stored_object(row.provider_data);
  auto workflows = stored_object(row.configured_workflows);
  auto settings = stored_object(row.shared_settings);
  for (const auto* read : {&provider_data, &workflows, &settings}) {
    if (!*read) return read->error();
  }
  auto credential = std::make_shared<Credential>();
  credential->id = row.id;
  credential->user = row.user;
  credential->integration = row.integration;
  credential->is_valid = row.is_valid;
  credential->provider_id = row.provider_id;
  credential->provider_data = std::move(*provider_data);
  credential->configured_workflows = std::move(*workflows);
  credential->shared_settings = std::move(*settings);
  Held held{nullptr, row.connected, {}};
  if (auto plain = sealer_.unseal(row.sealed, row.place())) {
    auto fields = stored_object(*plain);
    storage::wipe(*plain);
    if (!fields) return fields.error();
    credential->fields = std::move(*fields);
  } else {
    held.lock = plain.error();
  }
  held.credential = std::move(credential);
  return held;
}

Outcome CredentialRegistry::load() {
  std::map<Owner, std::vector<Held>> all;
  std::size_t locked = 0;
  std::string why;
  const auto read = table_.visit(ShardSet::all(), [&](CredentialRow row) -> Outcome {
    auto held = open(row);
    if (!held) return held.error();
    if (held->lock && locked++ == 0) why = held->lock->message;
    all[{row.project, row.user}].push_back(std::move(*held));
    return Done{};
  });
  if (!read) return read;
  for (auto& [owner, list] : all) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Held& a, const Held& b) { return a.connected < b.connected; });
  }
  if (locked > 0 && log_) {
    log_(LogLevel::error, std::to_string(locked) + " credentials do not open; the first: " + why);
  }
  const std::unique_lock lock(mutex_);
  held_ = std::move(all);
  return Done{};
}

Result<CredentialRow> CredentialRegistry::row_of(const Owner& owner, const std::string& id) const {
  auto row = table_.find(owner.first, owner.second, id);
  if (!row) return row.error();
  if (!*row) return no_credential(id);
  return std::move(**row);
}

Outcome CredentialRegistry::commit(const Owner& owner, storage::WriteBatch batch) {
  const auto fence = ownership_.fence(shard_of(owner.first, owner.second));
  if (!fence) return fence.error();
  batch.require(*fence);
  return commits_.commit_and_wait(std::move(batch));
}

Outcome CredentialRegistry::store(const Owner& owner, const std::vector<CredentialRow>& rows) {
  std::vector<Held> opened;
  storage::WriteBatch batch;
  for (const auto& row : rows) {
    if (auto checked = check_size(row); !checked) return checked;
    auto held = open(row);
    if (!held) return held.error();
    opened.push_back(std::move(*held));
    auto before = table_.find(owner.first, owner.second, row.id);
    if (!before) return before.error();
    storage::EnabledWorkflowTable::follow(batch, *before ? &**before : nullptr, &row);
    storage::CredentialTable::put(batch, row);
  }
  if (auto committed = commit(owner, std::move(batch)); !committed) return committed;
  const std::unique_lock lock(mutex_);
  auto& list = held_[owner];
  for (auto& next : opened) {
    const auto same = std::find_if(list.begin(), list.end(), [&](const Held& each) {
      return each.credential->id == next.credential->id;
    });
    if (same == list.end()) {
      list.push_back(std::move(next));
    } else {
      *same = std::move(next);
    }
  }
  return Done{};
}

Result<SharedCredential> CredentialRegistry::published(const Owner& owner,
                                                       const std::string& id) const {
  auto credential = find(owner.first, owner.second, {}, id);
  CHECK(credential != nullptr, "what was just stored is held");
  return credential;
}

// --- writing ------------------------------------------------------------------------------------

Result<CredentialRow> CredentialRegistry::row_to_connect(const Owner& owner,
                                                         const std::string& integration,
                                                         const std::string& provider_id) {
  const auto held = held_by(owner);
  for (const auto& each : held) {
    const Credential& credential = *each.credential;
    if (!provider_id.empty() && credential.integration == integration &&
        credential.provider_id == provider_id) {
      return row_of(owner, credential.id);
    }
  }
  if (held.size() >= limits::credentials_per_user_max) {
    return Error(ErrorCode::limit_exceeded, "a user has at most " +
                                                std::to_string(limits::credentials_per_user_max) +
                                                " accounts: disconnect one");
  }
  auto enabled = workflows_.enabled_by_default(owner.first, integration);
  if (!enabled) return enabled.error();
  JsonObject workflows;
  for (const auto& workflow : *enabled) {
    workflows[workflow.text] = JsonObject{{"enabled", true}, {"settings", JsonObject()}};
  }
  CredentialRow row;
  row.project = owner.first;
  row.user = owner.second;
  row.connected = clock_.now();
  row.id = ExecutionId::make(shard_of(row.project, row.user), row.connected, random_).text();
  row.integration = integration;
  row.provider_id = provider_id;
  row.configured_workflows = to_text(workflows);
  return row;
}

Result<SharedCredential> CredentialRegistry::connect(const ProjectId& project, const UserId& user,
                                                     const std::string& integration,
                                                     const Connection& connection) {
  const auto known = integrations_.get(project, integration);
  if (!known) return known.error();
  if (!known->integration->is_active) {
    return Error(ErrorCode::integration_inactive,
                 "the integration \"" + integration + "\" is switched off");
  }
  auto checked = check_credential_fields(known->integration->auth, connection.fields);
  if (!checked) return checked.error();
  std::string fields = to_text(connection.fields);
  if (fields.size() > limits::secret_bytes_max ||
      connection.provider_id.size() > limits::provider_id_bytes_max) {
    return Error(ErrorCode::limit_exceeded, "the credentials have at most " +
                                                std::to_string(limits::secret_bytes_max) +
                                                " bytes, the provider's id at most " +
                                                std::to_string(limits::provider_id_bytes_max));
  }
  const Owner owner{project, user};
  const std::lock_guard writing(writing_);
  auto row = row_to_connect(owner, integration, connection.provider_id);
  if (!row) return row.error();
  row->is_valid = true;
  row->sealed = sealer_.seal(fields, row->place());
  storage::wipe(fields);
  if (connection.settings) row->shared_settings = to_text(*connection.settings);
  if (auto stored = store(owner, {*row}); !stored) return stored.error();
  return published(owner, row->id);
}

Result<SharedCredential> CredentialRegistry::configure(const ProjectId& project, const UserId& user,
                                                       const std::string& id,
                                                       const JsonObject& patch) {
  const Owner owner{project, user};
  const std::lock_guard writing(writing_);
  const auto now = find(project, user, {}, id);
  if (now == nullptr) return no_credential(id);
  Credential next = *now;
  if (auto changed = configure_credential(next, patch); !changed) return changed.error();
  auto row = row_of(owner, id);
  if (!row) return row.error();
  millrace::configure(*row, next);
  if (auto stored = store(owner, {*row}); !stored) return stored.error();
  return published(owner, id);
}

Outcome CredentialRegistry::disconnect(const ProjectId& project, const UserId& user,
                                       const std::string& id) {
  const Owner owner{project, user};
  const std::lock_guard writing(writing_);
  const auto row = row_of(owner, id);
  if (!row) return row.error();
  storage::WriteBatch batch;
  storage::EnabledWorkflowTable::follow(batch, &*row, nullptr);
  storage::CredentialTable::remove(batch, project, user, id);
  if (auto removed = commit(owner, std::move(batch)); !removed) return removed;
  const std::unique_lock lock(mutex_);
  auto& list = held_[owner];
  std::erase_if(list, [&](const Held& each) { return each.credential->id == id; });
  if (list.empty()) held_.erase(owner);
  return Done{};
}

Outcome CredentialRegistry::disable_workflow(const ProjectId& project, const UserId& user,
                                             const WorkflowId& workflow) {
  const Owner owner{project, user};
  const std::lock_guard writing(writing_);
  std::vector<CredentialRow> rows;
  for (const auto& held : held_by(owner)) {
    Credential next = *held.credential;
    Json* const configured = next.configured_workflows.if_contains(workflow.text);
    if (configured == nullptr || !configured->is_object()) continue;
    configured->get_object()["enabled"] = false;
    auto row = row_of(owner, next.id);
    if (!row) return row.error();
    millrace::configure(*row, next);
    rows.push_back(std::move(*row));
  }
  if (rows.empty()) return Done{};
  return store(owner, rows);
}

Outcome CredentialRegistry::set_valid(const ProjectId& project, const UserId& user,
                                      const std::string& id, bool is_valid) {
  const Owner owner{project, user};
  const std::lock_guard writing(writing_);
  auto row = row_of(owner, id);
  if (!row) return row.error();
  row->is_valid = is_valid;
  return store(owner, {*row});
}

// --- reading ------------------------------------------------------------------------------------

std::vector<CredentialRegistry::Held> CredentialRegistry::held_by(const Owner& owner) const {
  const std::shared_lock lock(mutex_);
  const auto found = held_.find(owner);
  return found == held_.end() ? std::vector<Held>() : found->second;
}

SharedCredential CredentialRegistry::find(const ProjectId& project, const UserId& user,
                                          std::string_view integration, std::string_view id) const {
  SharedCredential first;
  for (auto& credential : list(project, user, integration)) {
    if (id.empty() ? credential->is_valid : credential->id == id) return credential;
    if (first == nullptr) first = std::move(credential);
  }
  return id.empty() ? first : nullptr;
}

std::vector<SharedCredential> CredentialRegistry::list(const ProjectId& project, const UserId& user,
                                                       std::string_view integration) const {
  std::vector<SharedCredential> list;
  const std::shared_lock lock(mutex_);
  const auto found = held_.find(Owner{project, user});
  if (found == held_.end()) return list;
  for (const auto& held : found->second) {
    const bool is_wanted = integration.empty() || held.credential->integration == integration;
    if (is_wanted) list.push_back(held.credential);
  }
  return list;
}

std::optional<Error> CredentialRegistry::why_locked(const ProjectId& project, const UserId& user,
                                                    std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = held_.find(Owner{project, user});
  if (found == held_.end()) return std::nullopt;
  for (const auto& held : found->second) {
    if (held.credential->id == id) return held.lock;
  }
  return std::nullopt;
}

}  // namespace millrace
