#include "storage/tables/bulk_job_table.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <algorithm>
#include <cstring>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t id_bytes = sizeof(ExecutionId::bytes);

/// As it is stored: texts, numbers and times.
struct Stored {
  BulkJobRow row;
  std::uint8_t kind = 0;
  std::string executions;  // their bytes, one behind the other
  std::optional<std::string> user;
  std::optional<std::string> workflow;
  std::uint8_t status = 0;
  Instant after{};
  bool has_after = false;
  Instant before{};
  bool has_before = false;
  Instant ended{};
  bool has_ended = false;
};

constexpr auto fields = [](auto& record, auto& stored) {
  auto& row = stored.row;
  record.text(1, row.project.text);
  record.text(2, row.id);
  record.number(3, stored.kind);
  record.text(4, row.content);
  record.text_if_any(5, row.by);
  record.time(6, row.created);
  record.text_if_any(7, stored.executions);
  record.number_if_any(8, row.is_by_filter);
  record.text_if_given(9, stored.user);
  record.text_if_given(10, stored.workflow);
  record.text_if_given(11, row.filter.integration);
  record.number_if_any(12, stored.status);
  record.number_if_any(13, stored.has_after);
  record.time(14, stored.after);
  record.number_if_any(15, stored.has_before);
  record.time(16, stored.before);
  record.number_if_any(17, row.version_choice);
  record.number_if_any(18, row.version);
  record.text_if_any(19, row.from_step);
  record.number_if_any(20, row.done);
  record.text_if_any(21, row.walked_to);
  record.number_if_any(22, row.accepted);
  record.number_if_any(23, row.refused);
  record.text_if_any(24, row.refused_list);
  record.number_if_any(25, stored.has_ended);
  record.time(26, stored.ended);
  record.time(27, row.due);
  record.text_if_any(28, row.workflow.text);
  record.number_if_any(29, row.from_version);
  record.text_if_any(30, row.step_map);
};

std::string bytes_of(const std::vector<ExecutionId>& executions) {
  std::string bytes;
  bytes.reserve(executions.size() * id_bytes);
  for (const ExecutionId& each : executions) {
    bytes.append(reinterpret_cast<const char*>(each.bytes.data()), id_bytes);
  }
  return bytes;
}

std::vector<ExecutionId> executions_of(std::string_view bytes) {
  std::vector<ExecutionId> executions(bytes.size() / id_bytes);
  for (std::size_t i = 0; i < executions.size(); ++i) {
    std::memcpy(executions[i].bytes.data(), bytes.data() + i * id_bytes, id_bytes);
  }
  return executions;
}

Stored stored_form(const BulkJobRow& row) {
  Stored stored;
  stored.row = row;
  stored.kind = static_cast<std::uint8_t>(row.kind);
  stored.executions = bytes_of(row.executions);
  if (row.filter.user) stored.user = row.filter.user->text;
  if (row.filter.workflow) stored.workflow = row.filter.workflow->text;
  if (row.filter.status) stored.status = static_cast<std::uint8_t>(*row.filter.status);
  stored.has_after = row.filter.after.has_value();
  stored.after = row.filter.after.value_or(Instant{});
  stored.has_before = row.filter.before.has_value();
  stored.before = row.filter.before.value_or(Instant{});
  stored.has_ended = row.ended.has_value();
  stored.ended = row.ended.value_or(Instant{});
  return stored;
}

Result<BulkJobRow> decode(std::string_view bytes) {
  auto stored = read_record<Stored>(bytes, "bulk job", record_version, fields);
  if (!stored) return stored.error();
  const bool is_kind = stored->kind >= static_cast<std::uint8_t>(BulkKind::replay) &&
                       stored->kind <= static_cast<std::uint8_t>(BulkKind::migrate);
  const bool is_status = stored->status <= static_cast<std::uint8_t>(ExecutionStatus::cancelled);
  if (!is_kind || !is_status || stored->executions.size() % id_bytes != 0) {
    return Error(ErrorCode::corrupt_data, "a bulk job holds what is none of its values");
  }
  BulkJobRow row = std::move(stored->row);
  row.kind = static_cast<BulkKind>(stored->kind);
  row.executions = executions_of(stored->executions);
  if (stored->user) row.filter.user = UserId(std::move(*stored->user));
  if (stored->workflow) row.filter.workflow = WorkflowId(std::move(*stored->workflow));
  if (stored->status != 0) row.filter.status = static_cast<ExecutionStatus>(stored->status);
  if (stored->has_after) row.filter.after = stored->after;
  if (stored->has_before) row.filter.before = stored->before;
  if (stored->has_ended) row.ended = stored->ended;
  return row;
}

std::string key_of(const BulkJobRow& row) { return keys::bulk_job(row.project, row.id); }

}  // namespace

bool BulkFilter::matches(const ExecutionSummary& run) const {
  return (!user || *user == run.user) && (!workflow || *workflow == run.workflow) &&
         (!integration || *integration == run.integration) && (!status || *status == run.status) &&
         (!after || run.started >= *after) && (!before || run.started < *before);
}

void BulkJobTable::put(WriteBatch& batch, const BulkJobRow& row) {
  const Stored stored = stored_form(row);
  batch.put(key_of(row), write_record(record_version, stored, fields,
                                      stored.executions.size() + row.refused_list.size() + 512));
}

void BulkJobTable::remove(WriteBatch& batch, const BulkJobRow& row) { batch.remove(key_of(row)); }

WakeRow BulkJobTable::wake_of(const BulkJobRow& row) {
  return {row.due, WakeTarget::bulk_job, key_of(row), shard_of(row.project)};
}

Result<std::optional<BulkJobRow>> BulkJobTable::find(const ProjectId& project,
                                                     std::string_view id) const {
  return find(keys::bulk_job(project, id));
}

Result<std::optional<BulkJobRow>> BulkJobTable::find(const std::string& key) const {
  return read_one<BulkJobRow>(store_, key, decode);
}

Result<std::vector<BulkJobRow>> BulkJobTable::list(const ProjectId& project) const {
  return read_all<BulkJobRow>(store_, keys::bulk_jobs(project), decode);
}

}  // namespace millrace::storage
