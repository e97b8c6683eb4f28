#include "storage/tables/poll_table.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto workflow_fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.workflow.text);
  record.text(3, row.poll);
  record.time(4, row.begun);
};

constexpr auto account_fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.user.text);
  record.text(3, row.workflow.text);
  record.text(4, row.credential);
  record.time(5, row.begun);
  record.number_if_any(6, row.has_begun);
  record.text_if_any(7, row.cursor);
  record.text_if_any(8, row.seen);
};

constexpr auto failure_fields = [](auto& record, auto& row) {
  record.number(9, row.failures);
  record.time(10, row.due);
  record.time(11, row.failed);
  record.text(12, row.code);
  record.text(13, row.message);
};

Result<PolledWorkflowRow> decode(std::string_view bytes) {
  std::uint64_t interval_ms = 0;
  auto row = read_record<PolledWorkflowRow>(bytes, "polled workflow", record_version,
                                            [&](auto& record, auto& fields) {
                                              workflow_fields(record, fields);
                                              record.number(5, interval_ms);
                                            });
  if (row) row->interval = Millis(static_cast<std::int64_t>(interval_ms));
  return row;
}

Result<PolledAccountRow> decode_account(std::string_view bytes) {
  return read_record<PolledAccountRow>(bytes, "polled account", record_version,
                                       [](auto& record, auto& row) {
                                         account_fields(record, row);
                                         failure_fields(record, row);
                                         record.time(14, row.held_until);
                                       });
}

std::string key_of_workflow(const PolledWorkflowRow& row) {
  return keys::polled_workflow(row.project, row.workflow);
}

}  // namespace

void PollTable::put(WriteBatch& batch, const PolledWorkflowRow& row) {
  batch.put(key_of_workflow(row), write_record(record_version, row, [](auto& record, auto& fields) {
              workflow_fields(record, fields);
              record.number(5, static_cast<std::uint64_t>(fields.interval.count()));
            }));
}

void PollTable::put(WriteBatch& batch, const PolledAccountRow& row) {
  batch.put(key_of(row), write_record(record_version, row, [](auto& record, auto& fields) {
              account_fields(record, fields);
              if (fields.failures == 0) return;
              failure_fields(record, fields);
              if (fields.held_until != Instant{}) record.time(14, fields.held_until);
            }));
}

void PollTable::remove(WriteBatch& batch, const PolledWorkflowRow& row) {
  batch.remove(key_of_workflow(row));
}

void PollTable::remove_account(WriteBatch& batch, const ProjectId& project, const UserId& user,
                               const WorkflowId& workflow, const std::string& credential) {
  batch.remove(keys::polled_account(project, user, workflow, credential));
}

std::string PollTable::key_of(const PolledAccountRow& row) {
  return keys::polled_account(row.project, row.user, row.workflow, row.credential);
}

WakeRow PollTable::wake_of(const PolledWorkflowRow& row, Instant due) {
  return {due, WakeTarget::poll, key_of_workflow(row), shard_of(row.project)};
}

WakeRow PollTable::wake_of(const PolledAccountRow& row, Instant due) {
  return {due, WakeTarget::poll, key_of(row), shard_of(row.project, row.user)};
}

Result<std::optional<PolledWorkflowRow>> PollTable::find(const ProjectId& project,
                                                         const WorkflowId& workflow) const {
  return find(keys::polled_workflow(project, workflow));
}

Result<std::optional<PolledWorkflowRow>> PollTable::find(const std::string& key) const {
  return read_one<PolledWorkflowRow>(store_, key, decode);
}

Result<std::optional<PolledAccountRow>> PollTable::find_account(const std::string& key) const {
  return read_one<PolledAccountRow>(store_, key, decode_account);
}

Result<std::vector<PolledAccountRow>> PollTable::list(const ProjectId& project,
                                                      const UserId& user) const {
  return read_all<PolledAccountRow>(store_, keys::polled_accounts(project, user), decode_account);
}

Outcome PollTable::remove_user(WriteBatch& batch, const ProjectId& project,
                               const UserId& user) const {
  const std::string accounts = keys::polled_accounts(project, user);
  const auto cursor = store_.scan(accounts);
  for (; cursor->valid(); cursor->next()) batch.remove(std::string(cursor->key()));
  if (auto read = cursor->status(); !read.ok()) return read;
  // When each looks next stands in no row but the wake, whose key names the user.
  const auto wakes = store_.scan(keys::wakes(shard_of(project, user)));
  for (; wakes->valid(); wakes->next()) {
    const auto wake = keys::parse_wake(wakes->key());
    const bool is_of_user = wake && WakeTarget{wake->target} == WakeTarget::poll &&
                            wake->target_key.starts_with(accounts);
    if (is_of_user) batch.remove(std::string(wakes->key()));
  }
  return wakes->status();
}

}  // namespace millrace::storage
