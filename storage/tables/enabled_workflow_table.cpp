#include "storage/tables/enabled_workflow_table.h"

#include "runtime/base/check.h"
#include "runtime/integrations/account_text.h"
#include "runtime/integrations/configurations_text.h"
#include "runtime/integrations/run_conditions.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/poll_table.h"

#include <set>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.user.text);
  record.text(2, row.credential);
};

/// A workflow, and in which configuration it is enabled: account_text.h.
using Place = std::pair<std::string, std::string>;

/// Users may configure ids that no workflow can have; these get no row.
void add_enabled(const JsonObject& configured, const std::string& account,
                 std::set<Place>& places) {
  for (const std::string_view workflow : enabled_workflows(configured)) {
    const bool is_id = !workflow.empty() && workflow.size() <= limits::id_bytes_max;
    if (is_id) places.emplace(workflow, account);
  }
}

/// The rows of this credential.
std::set<Place> enabled_on(const CredentialRow* credential) {
  std::set<Place> places;
  if (credential == nullptr) return places;
  const auto configured = parse_json(credential->configured_workflows, limits::stored_depth_max);
  if (configured.ok() && configured->is_object()) {
    add_enabled(configured->get_object(), credential->id, places);
  }
  if (const auto others = read_configurations(credential->configurations)) {
    for (const auto& other : *others) {
      add_enabled(other.configured_workflows, account_text(credential->id, other.id), places);
    }
  }
  return places;
}

std::string key_of(const CredentialRow& credential, const Place& place) {
  return keys::enabled_workflow(credential.project, WorkflowId(place.first), credential.user,
                                place.second);
}

}  // namespace

Result<EnabledWorkflowRow> EnabledWorkflowTable::decode(std::string_view bytes) {
  return read_record<EnabledWorkflowRow>(bytes, "enabled workflow", record_version, fields);
}

void EnabledWorkflowTable::follow(WriteBatch& batch, const CredentialRow* before,
                                  const CredentialRow* after) {
  if (before != nullptr && after != nullptr) {
    CHECK(before->place() == after->place(), "two rows of one credential");
  }
  const auto gone = enabled_on(before);
  const auto here = enabled_on(after);
  for (const Place& place : gone) {
    if (here.contains(place)) continue;
    batch.remove(key_of(*before, place));
    PollTable::remove_account(batch, before->project, before->user, WorkflowId(place.first),
                              place.second);
  }
  for (const Place& place : here) {
    if (gone.contains(place)) continue;
    batch.put(key_of(*after, place),
              write_record(record_version, EnabledWorkflowRow{after->user, place.second}, fields));
  }
}

Result<std::vector<EnabledWorkflowRow>> EnabledWorkflowTable::list(
    ShardId shard, const ProjectId& project, const WorkflowId& workflow, std::size_t rows_max,
    const EnabledWorkflowRow* after) const {
  std::string start;
  if (after != nullptr) {
    start = keys::enabled_workflow(project, workflow, after->user, after->credential);
    start.push_back('\0');  // the smallest key behind it
  }
  const auto cursor =
      store_.scan(keys::enabled_workflows(shard, project, workflow), Direction::forward, start);
  std::vector<EnabledWorkflowRow> rows;
  for (; cursor->valid() && rows.size() < rows_max; cursor->next()) {
    auto row = decode(cursor->value());
    if (!row.ok()) return row.error();
    rows.push_back(std::move(*row));
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return rows;
}

}  // namespace millrace::storage
