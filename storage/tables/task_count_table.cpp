#include "storage/tables/task_count_table.h"

#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/record_codec.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& tasks) { record.number(1, tasks); };

Result<std::uint64_t> decode(std::string_view row) {
  return read_record<std::uint64_t>(row, "task count", record_version, fields);
}

}  // namespace

void TaskCountTable::put(WriteBatch& batch, std::string key, std::uint64_t tasks) {
  batch.put(std::move(key), write_record(record_version, tasks, fields, 12));
}

Outcome TaskCountTable::remove_before(WriteBatch& batch, ShardId shard, const ProjectId& project,
                                      CalendarMonth oldest) const {
  const auto cursor = store_.scan(keys::task_counts(shard, project));
  for (; cursor->valid(); cursor->next()) {
    const auto month = keys::month_of_task_count(cursor->key());
    if (month && *month >= oldest) break;
    batch.remove(std::string(cursor->key()));
  }
  return cursor->status();
}

Result<std::optional<std::uint64_t>> TaskCountTable::count(std::string_view key) const {
  const auto row = store_.get(key);
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<std::uint64_t>();
  const auto tasks = decode(**row);
  if (!tasks.ok()) return tasks.error();
  return std::optional(*tasks);
}

Result<std::vector<MonthTasks>> TaskCountTable::of_project(const ProjectId& project) const {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : ShardSet::all()) ranges.push_back({keys::task_counts(shard, project)});
  const auto cursor = store_.scan_many(
      std::move(ranges), {.order = ManyOptions::Order::by_tail, .direction = Direction::backward});
  std::vector<MonthTasks> months;
  for (; cursor->valid(); cursor->next()) {
    const auto month = keys::month_of_task_count(cursor->key());
    if (!month) continue;
    const auto tasks = decode(cursor->value());
    if (!tasks.ok()) return tasks.error();
    if (months.empty() || months.back().month != *month) months.push_back({*month, 0});
    months.back().tasks += *tasks;
  }
  if (!cursor->status().ok()) return cursor->status().error();
  return months;
}

}  // namespace millrace::storage
