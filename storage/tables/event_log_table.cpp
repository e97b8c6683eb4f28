#include "storage/tables/event_log_table.h"

#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"
#include "storage/walk_in_pieces.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.time(1, row.at);
  record.number(2, row.number);
  record.text(3, row.level);
  record.text(4, row.type);
  record.text(5, row.message);
  record.text_if_any(6, row.code);
  record.text_if_any(7, row.trace_id);
  record.text_if_any(8, row.user.text);
  record.text_if_any(9, row.workflow.text);
  record.text_if_any(10, row.integration);
};

Result<EventLogRow> decode(std::string_view bytes) {
  return read_record<EventLogRow>(bytes, "event log", record_version, fields);
}

bool matches(const EventLogQuery& query, const EventLogRow& row) {
  return (!query.user || *query.user == row.user) &&
         (!query.workflow || *query.workflow == row.workflow) &&
         (query.level.empty() || query.level == row.level) &&
         (query.type.empty() || query.type == row.type);
}

}  // namespace

void EventLogTable::put(WriteBatch& batch, ShardId shard, const ProjectId& project,
                        const EventLogRow& row) {
  batch.put(keys::event_log_row(shard, project, row.at, row.number),
            write_record(record_version, row, fields));
}

void EventLogTable::remove_old(WriteBatch& batch, ShardId shard, const ProjectId& project,
                               Instant before, std::int64_t stretches) {
  const std::int64_t end = before.time_since_epoch().count() >> keys::event_log_stretch_bits;
  for (std::int64_t stretch = end - stretches; stretch < end; ++stretch) {
    batch.remove_prefix(keys::event_log_stretch(shard, project, stretch));
  }
}

Result<std::size_t> EventLogTable::remove_user(WriteBatch& batch, const ProjectId& project,
                                               const UserId& user, std::size_t rows_max) const {
  const auto cursor = store_.scan(keys::event_log(shard_of(project, user), project));
  std::size_t removed = 0;
  for (; cursor->valid() && removed < rows_max; cursor->next()) {
    const auto row = decode(cursor->value());
    if (!row.ok()) return row.error();
    if (row->user != user) continue;
    batch.remove(std::string(cursor->key()));
    ++removed;
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return removed;
}

Result<EventLogPage> EventLogTable::list(const EventLogQuery& query) const {
  std::vector<KeyRange> ranges;
  const ShardSet shards =
      query.user ? ShardSet{shard_of(query.project, *query.user)} : ShardSet::all();
  for (const ShardId shard : shards) {
    KeyRange range{keys::event_log(shard, query.project)};
    range.from = keys::event_log_from(shard, query.project, query.since);
    if (query.after) {
      range.until = keys::event_log_row(shard, query.project, query.after->at, query.after->number);
    }
    ranges.push_back(std::move(range));
  }
  const bool is_filtered =
      query.user || query.workflow || !query.level.empty() || !query.type.empty();
  const auto cursor = walk_in_pieces(store_, std::move(ranges), log_piece(query.limit, is_filtered),
                                     ManyOptions::Order::by_tail, Direction::backward);
  return read_log_page<EventLogRow>(*cursor, decode, query.limit,
                                    [&](const EventLogRow& row) { return matches(query, row); });
}

}  // namespace millrace::storage
