#include "storage/tables/integration_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.type);
  record.text(3, row.definition);
  record.time(4, row.updated);
};

Result<IntegrationRow> decode(std::string_view bytes) {
  return read_record<IntegrationRow>(bytes, "integration", record_version, fields);
}

}  // namespace

void IntegrationTable::put(WriteBatch& batch, const IntegrationRow& row) {
  CHECK(!row.type.empty(), "an integration has a type");
  batch.put(keys::integration(row.project, row.type),
            write_record(record_version, row, fields,
                         row.definition.size() + row.type.size() + row.project.text.size() + 32));
}

void IntegrationTable::remove(WriteBatch& batch, const ProjectId& project,
                              const std::string& type) {
  batch.remove(keys::integration(project, type));
}

Result<std::vector<IntegrationRow>> IntegrationTable::list(const ProjectId& project) const {
  return read_all<IntegrationRow>(store_, keys::integrations(project), decode);
}

Outcome IntegrationTable::visit(const ShardSet& shards,
                                const std::function<Outcome(IntegrationRow)>& each) const {
  return visit_shards<IntegrationRow>(store_, shards, keys::integrations, decode, each);
}

}  // namespace millrace::storage
