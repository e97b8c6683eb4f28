#include "actors/tenants/test_data.h"

#include "runtime/base/limits.h"
#include "storage/tables/hook_table.h"

#include <utility>

namespace millrace {
namespace {

std::string lock_of(const ProjectId& project, const WorkflowId& workflow) {
  return project.text + '\0' + workflow.text;
}

Result<std::string> text_of(const Json& content) {
  std::string text = to_text(content);
  if (text.size() <= limits::test_data_bytes_max) return text;
  return Error(ErrorCode::payload_too_large,
               "test data has at most " + std::to_string(limits::test_data_bytes_max) +
                   " bytes, files as hex, this has " + std::to_string(text.size()));
}

Error no_capture() {
  return {ErrorCode::not_found,
          "there is no such URL, or it has caught its request: ask for a new one"};
}

}  // namespace

Outcome TestData::put(const ProjectId& project, const WorkflowId& workflow, const Json& content) {
  auto text = text_of(content);
  if (!text) return text.error();
  const KeyedLocks::Hold hold(changing_, lock_of(project, workflow));
  auto batch = commits_.begin(shard_of(project));
  if (!batch) return batch.error();
  storage::TestDataTable::put(*batch, {project, workflow, std::move(*text), {}, clock_.now()});
  return commits_.commit(std::move(*batch));
}

Result<std::optional<TestData::Entry>> TestData::find(const ProjectId& project,
                                                      const WorkflowId& workflow) const {
  auto row = table_.find(project, workflow);
  if (!row) return row.error();
  if (!*row) return std::optional<Entry>();
  auto content = parse_json((*row)->content, limits::stored_depth_max);
  if (!content || !content->is_object()) {
    return Error(ErrorCode::corrupt_data, "the test data of the workflow \"" + workflow.text +
                                              "\" cannot be read: put it again");
  }
  return std::optional<Entry>({std::move(*content), std::move((*row)->capture), (*row)->updated});
}

Outcome TestData::remove(const ProjectId& project, const WorkflowId& workflow) {
  const KeyedLocks::Hold hold(changing_, lock_of(project, workflow));
  auto batch = commits_.begin(shard_of(project));
  if (!batch) return batch.error();
  const auto row = table_.find(project, workflow);
  if (!row) return row.error();
  if (!*row) return Error(ErrorCode::not_found, "the workflow has no test data");
  storage::TestDataTable::remove(*batch, project, workflow);
  return commits_.commit(std::move(*batch));
}

Result<TestData::Capture> TestData::begin_capture(const ProjectId& project,
                                                  const WorkflowId& workflow) {
  const KeyedLocks::Hold hold(changing_, lock_of(project, workflow));
  auto batch = commits_.begin(shard_of(project));
  if (!batch) return batch.error();
  const auto before = table_.capture_of(project, workflow);
  if (!before) return before.error();
  const storage::TestCaptureRow row{storage::make_hook_id(shard_of(project), random_), project,
                                    workflow, clock_.now() + limits::test_capture_open_for};
  storage::TestDataTable::put_capture(*batch, *before, row);
  if (auto stored = commits_.commit(std::move(*batch)); !stored) return stored.error();
  return Capture{row.id, row.expires, Capture::State::waiting};
}

Result<std::optional<TestData::Capture>> TestData::capture_of(const ProjectId& project,
                                                              const WorkflowId& workflow) const {
  const auto row = table_.capture_of(project, workflow);
  if (!row) return row.error();
  if (!*row) return std::optional<Capture>();
  Capture capture{(*row)->id, (*row)->expires, Capture::State::waiting};
  if ((*row)->is_captured) {
    capture.state = Capture::State::captured;
  } else if (clock_.now() >= capture.expires) {
    capture.state = Capture::State::expired;
  }
  return std::optional<Capture>(std::move(capture));
}

Result<storage::TestCaptureRow> TestData::waiting(std::string_view id) const {
  auto row = table_.capture(id);
  if (!row) return row.error();
  if (!*row || clock_.now() >= (*row)->expires) return no_capture();
  return std::move(**row);
}

Result<TestData::Waiting> TestData::check_waiting(std::string_view id) const {
  auto row = waiting(id);
  if (!row) return row.error();
  return Waiting{std::move(row->project), std::move(row->workflow)};
}

Outcome TestData::catch_request(std::string_view id, const Json& request) {
  const auto found = waiting(id);
  if (!found) return found.error();
  auto text = text_of(JsonObject{{"request", request}});
  if (!text) return text.error();
  const KeyedLocks::Hold hold(changing_, lock_of(found->project, found->workflow));
  auto batch = commits_.begin(shard_of(found->project));
  if (!batch) return batch.error();
  auto row = waiting(id);  // somebody else may have been caught in the meantime
  if (!row) return row.error();
  storage::TestCaptureRow captured = *row;
  captured.is_captured = true;
  storage::TestDataTable::put(
      *batch, {row->project, row->workflow, std::move(*text), row->id, clock_.now()});
  storage::TestDataTable::put_capture(*batch, *row, captured);
  return commits_.commit(std::move(*batch));
}

}  // namespace millrace
