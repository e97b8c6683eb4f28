#include "storage/tables/secret_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.name);
  record.text(3, row.sealed);
  record.time(4, row.updated);
};

Result<SecretRow> decode(std::string_view bytes) {
  return read_record<SecretRow>(bytes, "secret", record_version, fields);
}

}  // namespace

std::string SecretRow::place() const { return keys::secret(project, name); }

void SecretTable::put(WriteBatch& batch, const SecretRow& row) {
  CHECK(!row.name.empty(), "a secret has a name");
  batch.put(row.place(),
            write_record(record_version, row, fields,
                         row.sealed.size() + row.name.size() + row.project.text.size() + 32));
}

void SecretTable::remove(WriteBatch& batch, const ProjectId& project, const std::string& name) {
  batch.remove(keys::secret(project, name));
}

Result<std::vector<SecretRow>> SecretTable::list(const ProjectId& project) const {
  return read_all<SecretRow>(store_, keys::secrets(project), decode);
}

Outcome SecretTable::visit(const ShardSet& shards,
                           const std::function<Outcome(SecretRow)>& each) const {
  return visit_shards<SecretRow>(store_, shards, keys::secrets, decode, each);
}

}  // namespace millrace::storage
