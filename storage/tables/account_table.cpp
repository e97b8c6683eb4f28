#include "storage/tables/account_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.user.text);
  record.text(2, row.credential);
};

Result<AccountRow> decode(std::string_view bytes) {
  return read_record<AccountRow>(bytes, "account", record_version, fields);
}

/// Empty: it has no row.
std::string key_of(const CredentialRow* credential) {
  if (credential == nullptr || credential->provider_id.empty()) return {};
  return keys::account(credential->project, credential->integration, credential->provider_id,
                       credential->user, credential->id);
}

}  // namespace

void AccountTable::follow(WriteBatch& batch, const CredentialRow* before,
                          const CredentialRow* after) {
  std::string gone = key_of(before);
  std::string here = key_of(after);
  if (gone == here) return;
  if (!gone.empty()) batch.remove(std::move(gone));
  if (!here.empty()) {
    batch.put(std::move(here),
              write_record(record_version, AccountRow{after->user, after->id}, fields));
  }
}

Result<std::vector<AccountRow>> AccountTable::list(const ProjectId& project,
                                                   std::string_view integration,
                                                   std::string_view provider_id,
                                                   std::size_t rows_max) const {
  const auto cursor = store_.scan(keys::accounts(project, integration, provider_id));
  std::vector<AccountRow> rows;
  for (; cursor->valid() && rows.size() < rows_max; cursor->next()) {
    auto row = decode(cursor->value());
    if (!row.ok()) return row.error();
    rows.push_back(std::move(*row));
  }
  if (auto status = cursor->status(); !status.ok()) return status.error();
  return rows;
}

}  // namespace millrace::storage
