#include "actors/tenants/secret_registry.h"

#include "runtime/base/limits.h"
#include "runtime/secrets/redaction.h"

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

Result<Stored> SecretRegistry::put(const ProjectId& project, const std::string& name,
                                   std::string_view value) {
  if (auto checked = check(name, value); !checked) return checked.error();
  Stored stored = Stored::created;
  auto changed = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        stored = now.secrets->contains(name) ? Stored::replaced : Stored::created;
        if (stored == Stored::created && now.secrets->size() >= limits::secrets_per_project_max) {
          return Error(ErrorCode::limit_exceeded,
                       "a project has at most " + std::to_string(limits::secrets_per_project_max) +
                           " secrets: remove one");
        }
        storage::SecretRow row{project, name, {}, clock_.now()};
        row.sealed = sealer_.seal(value, row.place());
        storage::SecretTable::put(batch, row);
        next.secrets =
            std::make_shared<const ProjectSecrets>(now.secrets->with(name, value, row.updated));
        return Done{};
      });
  if (!changed) return changed.error();
  return stored;
}

Outcome SecretRegistry::remove(const ProjectId& project, const std::string& name) {
  return projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        if (!now.secrets->contains(name)) return no_secret(name);
        storage::SecretTable::remove(batch, project, name);
        next.secrets =
            std::make_shared<const ProjectSecrets>(now.secrets->without(name, clock_.now()));
        return Done{};
      });
}

Result<std::vector<ProjectSecrets::Listed>> SecretRegistry::names(const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->secrets->names();
}

}  // namespace millrace
