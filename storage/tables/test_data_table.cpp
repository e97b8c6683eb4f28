#include "storage/tables/test_data_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto data_fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.workflow.text);
  record.text(3, row.content);
  record.text_if_any(4, row.capture);
  record.time(5, row.updated);
};

constexpr auto capture_fields = [](auto& record, auto& row) {
  record.text(1, row.id);
  record.text(2, row.project.text);
  record.text(3, row.workflow.text);
  record.time(4, row.expires);
  record.number_if_any(5, row.is_captured);
};

Result<TestDataRow> decode_data(std::string_view bytes) {
  return read_record<TestDataRow>(bytes, "test data", record_version, data_fields);
}

Result<TestCaptureRow> decode_capture(std::string_view bytes) {
  return read_record<TestCaptureRow>(bytes, "test capture", record_version, capture_fields);
}

}  // namespace

void TestDataTable::put(WriteBatch& batch, const TestDataRow& row) {
  batch.put(keys::test_data(row.project, row.workflow),
            write_record(record_version, row, data_fields, row.content.size() + 256));
}

void TestDataTable::remove(WriteBatch& batch, const ProjectId& project,
                           const WorkflowId& workflow) {
  batch.remove(keys::test_data(project, workflow));
}

Result<std::optional<TestDataRow>> TestDataTable::find(const ProjectId& project,
                                                       const WorkflowId& workflow) const {
  return read_one<TestDataRow>(store_, keys::test_data(project, workflow), decode_data);
}

void TestDataTable::put_capture(WriteBatch& batch, const std::optional<TestCaptureRow>& before,
                                const TestCaptureRow& row) {
  const ShardId shard = shard_of(row.project);
  CHECK(shard_of_hook(row.id) == shard, "a capture's id names another shard than its project's");
  if (before) remove_capture(batch, *before);
  const std::string value = write_record(record_version, row, capture_fields);
  if (!row.is_captured) batch.put(keys::test_capture(shard, row.id), value);
  batch.put(keys::test_capture_of(row.project, row.workflow), value);
}

void TestDataTable::remove_capture(WriteBatch& batch, const TestCaptureRow& row) {
  batch.remove(keys::test_capture(shard_of(row.project), row.id));
  batch.remove(keys::test_capture_of(row.project, row.workflow));
}

Result<std::optional<TestCaptureRow>> TestDataTable::capture(std::string_view id) const {
  const auto shard = shard_of_hook(id);
  if (!shard) return std::optional<TestCaptureRow>();
  return read_one<TestCaptureRow>(store_, keys::test_capture(*shard, id), decode_capture);
}

Result<std::optional<TestCaptureRow>> TestDataTable::capture_of(const ProjectId& project,
                                                                const WorkflowId& workflow) const {
  return read_one<TestCaptureRow>(store_, keys::test_capture_of(project, workflow), decode_capture);
}

Outcome TestDataTable::remove_all(WriteBatch& batch, const ProjectId& project,
                                  const WorkflowId& workflow) const {
  remove(batch, project, workflow);
  const auto row = capture_of(project, workflow);
  if (!row) return row.error();
  if (*row) remove_capture(batch, **row);
  return Done{};
}

}  // namespace millrace::storage
