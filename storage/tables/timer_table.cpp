#include "storage/tables/timer_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

/// Beside what the key holds. The standard priority is left out.
namespace timer_field {
constexpr std::uint32_t project = 1, user = 2, priority = 3;
}

std::string encode(const TimerRow& timer) {
  RecordWriter record(record_version);
  record.text(timer_field::project, timer.project.text);
  record.text(timer_field::user, timer.user.text);
  if (timer.priority != priority_standard) record.number(timer_field::priority, timer.priority);
  return std::move(record).take();
}

constexpr auto take_field = [](RecordReader& record, TimerRow& timer) {
  record.text(timer_field::project, timer.project.text);
  record.text(timer_field::user, timer.user.text);
  record.number(timer_field::priority, timer.priority);
};

std::string key_of(const TimerRow& timer) {
  return keys::timer(timer.due, timer.execution, timer.branch, timer.step);
}

}  // namespace

Outcome TimerTable::remove_of_user(WriteBatch& batch, const OrderedStore& store,
                                   const ProjectId& project, const UserId& user) {
  const auto cursor = store.scan(keys::timers(shard_of(project, user)));
  for (; cursor->valid(); cursor->next()) {
    const auto timer = decode_timer(cursor->key(), cursor->value());
    // A damaged one is nobody's; it must not keep a user from being erased.
    if (timer.ok() && timer->project == project && timer->user == user) {
      batch.remove(std::string(cursor->key()));
    }
  }
  return cursor->status();
}

void TimerTable::put(WriteBatch& batch, const TimerRow& timer) {
  CHECK(timer.execution.shard() == shard_of(timer.project, timer.user),
        "an execution's id names its user's shard");
  batch.put(key_of(timer), encode(timer));
}

void TimerTable::remove(WriteBatch& batch, const TimerRow& timer) { batch.remove(key_of(timer)); }

Result<TimerRow> decode_timer(std::string_view key, std::string_view value) {
  const auto parts = keys::parse_timer(key);
  if (!parts) {
    return Error(ErrorCode::corrupt_data, "The table \"timer\" holds a row with a damaged key.");
  }
  TimerRow row;
  row.due = parts->due;
  row.execution = parts->execution;
  row.branch = parts->branch;
  row.step = parts->step;
  auto read = read_record(value, "timer", record_version, take_field, std::move(row));
  if (read.ok() && !is_priority(read->priority)) {
    return Error(ErrorCode::corrupt_data,
                 "The table \"timer\" holds a row with an unknown priority.");
  }
  if (read.ok() && shard_of(read->project, read->user) != read->execution.shard()) {
    return Error(ErrorCode::corrupt_data,
                 "The table \"timer\" holds a row whose key does not belong to its content.");
  }
  return read;
}

}  // namespace millrace::storage
