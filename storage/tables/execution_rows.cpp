#include "storage/tables/execution_rows.h"

#include "storage/record_codec.h"

#include <algorithm>

namespace millrace::storage {
namespace {

constexpr std::uint8_t version = 1;  // of every row in this file

namespace summary_field {
constexpr std::uint32_t id = 1, project = 2, user = 3, workflow = 4, workflow_version = 5,
                        integration = 6, status = 7, tasks = 8, started = 9, ended = 10;
}
namespace locator_field {
constexpr std::uint32_t project = 1, started = 2;
}
namespace page_field {
constexpr std::uint32_t events = 1, event_count = 2;
}
namespace snapshot_field {
constexpr std::uint32_t last_sequence = 1, state = 2;
}

std::string_view as_text(const ExecutionId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

void read_execution_id(RecordReader& reader, ExecutionId& id) {
  std::string_view bytes;
  reader.exact(bytes, id.bytes.size());
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
}

void read_status(RecordReader& reader, ExecutionStatus& status) {
  std::uint8_t number = 0;
  reader.number(number);
  if (number < static_cast<std::uint8_t>(ExecutionStatus::executing) ||
      number > static_cast<std::uint8_t>(ExecutionStatus::cancelled)) {
    return reader.fail("holds an unknown status");
  }
  status = static_cast<ExecutionStatus>(number);
}

}  // namespace

ExecutionSummary SummaryView::own() const {
  ExecutionSummary summary;
  summary.id = id;
  summary.project = ProjectId(std::string(project));
  summary.user = UserId(std::string(user));
  summary.workflow = WorkflowId(std::string(workflow));
  summary.version = version;
  summary.integration = integration;
  summary.status = status;
  summary.tasks = tasks;
  summary.started = started;
  summary.ended = ended;
  return summary;
}

std::string encode(const ExecutionSummary& summary) {
  namespace field = summary_field;
  RecordWriter record(version);
  record.text(field::id, as_text(summary.id));
  record.text(field::project, summary.project.text);
  record.text(field::user, summary.user.text);
  record.text(field::workflow, summary.workflow.text);
  record.number(field::workflow_version, summary.version);
  if (!summary.integration.empty()) record.text(field::integration, summary.integration);
  record.number(field::status, static_cast<std::uint64_t>(summary.status));
  record.number(field::tasks, summary.tasks);
  record.time(field::started, summary.started);
  if (summary.ended) record.time(field::ended, *summary.ended);
  return std::move(record).take();
}

Result<SummaryView> view_summary(std::string_view row) {
  namespace field = summary_field;
  RecordReader reader(row, "execution summary", version);
  SummaryView summary;
  while (reader.next()) {
    switch (reader.field()) {
      case field::id:
        read_execution_id(reader, summary.id);
        break;
      case field::project:
        reader.text(summary.project);
        break;
      case field::user:
        reader.text(summary.user);
        break;
      case field::workflow:
        reader.text(summary.workflow);
        break;
      case field::workflow_version:
        reader.number(summary.version);
        break;
      case field::integration:
        reader.text(summary.integration);
        break;
      case field::status:
        read_status(reader, summary.status);
        break;
      case field::tasks:
        reader.number(summary.tasks);
        break;
      case field::started:
        reader.time(summary.started);
        break;
      case field::ended:
        reader.time(summary.ended.emplace());
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return summary;
}

std::string encode(const Locator& locator) {
  namespace field = locator_field;
  RecordWriter record(version);
  record.text(field::project, locator.project.text);
  record.time(field::started, locator.started);
  return std::move(record).take();
}

Result<Locator> decode_locator(std::string_view row) {
  namespace field = locator_field;
  RecordReader reader(row, "execution locator", version);
  Locator locator;
  while (reader.next()) {
    switch (reader.field()) {
      case field::project:
        reader.text(locator.project.text);
        break;
      case field::started:
        reader.time(locator.started);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return locator;
}

std::string encode(const JournalPage& page) {
  namespace field = page_field;
  RecordWriter record(version, page.events.size() + 16);
  record.text(field::events, page.events);
  if (page.event_count != 0) record.number(field::event_count, page.event_count);
  return std::move(record).take();
}

Result<JournalPage> decode_page(std::string_view row, std::uint64_t first_sequence) {
  namespace field = page_field;
  RecordReader reader(row, "journal", version);
  JournalPage page;
  page.first_sequence = first_sequence;
  while (reader.next()) {
    switch (reader.field()) {
      case field::events:
        reader.text(page.events);
        break;
      case field::event_count:
        reader.number(page.event_count);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return page;
}

std::string encode(const BranchSnapshot& snapshot) {
  namespace field = snapshot_field;
  RecordWriter record(version, snapshot.state.size() + 24);
  record.number(field::last_sequence, snapshot.last_sequence);
  record.text(field::state, snapshot.state);
  return std::move(record).take();
}

Result<BranchSnapshot> decode_snapshot(std::string_view row) {
  namespace field = snapshot_field;
  RecordReader reader(row, "snapshot", version);
  BranchSnapshot snapshot;
  while (reader.next()) {
    switch (reader.field()) {
      case field::last_sequence:
        reader.number(snapshot.last_sequence);
        break;
      case field::state:
        reader.text(snapshot.state);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return snapshot;
}

}  // namespace millrace::storage
