// UserTable::list: one page of a project's users, merged from all shards, and their number.

#include "storage/keys.h"
#include "storage/tables/user_table.h"

#include <utility>

namespace millrace::storage {
namespace {

/// The project's users on every shard; `after`: only those behind that one.
std::vector<KeyRange> ranges_of(const ProjectId& project, const UserId& after) {
  // No id follows another one more closely than with a NUL behind it.
  const UserId first(after.text + std::string(1, '\0'));
  std::vector<KeyRange> ranges;
  for (const ShardId shard : ShardSet::all()) {
    ranges.push_back({keys::users(shard, project)});
    if (!after.empty()) ranges.back().from = keys::user_on(shard, project, first);
  }
  return ranges;
}

}  // namespace

Result<UserTable::Page> UserTable::list(const ListQuery& query) const {
  ManyOptions options;
  options.order =
      ManyOptions::Order::by_tail;             // what follows the project in the key: the user's id
  const std::size_t needed = query.limit + 1;  // one more tells whether there are more
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  options.limit = query.offset > most - needed ? most : query.offset + needed;
  const auto cursor = store_.scan_many(ranges_of(query.project, query.after), options);
  for (std::size_t left = query.offset; left > 0 && cursor->valid(); --left) cursor->next();
  Page page;
  for (; cursor->valid() && page.users.size() < query.limit; cursor->next()) {
    auto row = decode(cursor->value());
    if (!row.ok()) return row.error();
    page.users.push_back(std::move(*row));
  }
  page.has_more = cursor->valid();
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  const auto total = count(query.project, query.count_max);
  if (!total.ok()) return total.error();
  page.total = *total;
  return page;
}

Result<std::size_t> UserTable::count(const ProjectId& project, std::size_t count_max) const {
  ManyOptions options;
  options.limit = count_max;
  const auto cursor = store_.scan_many(ranges_of(project, UserId()), options);
  std::size_t count = 0;
  for (; cursor->valid() && count < count_max; cursor->next()) ++count;
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return count;
}

}  // namespace millrace::storage
