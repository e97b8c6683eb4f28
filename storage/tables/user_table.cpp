#include "storage/tables/user_table.h"

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
  record.text(3, row.meta);
  record.number(4, row.is_disabled);
  record.time(5, row.first_seen);
};

}  // namespace

Result<UserRow> UserTable::decode(std::string_view bytes) {
  return read_record<UserRow>(bytes, "user", record_version, fields);
}

void UserTable::put(WriteBatch& batch, const UserRow& row) {
  CHECK(!row.user.empty(), "a user has an id");
  batch.put(keys::user(row.project, row.user),
            write_record(record_version, row, fields, row.meta.size() + row.user.text.size() + 64));
}

void UserTable::remove(WriteBatch& batch, const ProjectId& project, const UserId& user) {
  batch.remove(keys::user(project, user));
}

Result<std::optional<UserRow>> UserTable::find(const ProjectId& project, const UserId& user) const {
  return read_one<UserRow>(store_, keys::user(project, user), decode);
}

Outcome UserTable::visit(const ShardSet& shards,
                         const std::function<Outcome(UserRow)>& each) const {
  return visit_shards<UserRow>(store_, shards, keys::users, decode, each);
}

}  // namespace millrace::storage
