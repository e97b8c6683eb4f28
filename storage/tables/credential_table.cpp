#include "storage/tables/credential_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t version_1 = 1;

namespace field {
constexpr std::uint32_t project = 1, user = 2, id = 3, integration = 4, is_valid = 5,
                        provider_id = 6, provider_data = 7, configured_workflows = 8,
                        shared_settings = 9, sealed = 10, connected = 11;
}

Result<CredentialRow> decode(std::string_view bytes) {
  RecordReader reader(bytes, "credential", version_1);
  CredentialRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::project:
        reader.text(row.project.text);
        break;
      case field::user:
        reader.text(row.user.text);
        break;
      case field::id:
        reader.text(row.id);
        break;
      case field::integration:
        reader.text(row.integration);
        break;
      case field::is_valid:
        reader.number(row.is_valid);
        break;
      case field::provider_id:
        reader.text(row.provider_id);
        break;
      case field::provider_data:
        reader.text(row.provider_data);
        break;
      case field::configured_workflows:
        reader.text(row.configured_workflows);
        break;
      case field::shared_settings:
        reader.text(row.shared_settings);
        break;
      case field::sealed:
        reader.text(row.sealed);
        break;
      case field::connected:
        reader.time(row.connected);
        break;
    }
  }
  if (const auto read = reader.finish(); !read.ok()) return read.error();
  return row;
}

}  // namespace

std::string CredentialRow::place() const { return keys::credential(project, user, id); }

void CredentialTable::put(WriteBatch& batch, const CredentialRow& row) {
  CHECK(!row.id.empty(), "a credential has an id");
  RecordWriter record(version_1, row.sealed.size() + row.configured_workflows.size() +
                                     row.shared_settings.size() + row.provider_data.size() + 256);
  record.text(field::project, row.project.text);
  record.text(field::user, row.user.text);
  record.text(field::id, row.id);
  record.text(field::integration, row.integration);
  record.number(field::is_valid, row.is_valid ? 1 : 0);
  record.text(field::provider_id, row.provider_id);
  record.text(field::provider_data, row.provider_data);
  record.text(field::configured_workflows, row.configured_workflows);
  record.text(field::shared_settings, row.shared_settings);
  record.text(field::sealed, row.sealed);
  record.time(field::connected, row.connected);
  batch.put(row.place(), std::move(record).take());
}

void CredentialTable::remove(WriteBatch& batch, const ProjectId& project, const UserId& user,
                             const std::string& id) {
  batch.remove(keys::credential(project, user, id));
}

Result<std::optional<CredentialRow>> CredentialTable::find(const ProjectId& project,
                                                           const UserId& user,
                                                           const std::string& id) const {
  return read_one<CredentialRow>(store_, keys::credential(project, user, id), decode);
}

Outcome CredentialTable::visit(const std::function<Outcome(CredentialRow)>& each) const {
  return visit_shards<CredentialRow>(store_, keys::credentials, decode, each);
}

}  // namespace millrace::storage
