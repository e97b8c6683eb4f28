#include "actors/gateway/resource_audience.h"

#include "actors/gateway/joint_starter.h"
#include "runtime/base/limits.h"
#include "runtime/triggers/trigger_catalog.h"
#include "storage/tables/schedule_audience.h"
#include "storage/tables/workflow_index_table.h"

#include <set>
#include <utility>

namespace millrace {
namespace {

bool is_on(const Workflow& workflow, const std::string& resource, const std::string& webhook) {
  const auto* const trigger = std::get_if<ResourceTrigger>(&workflow.trigger);
  return trigger != nullptr && trigger->resource == resource && trigger->webhook == webhook;
}

/// At a time: one user may have many accounts.
constexpr std::size_t members_at_once = 1'024;

}  // namespace

Result<std::vector<UserId>> ResourceAudience::named(const ProjectId& project,
                                                    const std::string& id) const {
  std::vector<UserId> users;
  if (id.empty() || id.size() > limits::id_bytes_max) return users;
  const auto user = uses_.users.now({project, UserId(id)});
  if (!user) return user.error();
  if ((*user)->exists()) users.emplace_back(id);
  return users;
}

Result<std::vector<UserId>> ResourceAudience::all(const ProjectId& project,
                                                  const std::string& resource,
                                                  const std::string& webhook,
                                                  std::size_t users_max) const {
  const auto listening = storage::WorkflowIndexTable(uses_.store)
                             .workflows_for(project, resource_trigger_kind.type, webhook);
  if (!listening) return listening.error();
  std::set<UserId> users;
  bool is_heard = false;
  for (const WorkflowId& id : *listening) {
    const auto workflow = uses_.workflows.deployed(project, id);
    if (!workflow && is_unmet_condition(workflow.error().code)) continue;  // withdrawn just now
    if (!workflow) return workflow.error();
    if (!is_on(**workflow, resource, webhook)) continue;
    is_heard = true;
    const storage::ScheduleAudience audience(
        uses_.store, ShardSet::all(), project, id,
        (*workflow)->integration.empty() ? storage::Audience::users : storage::Audience::accounts);
    std::string after;
    while (users.size() <= users_max) {
      auto members = audience.list(after, members_at_once);
      if (!members) return members.error();
      for (auto& member : *members) {
        if (!member.user.empty()) users.insert(std::move(member.user));
      }
      if (members->size() < members_at_once) break;
      after = members->back().key;
    }
  }
  if (!is_heard) {
    return Error(ErrorCode::workflow_not_deployed, "no deployed workflow listens to it");
  }
  return std::vector<UserId>(users.begin(), users.end());
}

}  // namespace millrace
