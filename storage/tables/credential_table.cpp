#include "storage/tables/credential_table.h"

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
  record.text(3, row.id);
  record.text(4, row.integration);
  record.number(5, row.is_valid);
  record.text(6, row.provider_id);
  record.text(7, row.provider_data);
  record.text(8, row.configured_workflows);
  record.text(9, row.shared_settings);
  record.text(10, row.sealed);
  record.time(11, row.connected);
  record.number_if_any(12, row.revision);
  record.text_if_any(13, row.refusal);
  record.text_if_any(14, row.begun);
  record.text_if_any(15, row.configurations);
  record.text_if_any(16, row.meta);
  record.text_if_any(17, row.external_id);
  record.text_if_any(18, row.sign_in_key);
};

}  // namespace

Result<CredentialRow> CredentialTable::decode(std::string_view bytes) {
  return read_record<CredentialRow>(bytes, "credential", record_version, fields);
}

std::string CredentialTable::encode(const CredentialRow& row) {
  const std::size_t bytes_expected = row.sealed.size() + row.configured_workflows.size() +
                                     row.shared_settings.size() + row.provider_data.size() +
                                     row.configurations.size() + row.meta.size() + 256;
  return write_record(record_version, row, fields, bytes_expected);
}

std::string CredentialRow::place() const { return keys::credential(project, user, id); }

void CredentialTable::put(WriteBatch& batch, const CredentialRow& row) {
  CHECK(!row.id.empty(), "a credential has an id");
  batch.put(row.place(), encode(row));
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

Outcome CredentialTable::visit(const ShardSet& shards,
                               const std::function<Outcome(CredentialRow)>& each) const {
  return visit_shards<CredentialRow>(store_, shards, keys::credentials, decode, each);
}

}  // namespace millrace::storage
