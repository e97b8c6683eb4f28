#include "storage/tables/integration_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t version_1 = 1;

namespace field {
constexpr std::uint32_t project = 1, type = 2, definition = 3, updated = 4;
}

Result<IntegrationRow> decode(std::string_view bytes) {
  RecordReader reader(bytes, "integration", version_1);
  IntegrationRow row;
  while (reader.next()) {
    switch (reader.field()) {
      case field::project:
        reader.text(row.project.text);
        break;
      case field::type:
        reader.text(row.type);
        break;
      case field::definition:
        reader.text(row.definition);
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

void IntegrationTable::put(WriteBatch& batch, const IntegrationRow& row) {
  CHECK(!row.type.empty(), "an integration has a type");
  RecordWriter record(version_1,
                      row.definition.size() + row.type.size() + row.project.text.size() + 32);
  record.text(field::project, row.project.text);
  record.text(field::type, row.type);
  record.text(field::definition, row.definition);
  record.time(field::updated, row.updated);
  batch.put(keys::integration(row.project, row.type), std::move(record).take());
}

void IntegrationTable::remove(WriteBatch& batch, const ProjectId& project,
                              const std::string& type) {
  batch.remove(keys::integration(project, type));
}

Outcome IntegrationTable::visit(const std::function<Outcome(IntegrationRow)>& each) const {
  return visit_shards<IntegrationRow>(store_, keys::integrations, decode, each);
}

}  // namespace millrace::storage
