#include "storage/tables/audit_table.h"

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
  record.text(3, row.operation);
  record.text(4, row.by);
  record.text(5, row.target);
  record.number(6, row.status);
};

Result<AuditRow> decode(std::string_view bytes) {
  return read_record<AuditRow>(bytes, "audit", record_version, fields);
}

}  // namespace

void AuditTable::put(WriteBatch& batch, const ProjectId& project, const AuditRow& row) {
  batch.put(keys::audit_row(project, row.at, row.number),
            write_record(record_version, row, fields));
}

Outcome AuditTable::remove_old(WriteBatch& batch, const ProjectId& project, Instant before,
                               std::size_t rows_max) const {
  const std::string end = keys::audit_from(project, before);
  const auto cursor = store_.scan(keys::audit(project));
  for (std::size_t rows = 0; cursor->valid() && rows < rows_max; cursor->next(), ++rows) {
    if (cursor->key() >= end) break;
    batch.remove(std::string(cursor->key()));
  }
  return cursor->status();
}

Result<AuditPage> AuditTable::list(const AuditQuery& query) const {
  KeyRange range{keys::audit(query.project)};
  range.from = keys::audit_from(query.project, query.since);
  if (query.after) {
    range.until = keys::audit_row(query.project, query.after->at, query.after->number);
  }
  const auto cursor =
      walk_in_pieces(store_, {std::move(range)}, log_piece(query.limit, !query.operation.empty()),
                     ManyOptions::Order::by_tail, Direction::backward);
  return read_log_page<AuditRow>(*cursor, decode, query.limit, [&](const AuditRow& row) {
    return query.operation.empty() || query.operation == row.operation;
  });
}

}  // namespace millrace::storage
