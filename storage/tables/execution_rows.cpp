#include "storage/tables/execution_rows.h"

#include "storage/record_codec.h"

#include <algorithm>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;  // of every row in this file

namespace summary_field {
constexpr std::uint32_t id = 1, project = 2, user = 3, workflow = 4, workflow_version = 5,
                        integration = 6, status = 7, tasks = 8, started = 9, ended = 10,
                        replay_of = 11, migrated = 12, priority = 13;
}

constexpr auto locator_fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.time(2, row.started);
};

constexpr auto page_fields = [](auto& record, auto& row) {
  record.text(1, row.events);
  record.number_if_any(2, row.event_count);
  record.number_if_any(3, row.attempts_begun);
};

constexpr auto snapshot_fields = [](auto& record, auto& row) {
  record.number(1, row.last_sequence);
  record.text(2, row.state);
};

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

void read_priority(RecordReader& reader, Priority& priority) {
  std::uint8_t number = 0;
  reader.number(number);
  if (!is_priority(number)) return reader.fail("holds an unknown priority");
  priority = number;
}

/// Not as the others: the row is only looked at, and its fields are not of the types that are written.
void take_summary_field(RecordReader& reader, SummaryView& summary) {
  namespace field = summary_field;
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
    case field::replay_of:
      read_execution_id(reader, summary.replay_of.emplace());
      break;
    case field::migrated:
      reader.time(summary.migrated.emplace());
      break;
    case field::priority:
      read_priority(reader, summary.priority);
      break;
  }
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
  summary.replay_of = replay_of;
  summary.migrated = migrated;
  summary.priority = priority;
  return summary;
}

std::string encode(const ExecutionSummary& summary) {
  namespace field = summary_field;
  RecordWriter record(record_version);
  record.text(field::id, as_text(summary.id));
  record.text(field::project, summary.project.text);
  record.text(field::user, summary.user.text);
  record.text(field::workflow, summary.workflow.text);
  record.number(field::workflow_version, summary.version);
  record.text_if_any(field::integration, summary.integration);
  record.number(field::status, static_cast<std::uint64_t>(summary.status));
  record.number(field::tasks, summary.tasks);
  record.time(field::started, summary.started);
  if (summary.ended) record.time(field::ended, *summary.ended);
  if (summary.replay_of) record.text(field::replay_of, as_text(*summary.replay_of));
  if (summary.migrated) record.time(field::migrated, *summary.migrated);
  if (summary.priority != priority_standard) record.number(field::priority, summary.priority);
  return std::move(record).take();
}

Result<SummaryView> view_summary(std::string_view row) {
  return read_record<SummaryView>(row, "execution summary", record_version, take_summary_field);
}

std::string encode(const Locator& locator) {
  return write_record(record_version, locator, locator_fields);
}

Result<Locator> decode_locator(std::string_view row) {
  return read_record<Locator>(row, "execution locator", record_version, locator_fields);
}

std::string encode(const JournalPage& page) {
  return write_record(record_version, page, page_fields, page.events.size() + 16);
}

Result<JournalPage> decode_page(std::string_view row, std::uint64_t first_sequence) {
  JournalPage page;
  page.first_sequence = first_sequence;
  return read_record(row, "journal", record_version, page_fields, std::move(page));
}

std::string encode(const BranchSnapshot& snapshot) {
  return write_record(record_version, snapshot, snapshot_fields, snapshot.state.size() + 24);
}

Result<BranchSnapshot> decode_snapshot(std::string_view row) {
  return read_record<BranchSnapshot>(row, "snapshot", record_version, snapshot_fields);
}

}  // namespace millrace::storage
