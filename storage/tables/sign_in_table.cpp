#include "storage/tables/sign_in_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"
#include "storage/tables/wake_table.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.hash);
  record.time(2, row.ends);
  record.text(3, row.sealed);
};

Result<SignInRow> decode(std::string_view bytes) {
  return read_record<SignInRow>(bytes, "sign-in", record_version, fields);
}

WakeRow end_of(const SignInRow& row) {
  return {row.ends, WakeTarget::sign_in_end, row.hash, keys::shard_of_sign_in(row.hash)};
}

}  // namespace

ShardId shard_of_sign_in(const SignInRow& row) { return keys::shard_of_sign_in(row.hash); }

std::string SignInRow::place() const { return keys::sign_in(hash); }

void SignInTable::put(WriteBatch& batch, const SignInRow& row) {
  CHECK(!row.hash.empty(), "a sign-in is known by a hash");
  batch.put(row.place(), write_record(record_version, row, fields, row.sealed.size() + 128));
  WakeTable::put(batch, end_of(row));
}

void SignInTable::remove(WriteBatch& batch, const SignInRow& row) {
  batch.remove(row.place());
  WakeTable::remove(batch, end_of(row));
}

Result<std::optional<SignInRow>> SignInTable::find(const std::string& hash) const {
  return read_one<SignInRow>(store_, keys::sign_in(hash), decode);
}

Outcome SignInTable::visit(const ShardSet& shards,
                           const std::function<Outcome(SignInRow)>& each) const {
  return visit_shards<SignInRow>(store_, shards, keys::sign_ins, decode, each);
}

}  // namespace millrace::storage
