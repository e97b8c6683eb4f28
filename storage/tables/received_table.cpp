#include "storage/tables/received_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t digest_bytes = 32;
constexpr std::size_t id_bytes = sizeof(ExecutionId::bytes);

/// As it is stored: the ids one behind the other.
struct Stored {
  ReceivedRow row;
  std::string executions;
};

constexpr auto fields = [](auto& record, auto& stored) {
  record.text(1, stored.row.project.text);
  record.text(2, stored.row.user.text);
  record.text(3, stored.row.digest);
  record.time(4, stored.row.at);
  record.text_if_any(5, stored.row.content);
  record.text_if_any(6, stored.executions);
  record.number_if_any(7, stored.row.held_by);
};

Result<ReceivedRow> decode(std::string_view bytes) {
  auto stored = read_record<Stored>(bytes, "received", record_version, fields);
  if (!stored.ok()) return stored.error();
  if (stored->row.digest.size() != digest_bytes || stored->executions.size() % id_bytes != 0) {
    return Error(ErrorCode::corrupt_data, "a received row has a digest or ids of another length");
  }
  for (std::size_t at = 0; at < stored->executions.size(); at += id_bytes) {
    ExecutionId& id = stored->row.executions.emplace_back();
    std::copy_n(stored->executions.begin() + static_cast<std::ptrdiff_t>(at), id_bytes,
                id.bytes.begin());
  }
  return std::move(stored->row);
}

/// Of the first ones, as long as they are `wanted`; returns how many.
Result<std::size_t> remove_each(WriteBatch& batch, Cursor& cursor, std::size_t rows_max,
                                const std::function<bool(const ReceivedRow&)>& is_wanted) {
  std::size_t removed = 0;
  for (; cursor.valid() && removed < rows_max; cursor.next()) {
    const auto row = decode(cursor.value());
    if (!row.ok()) return row.error();
    if (!is_wanted(*row)) break;
    ReceivedTable::remove(batch, *row);
    ++removed;
  }
  if (const auto read = cursor.status(); !read.ok()) return read.error();
  return removed;
}

}  // namespace

void ReceivedTable::remove(WriteBatch& batch, const ReceivedRow& row) {
  batch.remove(keys::received_row(row.project, row.user, row.digest));
  batch.remove(keys::received_at(row.at, row.project, row.user, row.digest));
}

void ReceivedTable::put(WriteBatch& batch, const ReceivedRow& row) {
  CHECK(row.digest.size() == digest_bytes, "a digest has 32 bytes");
  Stored stored{row, {}};
  stored.executions.reserve(row.executions.size() * id_bytes);
  for (const ExecutionId& id : row.executions) {
    stored.executions.append(id.bytes.begin(), id.bytes.end());
  }
  batch.put(keys::received_row(row.project, row.user, row.digest),
            write_record(record_version, stored, fields));
  // By time there is no more than what leads to the other row.
  stored.executions.clear();
  stored.row.content.clear();
  batch.put(keys::received_at(row.at, row.project, row.user, row.digest),
            write_record(record_version, stored, fields));
}

Result<std::optional<ReceivedRow>> ReceivedTable::find(const ProjectId& project, const UserId& user,
                                                       std::string_view digest) const {
  return read_one<ReceivedRow>(store_, keys::received_row(project, user, digest), decode);
}

Result<std::size_t> ReceivedTable::remove_old(WriteBatch& batch, ShardId shard, Instant from,
                                              Instant before, std::size_t rows_max) const {
  const auto cursor = store_.scan(keys::received_by_time(shard), Direction::forward,
                                  keys::received_from(shard, from));
  return remove_each(batch, *cursor, rows_max,
                     [&](const ReceivedRow& row) { return row.at < before; });
}

Result<std::size_t> ReceivedTable::remove_user(WriteBatch& batch, const ProjectId& project,
                                               const UserId& user, std::size_t rows_max) const {
  const auto cursor = store_.scan(keys::received(project, user));
  return remove_each(batch, *cursor, rows_max, [](const ReceivedRow&) { return true; });
}

}  // namespace millrace::storage
