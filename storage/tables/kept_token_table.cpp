#include "storage/tables/kept_token_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.hook);
  record.text(2, row.sealed);
  record.time(3, row.kept);
};

Result<KeptTokenRow> decode(std::string_view bytes) {
  return read_record<KeptTokenRow>(bytes, "kept token", record_version, fields);
}

}  // namespace

std::string KeptTokenRow::place() const {
  const auto shard = shard_of_hook(hook);
  CHECK(shard.has_value(), "a token is kept for a hook");
  return keys::kept_token(*shard, hook);
}

void KeptTokenTable::put(WriteBatch& batch, const KeptTokenRow& row) {
  batch.put(row.place(), write_record(record_version, row, fields));
}

void KeptTokenTable::remove(WriteBatch& batch, std::string_view hook) {
  if (const auto shard = shard_of_hook(hook)) batch.remove(keys::kept_token(*shard, hook));
}

Result<std::optional<KeptTokenRow>> KeptTokenTable::find(std::string_view hook) const {
  const auto shard = shard_of_hook(hook);
  if (!shard) return std::optional<KeptTokenRow>();
  return read_one<KeptTokenRow>(store_, keys::kept_token(*shard, hook), decode);
}

Outcome KeptTokenTable::visit(const ShardSet& shards,
                              const std::function<Outcome(KeptTokenRow)>& each) const {
  return visit_shards<KeptTokenRow>(store_, shards, keys::kept_tokens, decode, each);
}

}  // namespace millrace::storage
