#include "actors/tenants/integration_registry.h"

#include "actors/shards/shard_ownership.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

bool is_type(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= limits::id_bytes_max &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

Outcome check(const std::string& type, const Json& definition, const std::string& text) {
  if (!is_type(type)) {
    return Error(ErrorCode::invalid_request,
                 "an integration's type is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  if (!definition.is_object()) {
    return Error(ErrorCode::invalid_definition,
                 "an integration is a JSON object, not " + std::string(kind_name(definition)));
  }
  if (text.size() > limits::definition_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a definition has at most " + std::to_string(limits::definition_bytes_max) +
                     " bytes, this one has " + std::to_string(text.size()));
  }
  return Done{};
}

}  // namespace

class IntegrationRegistry::Catalog final : public IntegrationCatalog {
 public:
  std::shared_ptr<const Integration> find_integration(std::string_view type) const override {
    const auto found = by_type.find(type);
    return found == by_type.end() ? nullptr : found->second.integration;
  }

  std::vector<std::string> integration_types() const override {
    std::vector<std::string> types;
    for (const auto& [type, entry] : by_type) types.push_back(type);
    return types;
  }

  Error no_integration(const std::string& type) const {
    const std::string nearest = nearest_name(type, integration_types());
    std::string message = "no integration \"" + type + "\"";
    if (!nearest.empty()) message += "; did you mean \"" + nearest + "\"?";
    return Error(ErrorCode::not_found, std::move(message));
  }

  std::map<std::string, Entry, std::less<>> by_type;
};

IntegrationRegistry::IntegrationRegistry(const storage::OrderedStore& store,
                                         storage::GroupCommit& commits,
                                         const ShardOwnership& ownership, const Clock& clock,
                                         LogSink log)
    : table_(store),
      commits_(commits),
      ownership_(ownership),
      clock_(clock),
      log_(std::move(log)) {}

Outcome IntegrationRegistry::load() {
  std::map<ProjectId, std::shared_ptr<Catalog>> catalogs;
  const auto read = table_.visit(ShardSet::all(), [&](storage::IntegrationRow row) -> Outcome {
    auto definition = parse_json(row.definition);
    auto compiled = definition ? compile_integration(row.type, *definition)
                               : Result<std::shared_ptr<const Integration>>(definition.error());
    if (!compiled) {
      if (log_) {
        log_(LogLevel::error,
             "the integration \"" + row.type + "\" of the project \"" + row.project.text +
                 "\" is not understood, put it again: " + compiled.error().message);
      }
      return Done{};
    }
    auto& catalog = catalogs[row.project];
    if (catalog == nullptr) catalog = std::make_shared<Catalog>();
    catalog->by_type[row.type] = {std::move(*compiled), row.updated};
    return Done{};
  });
  if (!read) return read;
  const std::unique_lock lock(mutex_);
  for (auto& [project, catalog] : catalogs) projects_[project] = std::move(catalog);
  return Done{};
}

Outcome IntegrationRegistry::commit(const ProjectId& project, storage::WriteBatch batch) {
  const auto fence = ownership_.fence(shard_of(project));
  if (!fence) return fence.error();
  batch.require(*fence);
  return commits_.commit_and_wait(std::move(batch));
}

std::shared_ptr<const IntegrationRegistry::Catalog> IntegrationRegistry::entries(
    const ProjectId& project) const {
  static const auto none = std::make_shared<const Catalog>();
  const std::shared_lock lock(mutex_);
  const auto found = projects_.find(project);
  return found == projects_.end() ? none : found->second;
}

void IntegrationRegistry::publish(const ProjectId& project,
                                  std::shared_ptr<const Catalog> catalog) {
  const std::unique_lock lock(mutex_);
  projects_[project] = std::move(catalog);
}

Result<Stored> IntegrationRegistry::put(const ProjectId& project, const std::string& type,
                                        const Json& definition) {
  std::string text = to_text(definition);
  if (auto checked = check(type, definition, text); !checked) return checked.error();
  auto compiled = compile_integration(type, definition);
  if (!compiled) return compiled.error();
  const std::lock_guard writing(writing_);
  auto next = std::make_shared<Catalog>(*entries(project));
  const Stored stored = next->by_type.contains(type) ? Stored::replaced : Stored::created;
  if (stored == Stored::created && next->by_type.size() >= limits::integrations_per_project_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a project has at most " + std::to_string(limits::integrations_per_project_max) +
                     " integrations: remove one");
  }
  const storage::IntegrationRow row{project, type, std::move(text), clock_.now()};
  storage::WriteBatch batch;
  storage::IntegrationTable::put(batch, row);
  if (auto committed = commit(project, std::move(batch)); !committed) return committed.error();
  next->by_type[type] = {std::move(*compiled), row.updated};
  publish(project, std::move(next));
  return stored;
}

Result<IntegrationRegistry::Entry> IntegrationRegistry::get(const ProjectId& project,
                                                            const std::string& type) const {
  const auto now = entries(project);
  const auto found = now->by_type.find(type);
  if (found == now->by_type.end()) return now->no_integration(type);
  return found->second;
}

std::vector<IntegrationRegistry::Entry> IntegrationRegistry::list(const ProjectId& project) const {
  const auto now = entries(project);
  std::vector<Entry> list;
  for (const auto& [type, entry] : now->by_type) list.push_back(entry);
  return list;
}

Outcome IntegrationRegistry::remove(const ProjectId& project, const std::string& type) {
  const std::lock_guard writing(writing_);
  auto next = std::make_shared<Catalog>(*entries(project));
  if (next->by_type.erase(type) == 0) return next->no_integration(type);
  storage::WriteBatch batch;
  storage::IntegrationTable::remove(batch, project, type);
  if (auto removed = commit(project, std::move(batch)); !removed) return removed;
  publish(project, std::move(next));
  return Done{};
}

std::shared_ptr<const Integration> IntegrationRegistry::find(const ProjectId& project,
                                                             std::string_view type) const {
  return entries(project)->find_integration(type);
}

std::shared_ptr<const IntegrationCatalog> IntegrationRegistry::catalog(
    const ProjectId& project) const {
  return entries(project);
}

}  // namespace millrace
