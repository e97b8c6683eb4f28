#include "storage/tables/app_event_table.h"

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
  record.text(3, row.schema);
  record.time(4, row.updated);
};

Result<AppEventRow> decode(std::string_view bytes) {
  return read_record<AppEventRow>(bytes, "app event", record_version, fields);
}

}  // namespace

void AppEventTable::put(WriteBatch& batch, const AppEventRow& row) {
  CHECK(!row.name.empty(), "an app event has a name");
  batch.put(keys::app_event(row.project, row.name),
            write_record(record_version, row, fields,
                         row.schema.size() + row.name.size() + row.project.text.size() + 32));
}

void AppEventTable::remove(WriteBatch& batch, const ProjectId& project, const std::string& name) {
  batch.remove(keys::app_event(project, name));
}

Result<std::vector<AppEventRow>> AppEventTable::list(const ProjectId& project) const {
  return read_all<AppEventRow>(store_, keys::app_events(project), decode);
}

}  // namespace millrace::storage
