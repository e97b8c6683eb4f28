#include "storage/tables/workflow_index_table.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

/// The row of either index: the key says everything else.
constexpr auto fields = [](auto& record, auto& workflow) { record.text(1, workflow.text); };

Result<WorkflowId> decode(std::string_view bytes) {
  return read_record<WorkflowId>(bytes, "workflow index", record_version, fields);
}

struct Row {
  std::string key;
  bool has_content = false;  // otherwise there is no such row
};

/// Writes the one row and removes the other, if that is another one.
void move(WriteBatch& batch, const WorkflowId& workflow, Row before, Row after) {
  const bool is_same = before.has_content && after.has_content && before.key == after.key;
  if (before.has_content && !is_same) batch.remove(std::move(before.key));
  // Also when it is there already: it is small, and whatever is missing comes back.
  if (after.has_content) {
    batch.put(std::move(after.key), write_record(record_version, workflow, fields));
  }
}

Result<std::vector<WorkflowId>> read_all(const OrderedStore& store, const std::string& prefix) {
  std::vector<WorkflowId> workflows;
  const auto read =
      visit_rows<WorkflowId>(store, prefix, decode, [&](WorkflowId workflow) -> Outcome {
        workflows.push_back(std::move(workflow));
        return Done{};
      });
  if (!read.ok()) return read.error();
  return workflows;
}

}  // namespace

void WorkflowIndexTable::replace(WriteBatch& batch, const ProjectId& project,
                                 const WorkflowId& workflow, const FoundBy& before,
                                 const FoundBy& after) {
  const auto trigger = [&](const FoundBy& by) {
    return Row{keys::trigger(project, by.trigger_kind, by.trigger_name, workflow),
               !by.trigger_kind.empty()};
  };
  const auto default_workflow = [&](const FoundBy& by) {
    return Row{keys::default_workflow(project, by.default_for, workflow), !by.default_for.empty()};
  };
  move(batch, workflow, trigger(before), trigger(after));
  move(batch, workflow, default_workflow(before), default_workflow(after));
}

Result<std::vector<WorkflowId>> WorkflowIndexTable::workflows_for(const ProjectId& project,
                                                                  std::string_view kind,
                                                                  std::string_view name) const {
  return read_all(store_, keys::triggers(project, kind, name));
}

Result<std::vector<WorkflowId>> WorkflowIndexTable::workflows_for(const ProjectId& project,
                                                                  std::string_view kind) const {
  return read_all(store_, keys::triggers(project, kind));
}

Result<std::vector<WorkflowId>> WorkflowIndexTable::enabled_by_default(
    const ProjectId& project, std::string_view integration) const {
  return read_all(store_, keys::default_workflows(project, integration));
}

}  // namespace millrace::storage
