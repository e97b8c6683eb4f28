#include "storage/tables/project_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t version_1 = 1;  // of every row in this file

namespace project_field {
constexpr std::uint32_t id = 1, name = 2, api_key_hash = 3, created = 4;
}
namespace signing_key_field {
constexpr std::uint32_t kid = 1, pem = 2;
}
namespace workflow_field {
constexpr std::uint32_t id = 1, draft = 2, latest_version = 3, deployed_version = 4, updated = 5;
}
namespace version_field {
constexpr std::uint32_t version = 1, definition = 2, deployed_at = 3, integrations = 4;
}

Result<ProjectRow> decode_project(std::string_view bytes) {
  namespace field = project_field;
  RecordReader reader(bytes, "project", version_1);
  ProjectRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::id:
        reader.text(row.id.text);
        break;
      case field::name:
        reader.text(row.name);
        break;
      case field::api_key_hash:
        reader.text(row.api_key_hash);
        break;
      case field::created:
        reader.time(row.created);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

Result<SigningKeyRow> decode_signing_key(std::string_view bytes) {
  namespace field = signing_key_field;
  RecordReader reader(bytes, "signing key", version_1);
  SigningKeyRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::kid:
        reader.text(row.kid.text);
        break;
      case field::pem:
        reader.text(row.pem);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

Result<WorkflowRow> decode_workflow(std::string_view bytes) {
  namespace field = workflow_field;
  RecordReader reader(bytes, "workflow", version_1);
  WorkflowRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::id:
        reader.text(row.id.text);
        break;
      case field::draft:
        reader.text(row.draft);
        break;
      case field::latest_version:
        reader.number(row.latest_version);
        break;
      case field::deployed_version:
        reader.number(row.deployed_version);
        break;
      case field::updated:
        reader.time(row.updated);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

Result<WorkflowVersionRow> decode_version(std::string_view bytes) {
  namespace field = version_field;
  RecordReader reader(bytes, "workflow version", version_1);
  WorkflowVersionRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::version:
        reader.number(row.version);
        break;
      case field::definition:
        reader.text(row.definition);
        break;
      case field::deployed_at:
        reader.time(row.deployed_at);
        break;
      case field::integrations:
        reader.text(row.integrations);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

/// The rows of one key range.
template <class Row>
Result<std::vector<Row>> read_all(const OrderedStore& store, const std::string& prefix,
                                  Decode<Row> decode) {
  std::vector<Row> rows;
  const auto read = visit_rows<Row>(store, prefix, decode, [&](Row row) -> Outcome {
    rows.push_back(std::move(row));
    return Done{};
  });
  if (!read.ok()) return read.error();
  return rows;
}

}  // namespace

void ProjectTable::put_project(WriteBatch& batch, const ProjectRow& project) {
  namespace field = project_field;
  CHECK(!project.id.empty(), "a project has an id");
  RecordWriter record(version_1);
  record.text(field::id, project.id.text);
  record.text(field::name, project.name);
  record.text(field::api_key_hash, project.api_key_hash);
  record.time(field::created, project.created);
  batch.put(keys::project(project.id), std::move(record).take());
}

void ProjectTable::put_signing_key(WriteBatch& batch, const ProjectId& project,
                                   const SigningKeyRow& key) {
  namespace field = signing_key_field;
  RecordWriter record(version_1, key.pem.size() + key.kid.text.size() + 16);
  record.text(field::kid, key.kid.text);
  record.text(field::pem, key.pem);
  batch.put(keys::signing_key(project, key.kid), std::move(record).take());
}

void ProjectTable::remove_signing_key(WriteBatch& batch, const ProjectId& project,
                                      const SigningKeyId& kid) {
  batch.remove(keys::signing_key(project, kid));
}

void ProjectTable::put_workflow(WriteBatch& batch, const ProjectId& project,
                                const WorkflowRow& row) {
  namespace field = workflow_field;
  CHECK(!row.id.empty(), "a workflow has an id");
  CHECK(row.deployed_version <= row.latest_version, "only a version that exists is deployed");
  RecordWriter record(version_1, row.draft.size() + row.id.text.size() + 32);
  record.text(field::id, row.id.text);
  record.text(field::draft, row.draft);
  record.number(field::latest_version, row.latest_version);
  record.number(field::deployed_version, row.deployed_version);
  record.time(field::updated, row.updated);
  batch.put(keys::workflow(project, row.id), std::move(record).take());
}

void ProjectTable::remove_workflow(WriteBatch& batch, const ProjectId& project,
                                   const WorkflowId& id) {
  batch.remove(keys::workflow(project, id));
}

void ProjectTable::put_version(WriteBatch& batch, const ProjectId& project,
                               const WorkflowId& workflow, const WorkflowVersionRow& row) {
  namespace field = version_field;
  CHECK(row.version > 0, "versions count from 1");
  RecordWriter record(version_1, row.definition.size() + row.integrations.size() + 32);
  record.number(field::version, row.version);
  record.text(field::definition, row.definition);
  record.time(field::deployed_at, row.deployed_at);
  if (!row.integrations.empty()) record.text(field::integrations, row.integrations);
  batch.put(keys::workflow_version(project, workflow, row.version), std::move(record).take());
}

Result<std::optional<ProjectRow>> ProjectTable::project(const ProjectId& id) const {
  return read_one<ProjectRow>(store_, keys::project(id), decode_project);
}

Result<std::vector<ProjectRow>> ProjectTable::projects() const {
  std::vector<ProjectRow> rows;
  const auto read = visit_shards<ProjectRow>(store_, keys::projects, decode_project,
                                             [&](ProjectRow row) -> Outcome {
                                               rows.push_back(std::move(row));
                                               return Done{};
                                             });
  if (!read.ok()) return read.error();
  return rows;
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
