#include "storage/tables/secret_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t version_1 = 1;

namespace field {
constexpr std::uint32_t project = 1, name = 2, sealed = 3, updated = 4;
}

Result<SecretRow> decode(std::string_view bytes) {
  RecordReader reader(bytes, "secret", version_1);
  SecretRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::project:
        reader.text(row.project.text);
        break;
      case field::name:
        reader.text(row.name);
        break;
      case field::sealed:
        reader.text(row.sealed);
        break;
      case field::updated:
        reader.time(row.updated);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

}  // namespace

std::string SecretRow::place() const { return keys::secret(project, name); }

void SecretTable::put(WriteBatch& batch, const SecretRow& row) {
  CHECK(!row.name.empty(), "a secret has a name");
  RecordWriter record(version_1,
                      row.sealed.size() + row.name.size() + row.project.text.size() + 32);
  record.text(field::project, row.project.text);
  record.text(field::name, row.name);
  record.text(field::sealed, row.sealed);
  record.time(field::updated, row.updated);
  batch.put(row.place(), std::move(record).take());
}

void SecretTable::remove(WriteBatch& batch, const ProjectId& project, const std::string& name) {
  batch.remove(keys::secret(project, name));
}

Outcome SecretTable::visit(const std::function<Outcome(SecretRow)>& each) const {
  return visit_shards<SecretRow>(store_, keys::secrets, decode, each);
}

}  // namespace millrace::storage
