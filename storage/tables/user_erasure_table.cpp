#include "storage/tables/user_erasure_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.user.text);
  record.time(3, row.requested);
};

Result<UserErasureRow> decode(std::string_view bytes) {
  return read_record<UserErasureRow>(bytes, "user erasure", record_version, fields);
}

}  // namespace

void UserErasureTable::put(WriteBatch& batch, const UserErasureRow& row) {
  CHECK(!row.user.empty(), "a user has an id");
  batch.put(keys::user_erasure(row.project, row.user), write_record(record_version, row, fields));
}

void UserErasureTable::remove(WriteBatch& batch, const ProjectId& project, const UserId& user) {
  batch.remove(keys::user_erasure(project, user));
}

Outcome UserErasureTable::visit(const ShardSet& shards,
                                const std::function<Outcome(UserErasureRow)>& each) const {
  return visit_shards<UserErasureRow>(store_, shards, keys::user_erasures, decode, each);
}

}  // namespace millrace::storage
