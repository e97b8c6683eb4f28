#include "actors/tenants/secret_registry.h"

#include "actors/shards/shard_ownership.h"
#include "runtime/secrets/redaction.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

bool is_secret_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_allowed = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= limits::id_bytes_max && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

Error no_secret(const std::string& name) {
  return Error(ErrorCode::not_found, "no secret \"" + name + "\"");
}

Outcome check(const std::string& name, std::string_view value) {
  if (!is_secret_name(name)) {
    return Error(ErrorCode::invalid_request,
                 "a secret's name is 1 to 128 letters, digits or '_', and begins with no digit");
  }
  if (value.empty()) {
    return Error(ErrorCode::invalid_request,
                 "the value of the secret \"" + name + "\" is empty; remove the secret instead");
  }
  if (value.size() < Redaction::value_bytes_min) {
    return Error(ErrorCode::invalid_request,
                 "the value of the secret \"" + name + "\" has fewer than " +
                     std::to_string(Redaction::value_bytes_min) +
                     " bytes: it would be found everywhere and so could not be kept out of the "
                     "history when it comes back in a response");
  }
  if (value.size() > limits::secret_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a secret has at most " + std::to_string(limits::secret_bytes_max) +
                     " bytes, this one has " + std::to_string(value.size()));
  }
  return Done{};
}

}  // namespace

SecretRegistry::SecretRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                               const ShardOwnership& ownership, const Clock& clock,
                               const storage::Sealer& sealer, LogSink log)
    : table_(store),
      commits_(commits),
      ownership_(ownership),
      clock_(clock),
      sealer_(sealer),
      log_(std::move(log)) {}

Outcome SecretRegistry::load() {
  std::map<ProjectId, Secrets> projects;
  std::map<ProjectId, JsonObject> values;
  std::size_t locked = 0;
  std::string why;
  const auto read = table_.visit(ShardSet::all(), [&](storage::SecretRow row) -> Outcome {
    Secret secret{row.updated, {}};
    if (auto plain = sealer_.unseal(row.sealed, row.place())) {
      values[row.project][row.name] = *plain;
    } else {
      secret.lock = plain.error();
      if (locked++ == 0) why = plain.error().message;
    }
    projects[row.project].by_name[row.name] = std::move(secret);
    return Done{};
  });
  if (!read) return read;
  for (auto& [project, object] : values) {
    projects[project].values = share(std::move(object));
  }
  if (locked > 0 && log_) {
    log_(LogLevel::error, std::to_string(locked) + " secrets do not open; the first: " + why);
  }
  const std::unique_lock lock(mutex_);
  projects_ = std::move(projects);
  return Done{};
}

Outcome SecretRegistry::commit(const ProjectId& project, storage::WriteBatch batch) {
  const auto fence = ownership_.fence(shard_of(project));
  if (!fence) return fence.error();
  batch.require(*fence);
  return commits_.commit_and_wait(std::move(batch));
}

SecretRegistry::Secrets SecretRegistry::copy_of(const ProjectId& project) const {
  const std::shared_lock lock(mutex_);
  const auto found = projects_.find(project);
  return found == projects_.end() ? Secrets{} : found->second;
}

void SecretRegistry::publish(const ProjectId& project, Secrets secrets) {
  const std::unique_lock lock(mutex_);
  projects_[project] = std::move(secrets);
}

void SecretRegistry::keep_former(Secrets& secrets, const std::string& name) const {
  auto& formers = secrets.formers;
  std::erase_if(formers, [now = clock_.now()](const Former& each) { return each.until <= now; });
  const Json* const value = secrets.values->get_object().if_contains(name);
  if (value == nullptr) return;  // it is new, or does not open
  if (formers.size() == formers_max) formers.erase(formers.begin());
  formers.push_back({name, std::string(value->get_string()), clock_.now() + former_time});
}

std::vector<std::string> SecretRegistry::former_values(const ProjectId& project,
                                                       const std::string& name) const {
  const Instant now = clock_.now();
  std::vector<std::string> values;
  const std::shared_lock lock(mutex_);
  const auto found = projects_.find(project);
  if (found == projects_.end()) return values;
  for (const Former& each : found->second.formers) {
    if (each.name == name && each.until > now) values.push_back(each.value);
  }
  return values;
}

Result<Stored> SecretRegistry::put(const ProjectId& project, const std::string& name,
                                   std::string_view value) {
  if (auto checked = check(name, value); !checked) return checked.error();
  const std::lock_guard writing(writing_);
  Secrets next = copy_of(project);
  const Stored stored = next.by_name.contains(name) ? Stored::replaced : Stored::created;
  if (stored == Stored::created && next.by_name.size() >= limits::secrets_per_project_max) {
    return Error(ErrorCode::limit_exceeded, "a project has at most " +
                                                std::to_string(limits::secrets_per_project_max) +
                                                " secrets: remove one");
  }
  storage::SecretRow row{project, name, {}, clock_.now()};
  row.sealed = sealer_.seal(value, row.place());
  storage::WriteBatch batch;
  storage::SecretTable::put(batch, row);
  if (auto committed = commit(project, std::move(batch)); !committed) return committed.error();
  keep_former(next, name);
  next.by_name[name] = {row.updated, {}};
  JsonObject values = next.values->get_object();
  values[name] = value;
  next.values = share(std::move(values));
  publish(project, std::move(next));
  return stored;
}

Outcome SecretRegistry::remove(const ProjectId& project, const std::string& name) {
  const std::lock_guard writing(writing_);
  Secrets next = copy_of(project);
  if (next.by_name.erase(name) == 0) return no_secret(name);
  storage::WriteBatch batch;
  storage::SecretTable::remove(batch, project, name);
  if (auto removed = commit(project, std::move(batch)); !removed) return removed;
  keep_former(next, name);
  JsonObject values = next.values->get_object();
  values.erase(name);
  next.values = share(std::move(values));
  publish(project, std::move(next));
  return Done{};
}

std::vector<SecretRegistry::Listed> SecretRegistry::names(const ProjectId& project) const {
  const std::shared_lock lock(mutex_);
  std::vector<Listed> list;
  const auto found = projects_.find(project);
  if (found == projects_.end()) return list;
  for (const auto& [name, secret] : found->second.by_name) {
    list.push_back({name, secret.updated, secret.lock.has_value()});
  }
  return list;
}

SharedJson SecretRegistry::values(const ProjectId& project) const {
  static const SharedJson none = share(JsonObject());
  const std::shared_lock lock(mutex_);
  const auto found = projects_.find(project);
  return found == projects_.end() ? none : found->second.values;
}

Result<std::string> SecretRegistry::value(const ProjectId& project, const std::string& name) const {
  const SharedJson all = values(project);
  const Json* const found = all->get_object().if_contains(name);
  if (found == nullptr) return why_absent(project, name);
  return std::string(found->get_string());
}

Error SecretRegistry::why_absent(const ProjectId& project, const std::string& name) const {
  const Secrets secrets = copy_of(project);
  const auto found = secrets.by_name.find(name);
  if (found != secrets.by_name.end() && found->second.lock) {
    return Error(found->second.lock->code,
                 "secret \"" + name + "\": " + found->second.lock->message);
  }
  std::vector<std::string> known;
  for (const auto& [each, secret] : secrets.by_name) known.push_back(each);
  const std::string nearest = nearest_name(name, known);
  std::string message = "the project has no secret \"" + name + "\"";
  if (!nearest.empty()) message += "; did you mean \"" + nearest + "\"?";
  return Error(ErrorCode::secret_missing, std::move(message));
}

}  // namespace millrace
