#include "actors/tenants/workflow_library.h"

#include "actors/shards/shard_ownership.h"
#include "actors/tenants/default_workflows.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/definitions/frozen_integrations.h"

namespace millrace {
namespace {

constexpr char separator = '\0';

std::string workflow_key(const ProjectId& project, const WorkflowId& id) {
  return project.text + separator + id.text;
}

std::string version_key(const ProjectId& project, const WorkflowId& id, WorkflowVersion version) {
  return workflow_key(project, id) + separator + std::to_string(version);
}

Error no_workflow(const WorkflowId& id) {
  return Error(ErrorCode::not_found, "no workflow \"" + id.text + "\"");
}

Error not_deployed(const WorkflowId& id) {
  return Error(ErrorCode::workflow_not_deployed,
               "workflow \"" + id.text + "\" is not deployed: deploy it first");
}

Result<WorkflowLibrary::Entry> entry_of(const storage::WorkflowRow& row) {
  auto draft = parse_json(row.draft);
  if (!draft) return Error(ErrorCode::corrupt_data, "a stored draft is " + draft.error().message);
  return WorkflowLibrary::Entry{row.id, std::move(*draft), row.latest_version, row.deployed_version,
                                row.updated};
}

Result<IntegrationSet> frozen_integrations(const storage::WorkflowVersionRow& row) {
  if (row.integrations.empty()) return IntegrationSet();
  auto frozen = parse_json(row.integrations, limits::stored_depth_max);
  if (!frozen) return Error(ErrorCode::corrupt_data, frozen.error().message);
  return read_frozen_integrations(*frozen);
}

}  // namespace

WorkflowLibrary::WorkflowLibrary(const storage::OrderedStore& store, storage::GroupCommit& commits,
                                 const ShardOwnership& ownership, const Clock& clock,
                                 FunctionEngine& functions, Integrations integrations)
    : table_(store),
      commits_(commits),
      ownership_(ownership),
      clock_(clock),
      functions_(functions),
      integrations_(std::move(integrations)) {}

Outcome WorkflowLibrary::commit(const ProjectId& project, storage::WriteBatch batch) {
  const auto fence = ownership_.fence(shard_of(project));
  if (!fence) return fence.error();
  batch.require(*fence);
  return commits_.commit_and_wait(std::move(batch));
}

// --- drafts ---------------------------------------------------------------------------------------

Outcome WorkflowLibrary::put_draft(const ProjectId& project, const WorkflowId& id,
                                   const Json& definition) {
  if (id.empty() || id.text.size() > limits::id_bytes_max) {
    return Error(ErrorCode::invalid_request,
                 "a workflow id has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  }
  if (is_compiled_form(definition)) {
    const auto translated = translate_compiled_form(definition);
    return translated ? put_draft(project, id, *translated) : Outcome(translated.error());
  }
  if (auto checked = check_draft(definition); !checked) return checked;
  std::string text = to_text(definition);
  if (text.size() > limits::definition_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a definition has at most " + std::to_string(limits::definition_bytes_max) +
                     " bytes, this one has " + std::to_string(text.size()));
  }
  std::lock_guard writing(writing_);
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  storage::WorkflowRow next = row->value_or(storage::WorkflowRow{});
  if (!*row) {
    // It may have been removed and come back: runs of its old versions go on, so numbers go on too.
    auto versions = table_.versions(project, id);
    if (!versions) return versions.error();
    if (!versions->empty()) next.latest_version = versions->back().version;
  }
  next.id = id;
  next.draft = std::move(text);
  next.updated = clock_.now();
  if (next.deployed_version == 0) note_default(next, definition);
  storage::WriteBatch batch;
  storage::ProjectTable::put_workflow(batch, project, next);
  return commit(project, std::move(batch));
}

Result<WorkflowLibrary::Entry> WorkflowLibrary::get(const ProjectId& project,
                                                    const WorkflowId& id) const {
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  if (!*row) return no_workflow(id);
  return entry_of(**row);
}

Result<std::vector<WorkflowLibrary::Entry>> WorkflowLibrary::list(const ProjectId& project) const {
  auto rows = table_.workflows(project);
  if (!rows) return rows.error();
  std::vector<Entry> entries;
  for (const auto& row : *rows) {
    auto entry = entry_of(row);
    if (!entry) return entry.error();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Outcome WorkflowLibrary::remove(const ProjectId& project, const WorkflowId& id) {
  std::lock_guard writing(writing_);
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  if (!*row) return no_workflow(id);
  storage::WriteBatch batch;
  storage::ProjectTable::remove_workflow(batch, project, id);
  if (auto removed = commit(project, std::move(batch)); !removed) return removed;
  std::lock_guard lock(cache_mutex_);
  live_.erase(workflow_key(project, id));
  return Done{};
}

// --- deployment -----------------------------------------------------------------------------------

Result<WorkflowVersion> WorkflowLibrary::deploy(const ProjectId& project, const WorkflowId& id) {
  std::lock_guard writing(writing_);
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  if (!*row) return no_workflow(id);
  storage::WorkflowRow next = **row;
  next.latest_version += 1;
  next.deployed_version = next.latest_version;
  next.updated = clock_.now();
  auto definition = parse_json(next.draft);
  if (!definition) return definition.error();
  note_default(next, *definition);
  const auto catalog = integrations_(project);
  if (!catalog) return catalog.error();
  auto workflow = compile_workflow(*definition, {project, id, next.deployed_version},
                                   catalog->get(), &functions_);
  if (!workflow) return workflow.error();
  storage::WriteBatch batch;
  storage::WorkflowVersionRow version{next.deployed_version, next.draft, next.updated};
  if (const Json used = freeze_integrations(**workflow, **catalog); !used.get_object().empty()) {
    version.integrations = to_text(used);
  }
  storage::ProjectTable::put_version(batch, project, id, version);
  storage::ProjectTable::put_workflow(batch, project, next);
  if (auto stored = commit(project, std::move(batch)); !stored) return stored.error();
  remember(version_key(project, id, next.deployed_version), *workflow);
  std::lock_guard lock(cache_mutex_);
  live_[workflow_key(project, id)] = next.deployed_version;
  return next.deployed_version;
}

Outcome WorkflowLibrary::undeploy(const ProjectId& project, const WorkflowId& id) {
  std::lock_guard writing(writing_);
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  if (!*row) return no_workflow(id);
  if ((*row)->deployed_version == 0) return Done{};
  storage::WorkflowRow next = **row;
  next.deployed_version = 0;
  next.updated = clock_.now();
  if (const auto draft = parse_json(next.draft)) note_default(next, *draft);
  storage::WriteBatch batch;
  storage::ProjectTable::put_workflow(batch, project, next);
  if (auto stored = commit(project, std::move(batch)); !stored) return stored;
  std::lock_guard lock(cache_mutex_);
  live_.erase(workflow_key(project, id));
  return Done{};
}

Result<std::vector<WorkflowLibrary::Version>> WorkflowLibrary::versions(
    const ProjectId& project, const WorkflowId& id) const {
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  if (!*row) return no_workflow(id);
  auto rows = table_.versions(project, id);
  if (!rows) return rows.error();
  std::vector<Version> versions;
  for (const auto& each : *rows) {
    auto definition = parse_json(each.definition);
    if (!definition) return Error(ErrorCode::corrupt_data, definition.error().message);
    versions.push_back({each.version, std::move(*definition), each.deployed_at});
  }
  return versions;
}

// --- compiled versions ----------------------------------------------------------------------------

std::shared_ptr<const Workflow> WorkflowLibrary::cached(const Key& key) {
  std::lock_guard lock(cache_mutex_);
  const auto found = compiled_.find(key);
  if (found == compiled_.end()) return nullptr;
  ages_.splice(ages_.end(), ages_, found->second.age);
  return found->second.workflow;
}

void WorkflowLibrary::remember(const Key& key, std::shared_ptr<const Workflow> workflow) {
  std::lock_guard lock(cache_mutex_);
  if (compiled_.contains(key)) return;
  while (compiled_.size() >= compiled_max) {
    compiled_.erase(ages_.front());
    ages_.pop_front();
  }
  ages_.push_back(key);
  compiled_[key] = {std::move(workflow), std::prev(ages_.end())};
}

Result<std::shared_ptr<const Workflow>> WorkflowLibrary::deployed(const ProjectId& project,
                                                                  const WorkflowId& id) {
  const Key key = workflow_key(project, id);
  WorkflowVersion live = 0;
  {
    std::lock_guard lock(cache_mutex_);
    const auto found = live_.find(key);
    if (found != live_.end()) live = found->second;
  }
  if (live == 0) {
    // Under the writer's lock, so that an undeploy in between cannot be overwritten by what was read.
    std::lock_guard writing(writing_);
    auto row = table_.workflow(project, id);
    if (!row) return row.error();
    if (!*row) return no_workflow(id);
    live = (*row)->deployed_version;
    if (live == 0) return not_deployed(id);
    std::lock_guard lock(cache_mutex_);
    if (live_.size() >= compiled_max) live_.clear();
    live_[key] = live;
  }
  return version(project, id, live);
}

Result<std::shared_ptr<const Workflow>> WorkflowLibrary::version(const ProjectId& project,
                                                                 const WorkflowId& id,
                                                                 WorkflowVersion version) {
  const Key key = version_key(project, id, version);
  if (auto workflow = cached(key)) return workflow;
  auto row = table_.version(project, id, version);
  if (!row) return row.error();
  if (!*row) {
    return Error(ErrorCode::not_found,
                 "workflow \"" + id.text + "\" has no version " + std::to_string(version));
  }
  auto definition = parse_json((*row)->definition);
  if (!definition) return Error(ErrorCode::corrupt_data, definition.error().message);
  auto integrations = frozen_integrations(**row);
  if (!integrations) return integrations.error();
  auto workflow = compile_workflow(*definition, {project, id, version}, &*integrations);
  if (workflow) remember(key, *workflow);
  return workflow;
}

}  // namespace millrace
