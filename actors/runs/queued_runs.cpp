#include "actors/runs/queued_runs.h"

#include "runtime/base/check.h"
#include "storage/tables/execution_table.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace millrace {
namespace {

/// A damaged row is the recovery's to report; it must not keep the others from their turn.
bool is_fatal(const Outcome& read) { return !read && read.error().code != ErrorCode::corrupt_data; }

bool waits(const ExecutionSummary& summary, const ProjectId& project, Priority priority) {
  return summary.project == project && summary.priority == priority &&
         summary.status == ExecutionStatus::executing;
}

ShardSet only(ShardId shard) {
  ShardSet shards;
  shards.add(shard);
  return shards;
}

/// Reads one user's runs, and looks at no more than `rows_left` rows.
Result<RunsFound> read_one(const storage::ExecutionTable& table, const ProjectId& project,
                           const RunsWanted& wanted, std::size_t& rows_left) {
  RunsFound found{wanted, {}, {}};
  const auto read = table.unfinished(
      only(wanted.stretch.first.shard()),
      [&](const ExecutionSummary& summary) {
        if (summary.id > wanted.stretch.last) return false;
        if (rows_left == 0 || found.runs.size() == wanted.count_max) {
          found.next = summary.id;
          return false;
        }
        --rows_left;
        if (waits(summary, project, wanted.priority) && summary.user == wanted.user) {
          found.runs.push_back({summary.id, summary.started});
        }
        return true;
      },
      wanted.stretch.first);
  if (is_fatal(read)) return read.error();
  return found;
}

}  // namespace

void RunStretch::include(const RunStretch& other) {
  CHECK(first.shard() == other.first.shard(), "a user's runs lie on one shard");
  first = std::min(first, other.first);
  last = std::max(last, other.last);
}

Result<std::vector<RunsFound>> read_queued_runs(const storage::OrderedStore& store,
                                                const ProjectId& project,
                                                const std::vector<RunsWanted>& wanted,
                                                std::size_t rows_max) {
  const storage::ExecutionTable table(store);
  std::vector<RunsFound> all;
  std::size_t rows_left = rows_max;
  for (const RunsWanted& each : wanted) {
    auto found = read_one(table, project, each, rows_left);
    if (!found) return found.error();
    all.push_back(std::move(*found));
  }
  return all;
}

Result<UsersFound> read_waiting_users(const storage::OrderedStore& store, const ShardSet& shards,
                                      const ProjectId& project, const UsersWanted& wanted,
                                      std::size_t rows_max) {
  UsersFound found;
  std::unordered_map<UserId, std::size_t> index_of;
  std::size_t rows_left = rows_max;
  const auto read = storage::ExecutionTable(store).unfinished(
      shards,
      [&](const ExecutionSummary& summary) {
        if (rows_left == 0) {
          found.next = summary.id;
          return false;
        }
        --rows_left;
        if (!waits(summary, project, wanted.priority)) return true;
        const auto [index, is_new] = index_of.try_emplace(summary.user, found.users.size());
        if (is_new && found.users.size() == wanted.users_max) {
          found.next = summary.id;
          return false;
        }
        if (is_new) found.users.push_back({summary.user, {summary.id, summary.id}, 0});
        WaitingUser& user = found.users[index->second];
        user.stretch.include({summary.id, summary.id});
        ++user.runs;
        return true;
      },
      wanted.from);
  if (is_fatal(read)) return read.error();
  return found;
}

}  // namespace millrace
