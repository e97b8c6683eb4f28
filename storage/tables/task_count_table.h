#pragma once
// Rows that say how many tasks projects have settled in a month. Written by storage/usage alone, in the commits that
// settle them. Any shard may hold a part of a project's month: the number is the sum of all.

#include "runtime/base/calendar_month.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

struct MonthTasks {
  CalendarMonth month;
  std::uint64_t tasks = 0;
};

class TaskCountTable {
 public:
  explicit TaskCountTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, std::string key, std::uint64_t tasks);
  /// Removes those of earlier months than this one on the shard. Reads some rows.
  Outcome remove_before(WriteBatch& batch, ShardId shard, const ProjectId& project,
                        CalendarMonth oldest) const;

  /// Nothing: there is no such row.
  Result<std::optional<std::uint64_t>> count(std::string_view key) const;
  /// Of all shards together, the latest month first.
  Result<std::vector<MonthTasks>> of_project(const ProjectId& project) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
