#include "storage/tables/project_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;  // of every row in this file

/// As it is stored: nothing of a setting that is as usual.
struct StoredProject {
  ProjectRow row{};
  std::string portal_origins{};              // one a line
  std::string preview_user{};                // empty: the usual one
  std::uint32_t retention_days_and_one = 0;  // 0: as usual

  static StoredProject of(const ProjectRow& row) {
    const ProjectSettings usual;
    StoredProject stored{row, {}, {}, 0};
    for (const auto& origin : row.settings.portal_origins) stored.portal_origins += origin + '\n';
    if (row.settings.preview_user != usual.preview_user) {
      stored.preview_user = row.settings.preview_user.text;
    }
    if (row.settings.retention_days != usual.retention_days) {
      stored.retention_days_and_one = row.settings.retention_days + 1;
    }
    return stored;
  }

  ProjectRow own() && {
    ProjectSettings& settings = row.settings;
    for (std::size_t at = 0; at < portal_origins.size();) {
      const std::size_t end = portal_origins.find('\n', at);
      settings.portal_origins.push_back(portal_origins.substr(at, end - at));
      at = end == std::string::npos ? end : end + 1;
    }
    if (!preview_user.empty()) settings.preview_user = UserId(std::move(preview_user));
    if (retention_days_and_one != 0) settings.retention_days = retention_days_and_one - 1;
    return std::move(row);
  }
};

constexpr auto project_fields = [](auto& record, auto& stored) {
  auto& row = stored.row;
  record.text(1, row.id.text);
  record.text(2, row.name);
  record.text(3, row.api_key_hash);
  record.time(4, row.created);
  record.number_if_any(5, row.limits.concurrent_steps);
  record.number_if_any(6, row.limits.concurrent_steps_per_user);
  record.number_if_any(7, row.limits.triggers_per_minute);
  record.number_if_any(8, row.limits.triggers_per_minute_per_user);
  record.number_if_any(9, row.limits.stored_bytes);
  record.number_if_any(10, row.limits.payload_bytes);
  record.number_if_any(11, row.limits.held_responses);
  record.text_if_any(16, stored.portal_origins);
  record.text_if_any(17, stored.preview_user);
  record.number_if_any(18, stored.retention_days_and_one);
};

struct ApiKeyRow {
  ProjectId project;
};
constexpr auto api_key_fields = [](auto& record, auto& row) { record.text(1, row.project.text); };

struct RevisionRow {
  std::uint64_t revision = 0;
};
constexpr auto revision_fields = [](auto& record, auto& row) { record.number(1, row.revision); };

constexpr auto signing_key_fields = [](auto& record, auto& row) {
  record.text(1, row.kid.text);
  record.text(2, row.pem);
};

constexpr auto workflow_fields = [](auto& record, auto& row) {
  record.text(1, row.id.text);
  record.text(2, row.draft);
  record.number(3, row.latest_version);
  record.number(4, row.deployed_version);
  record.time(5, row.updated);
  record.text_if_any(6, row.found_by.trigger_kind);
  record.text_if_any(7, row.found_by.trigger_name);
  record.text_if_any(8, row.found_by.default_for);
  record.text_if_any(9, row.endpoint_key);
};

constexpr auto version_fields = [](auto& record, auto& row) {
  record.number(1, row.version);
  record.text(2, row.definition);
  record.time(3, row.deployed_at);
  record.text_if_any(4, row.integrations);
};

Result<ProjectRow> decode_project(std::string_view bytes) {
  auto stored = read_record<StoredProject>(bytes, "project", record_version, project_fields);
  if (!stored.ok()) return stored.error();
  return std::move(*stored).own();
}

Result<ApiKeyRow> decode_api_key(std::string_view bytes) {
  return read_record<ApiKeyRow>(bytes, "API key", record_version, api_key_fields);
}

Result<RevisionRow> decode_revision(std::string_view bytes) {
  return read_record<RevisionRow>(bytes, "project revision", record_version, revision_fields);
}

Result<SigningKeyRow> decode_signing_key(std::string_view bytes) {
  return read_record<SigningKeyRow>(bytes, "signing key", record_version, signing_key_fields);
}

Result<WorkflowRow> decode_workflow(std::string_view bytes) {
  return read_record<WorkflowRow>(bytes, "workflow", record_version, workflow_fields);
}

Result<WorkflowVersionRow> decode_version(std::string_view bytes) {
  return read_record<WorkflowVersionRow>(bytes, "workflow version", record_version, version_fields);
}

}  // namespace

void ProjectTable::put_project(WriteBatch& batch, const ProjectRow& project) {
  CHECK(!project.id.empty(), "a project has an id");
  batch.put(keys::project(project.id),
            write_record(record_version, StoredProject::of(project), project_fields));
}

void ProjectTable::put_api_key(WriteBatch& batch, const std::string& hash,
                               const ProjectId& project) {
  CHECK(!hash.empty(), "an API key has a hash");
  batch.put(keys::api_key(hash), write_record(record_version, ApiKeyRow{project}, api_key_fields));
}

void ProjectTable::remove_api_key(WriteBatch& batch, const std::string& hash) {
  batch.remove(keys::api_key(hash));
}

void ProjectTable::put_api_keys_are_indexed(WriteBatch& batch) {
  batch.put(keys::api_keys_are_indexed(),
            write_record(record_version, RevisionRow{1}, revision_fields));
}

void ProjectTable::put_revision(WriteBatch& batch, const ProjectId& project,
                                std::uint64_t revision) {
  batch.put(keys::project_revision(project),
            write_record(record_version, RevisionRow{revision}, revision_fields));
}

void ProjectTable::put_signing_key(WriteBatch& batch, const ProjectId& project,
                                   const SigningKeyRow& key) {
  batch.put(keys::signing_key(project, key.kid),
            write_record(record_version, key, signing_key_fields,
                         key.pem.size() + key.kid.text.size() + 16));
}

void ProjectTable::remove_signing_key(WriteBatch& batch, const ProjectId& project,
                                      const SigningKeyId& kid) {
  batch.remove(keys::signing_key(project, kid));
}

void ProjectTable::put_workflow(WriteBatch& batch, const ProjectId& project,
                                const WorkflowRow& row) {
  CHECK(!row.id.empty(), "a workflow has an id");
  CHECK(row.deployed_version <= row.latest_version, "only a version that exists is deployed");
  batch.put(keys::workflow(project, row.id),
            write_record(record_version, row, workflow_fields,
                         row.draft.size() + row.id.text.size() + 32));
}

void ProjectTable::remove_workflow(WriteBatch& batch, const ProjectId& project,
                                   const WorkflowId& id) {
  batch.remove(keys::workflow(project, id));
}

void ProjectTable::put_version(WriteBatch& batch, const ProjectId& project,
                               const WorkflowId& workflow, const WorkflowVersionRow& row) {
  CHECK(row.version > 0, "versions count from 1");
  batch.put(keys::workflow_version(project, workflow, row.version),
            write_record(record_version, row, version_fields,
                         row.definition.size() + row.integrations.size() + 32));
}

Result<std::optional<ProjectRow>> ProjectTable::project(const ProjectId& id) const {
  return read_one<ProjectRow>(store_, keys::project(id), decode_project);
}

Outcome ProjectTable::visit(const ShardSet& shards,
                            const std::function<Outcome(ProjectRow)>& each) const {
  return visit_shards<ProjectRow>(store_, shards, keys::projects, decode_project, each);
}

Result<std::vector<ProjectRow>> ProjectTable::projects(const ShardSet& shards) const {
  std::vector<ProjectRow> rows;
  const auto read = visit(shards, [&](ProjectRow row) -> Outcome {
    rows.push_back(std::move(row));
    return Done{};
  });
  if (!read.ok()) return read.error();
  return rows;
}

Result<std::optional<ProjectId>> ProjectTable::project_of_api_key(const std::string& hash) const {
  auto row = read_one<ApiKeyRow>(store_, keys::api_key(hash), decode_api_key);
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<ProjectId>();
  return std::optional<ProjectId>(std::move((*row)->project));
}

Result<bool> ProjectTable::api_keys_are_indexed() const {
  const auto row = store_.get(keys::api_keys_are_indexed());
  if (!row.ok()) return row.error();
  return row->has_value();
}

Result<std::uint64_t> ProjectTable::revision(const ProjectId& project) const {
  const auto row = read_one<RevisionRow>(store_, keys::project_revision(project), decode_revision);
  if (!row.ok()) return row.error();
  return *row ? (*row)->revision : 0;
}

Result<std::vector<SigningKeyRow>> ProjectTable::signing_keys(const ProjectId& project) const {
  return read_all<SigningKeyRow>(store_, keys::signing_keys(project), decode_signing_key);
}

Result<std::optional<WorkflowRow>> ProjectTable::workflow(const ProjectId& project,
                                                          const WorkflowId& id) const {
  return read_one<WorkflowRow>(store_, keys::workflow(project, id), decode_workflow);
}

Result<std::vector<WorkflowRow>> ProjectTable::workflows(const ProjectId& project) const {
  return read_all<WorkflowRow>(store_, keys::workflows(project), decode_workflow);
}

Result<std::optional<WorkflowVersionRow>> ProjectTable::version(const ProjectId& project,
                                                                const WorkflowId& workflow,
                                                                WorkflowVersion version) const {
  return read_one<WorkflowVersionRow>(store_, keys::workflow_version(project, workflow, version),
                                      decode_version);
}

Result<std::vector<WorkflowVersionRow>> ProjectTable::versions(const ProjectId& project,
                                                               const WorkflowId& workflow) const {
  return read_all<WorkflowVersionRow>(store_, keys::workflow_versions(project, workflow),
                                      decode_version);
}

}  // namespace millrace::storage
