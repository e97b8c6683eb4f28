#include "storage/tables/user_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t version_1 = 1;

namespace field {
constexpr std::uint32_t project = 1, user = 2, meta = 3, is_disabled = 4, first_seen = 5;
}

Result<UserRow> decode(std::string_view bytes) {
  RecordReader reader(bytes, "user", version_1);
  UserRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::project:
        reader.text(row.project.text);
        break;
      case field::user:
        reader.text(row.user.text);
        break;
      case field::meta:
        reader.text(row.meta);
        break;
      case field::is_disabled:
        reader.number(row.is_disabled);
        break;
      case field::first_seen:
        reader.time(row.first_seen);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

}  // namespace

void UserTable::put(WriteBatch& batch, const UserRow& row) {
  CHECK(!row.user.empty(), "a user has an id");
  RecordWriter record(version_1, row.meta.size() + row.user.text.size() + 64);
  record.text(field::project, row.project.text);
  record.text(field::user, row.user.text);
  record.text(field::meta, row.meta);
  record.number(field::is_disabled, row.is_disabled ? 1 : 0);
  record.time(field::first_seen, row.first_seen);
  batch.put(keys::user(row.project, row.user), std::move(record).take());
}

Outcome UserTable::visit(const std::function<Outcome(UserRow)>& each) const {
  return visit_shards<UserRow>(store_, keys::users, decode, each);
}

}  // namespace millrace::storage
