#include "storage/tables/stored_bytes_table.h"

#include "storage/keys.h"
#include "storage/record_codec.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;  // of every row in this file

constexpr auto state_fields = [](auto& record, auto& row) {
  record.number_if_any(1, row.is_all);
  record.text_if_any(2, row.until);
  record.number(3, row.epoch);
};

constexpr auto number_fields = [](auto& record, auto& number) { record.number(1, number); };

std::string encode(std::uint64_t bytes) {
  return write_record(record_version, bytes, number_fields, 12);
}

}  // namespace

Result<std::uint64_t> decode_stored_bytes(std::string_view row) {
  return read_record<std::uint64_t>(row, "stored bytes", record_version, number_fields);
}

Result<CountedShard> decode_counted_shard(std::string_view row) {
  return read_record<CountedShard>(row, "stored bytes", record_version, state_fields);
}

void StoredBytesTable::put_state(WriteBatch& batch, ShardId shard, const CountedShard& state) {
  batch.put(keys::stored_bytes_state(shard), write_record(record_version, state, state_fields));
}

void StoredBytesTable::forget(WriteBatch& batch, ShardId shard) {
  batch.remove(keys::stored_bytes_state(shard));
}

void StoredBytesTable::put_sum(WriteBatch& batch, std::string key, std::uint64_t bytes) {
  batch.put(std::move(key), encode(bytes));
}

void StoredBytesTable::put_execution(WriteBatch& batch, const ExecutionId& id,
                                     std::uint64_t bytes) {
  batch.put(keys::execution_bytes(id), encode(bytes));
}

Result<CountedShard> StoredBytesTable::state(ShardId shard) const {
  const auto row = store_.get(keys::stored_bytes_state(shard));
  if (!row.ok()) return row.error();
  if (!*row) return CountedShard();
  return decode_counted_shard(**row);
}

Result<std::uint64_t> StoredBytesTable::sum(std::string_view key) const { return number(key); }

Result<std::uint64_t> StoredBytesTable::of_execution(const ExecutionId& id) const {
  return number(keys::execution_bytes(id));
}

Result<std::uint64_t> StoredBytesTable::total(const ProjectId& project) const {
  const std::string owner = keys::owner_text(project);
  std::uint64_t total = 0;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    const auto bytes = sum(keys::stored_bytes_sum(ShardId{shard}, owner));
    if (!bytes.ok()) return bytes.error();
    total += *bytes;
  }
  return total;
}

Result<std::uint64_t> StoredBytesTable::number(std::string_view key) const {
  const auto row = store_.get(key);
  if (!row.ok()) return row.error();
  return *row ? decode_stored_bytes(**row) : Result<std::uint64_t>(0);
}

}  // namespace millrace::storage
