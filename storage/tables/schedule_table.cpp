#include "storage/tables/schedule_table.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <algorithm>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.workflow.text);
  record.number(3, row.version);
  record.text(4, row.schedule);
  record.time(5, row.served_until);
  record.time(6, row.due);
};

/// Only while a tick is at hand.
constexpr auto walk_fields = [](auto& record, auto& row) {
  record.number(7, row.is_walking);
  record.time(8, row.walk_until);
  record.number(9, row.is_missed);
  record.text(10, row.walked_to);
};

constexpr auto all_fields = [](auto& record, auto& row) {
  fields(record, row);
  walk_fields(record, row);
};

Result<ScheduleRow> decode(std::string_view bytes) {
  return read_record<ScheduleRow>(bytes, "schedule", record_version, all_fields);
}

std::string_view bytes_of(const ExecutionId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

Result<ScheduledAccountRow> decode_account(std::string_view bytes) {
  return read_record<ScheduledAccountRow>(
      bytes, "scheduled account", record_version, [](auto& record, auto& row) {
        record.text(1, row.project.text);
        record.text(2, row.user.text);
        record.text(3, row.workflow.text);
        record.text_if_any(4, row.credential);
        if (record.field() == 5) {
          std::string_view id;
          record.exact(id, row.last.bytes.size());
          if (id.size() == row.last.bytes.size()) {
            std::transform(id.begin(), id.end(), row.last.bytes.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
          }
        }
        record.number(6, row.is_waiting);
        record.time(7, row.waiting);
        record.time(8, row.look_again);
        record.number(9, row.looks);
      });
}

std::string encode_account(const ScheduledAccountRow& row) {
  return write_record(record_version, row, [](auto& record, auto& fields_of) {
    record.text(1, fields_of.project.text);
    record.text(2, fields_of.user.text);
    record.text(3, fields_of.workflow.text);
    record.text_if_any(4, fields_of.credential);
    record.text(5, bytes_of(fields_of.last));
    if (!fields_of.is_waiting) return;
    record.number(6, fields_of.is_waiting);
    record.time(7, fields_of.waiting);
    record.time(8, fields_of.look_again);
    record.number(9, fields_of.looks);
  });
}

std::string key_of(const ScheduleRow& row) { return keys::schedule(row.project, row.workflow); }

std::string key_of(const ScheduledAccountRow& row) {
  return keys::scheduled_account(row.project, row.user, row.workflow, row.credential);
}

}  // namespace

void ScheduleTable::put(WriteBatch& batch, const ScheduleRow& row) {
  batch.put(key_of(row), row.is_walking ? write_record(record_version, row, all_fields)
                                        : write_record(record_version, row, fields));
}

void ScheduleTable::put(WriteBatch& batch, const ScheduledAccountRow& row) {
  batch.put(key_of(row), encode_account(row));
}

void ScheduleTable::remove(WriteBatch& batch, const ScheduleRow& row) { batch.remove(key_of(row)); }

WakeRow ScheduleTable::wake_of(const ScheduleRow& row) {
  return {row.due, WakeTarget::schedule, key_of(row), shard_of(row.project)};
}

WakeRow ScheduleTable::wake_of(const ScheduledAccountRow& row) {
  return {row.look_again, WakeTarget::schedule, key_of(row), shard_of(row.project, row.user)};
}

Result<std::optional<ScheduleRow>> ScheduleTable::find(const ProjectId& project,
                                                       const WorkflowId& workflow) const {
  return find(keys::schedule(project, workflow));
}

Result<std::optional<ScheduleRow>> ScheduleTable::find(const std::string& key) const {
  return read_one<ScheduleRow>(store_, key, decode);
}

Result<std::optional<ScheduledAccountRow>> ScheduleTable::find_account(
    const std::string& key) const {
  return read_one<ScheduledAccountRow>(store_, key, decode_account);
}

Outcome ScheduleTable::remove_user(WriteBatch& batch, const ProjectId& project,
                                   const UserId& user) const {
  return visit_rows<ScheduledAccountRow>(store_, keys::scheduled_accounts(project, user),
                                         decode_account,
                                         [&](const ScheduledAccountRow& row) -> Outcome {
                                           batch.remove(key_of(row));
                                           if (row.is_waiting)
                                             WakeTable::remove(batch, wake_of(row));
                                           return Done{};
                                         });
}

}  // namespace millrace::storage
