#include "storage/tables/timer_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

/// Beside what the key holds.
constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.user.text);
};

Result<TimerRow> decode(std::string_view key, std::string_view value) {
  const auto parts = keys::parse_timer(key);
  if (!parts) {
    return Error(ErrorCode::corrupt_data, "The table \"timer\" holds a row with a damaged key.");
  }
  TimerRow row;
  row.due = parts->due;
  row.execution = parts->execution;
  row.branch = parts->branch;
  row.step = parts->step;
  return read_record(value, "timer", record_version, fields, std::move(row));
}

std::string key_of(const TimerRow& timer) {
  return keys::timer(timer.due, timer.execution, timer.branch, timer.step);
}

}  // namespace

void TimerTable::put(WriteBatch& batch, const TimerRow& timer) {
  CHECK(timer.execution.shard() == shard_of(timer.project, timer.user),
        "an execution's id names its user's shard");
  batch.put(key_of(timer), write_record(record_version, timer, fields));
}

void TimerTable::remove(WriteBatch& batch, const TimerRow& timer) { batch.remove(key_of(timer)); }

Outcome TimerTable::due(Instant before, const std::function<bool(TimerRow)>& visit) const {
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    const std::string end = keys::timers_from(ShardId{shard}, before);
    const auto cursor = store_.scan(keys::timers(ShardId{shard}));
    for (; cursor->valid() && cursor->key() < end; cursor->next()) {
      auto timer = decode(cursor->key(), cursor->value());
      if (!timer.ok()) return timer.error();
      if (!visit(std::move(*timer))) return Done{};
    }
    if (const auto read = cursor->status(); !read.ok()) return read;
  }
  return Done{};
}

Result<std::optional<Instant>> TimerTable::next_due(Instant from) const {
  std::optional<Instant> earliest;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    const auto cursor = store_.scan(keys::timers(ShardId{shard}), Direction::forward,
                                    keys::timers_from(ShardId{shard}, from));
    if (const auto read = cursor->status(); !read.ok()) return read.error();
    if (!cursor->valid()) continue;
    const auto timer = decode(cursor->key(), cursor->value());
    if (!timer.ok()) return timer.error();
    if (!earliest || timer->due < *earliest) earliest = timer->due;
  }
  return earliest;
}

}  // namespace millrace::storage
