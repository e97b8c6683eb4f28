#include "actors/gateway/account_starter.h"

#include "runtime/base/limits.h"
#include "runtime/integrations/account_text.h"
#include "runtime/integrations/run_conditions.h"
#include "storage/tables/workflow_index_table.h"

#include <algorithm>
#include <utility>

namespace millrace {

class AccountStarter::OfChange final : public AccountRuns::Plan {
 public:
  using Workflows = std::vector<std::shared_ptr<const Workflow>>;

  OfChange(const Dependencies& uses, Workflows workflows)
      : uses_(uses), workflows_(std::move(workflows)) {}

  Outcome add(const ChangedAccount& account, std::vector<std::string>& begun,
              storage::WriteBatch& batch) override {
    orders_.clear();
    for (const auto& workflow : workflows_) {
      const bool is_by_sign_in = &kind_of(workflow->trigger) == &oauth_trigger_kind;
      auto added = is_by_sign_in ? add_for_sign_in(account, workflow)
                                 : add_when_ready(account, workflow, begun);
      if (!added) return added;
    }
    JointStarter::add(orders_, batch);
    return Done{};
  }

  void stored() override { uses_.joint.stored(orders_); }

 private:
  Outcome add_for_sign_in(const ChangedAccount& account,
                          const std::shared_ptr<const Workflow>& workflow) {
    if (!account.scopes) return Done{};
    auto places = enabled_configurations(*account.credential, workflow->id);
    if (places.empty()) places.push_back(account.credential->id);  // which says why not
    for (const std::string& place : places) {
      const auto added =
          add_run(account, place, workflow, sign_in_output(*account.credential, *account.scopes));
      if (!added) return added.error();
    }
    return Done{};
  }

  Outcome add_when_ready(const ChangedAccount& account,
                         const std::shared_ptr<const Workflow>& workflow,
                         std::vector<std::string>& begun) {
    auto places = enabled_configurations(*account.credential, workflow->id);
    // Whoever changes something else of his account has not asked for it.
    if (places.empty() && (account.is_new || account.scopes)) {
      places.push_back(account.credential->id);  // which says why not
    }
    for (const std::string& place : places) {
      const std::string of = account_place(place).configuration;
      const std::string name = of.empty() ? workflow->id.text : of + '/' + workflow->id.text;
      if (std::find(begun.begin(), begun.end(), name) != begun.end()) continue;
      const auto added = add_run(account, place, workflow, enabled_output(*account.credential));
      if (!added) return added.error();
      if (*added) begun.push_back(name);
    }
    return Done{};
  }

  /// False: a condition is not met, which is in the event log.
  Result<bool> add_run(const ChangedAccount& account, const std::string& place,
                       const std::shared_ptr<const Workflow>& workflow, Json output) {
    if (orders_.size() >= limits::runs_per_event_max) {
      return Error(ErrorCode::limit_exceeded, "the account would start more than " +
                                                  std::to_string(limits::runs_per_event_max) +
                                                  " runs at once");
    }
    JointStarter::Incoming incoming;
    incoming.project = account.owner.project;
    incoming.user = account.owner.user;
    incoming.kind = &kind_of(workflow->trigger);
    incoming.named = "the account " + account.credential->id;
    incoming.output = std::move(output);
    incoming.tenant = account.tenant;
    const std::size_t before = orders_.size();
    if (auto prepared = uses_.joint.prepare(incoming, workflow, {place}, orders_); !prepared) {
      return prepared.error();
    }
    return orders_.size() > before;
  }

  const Dependencies& uses_;
  const Workflows workflows_;
  JointStarter::Orders orders_;
};

Result<std::unique_ptr<AccountRuns::Plan>> AccountStarter::plan(const ProjectId& project,
                                                                const std::string& integration) {
  const storage::WorkflowIndexTable index(uses_.store);
  OfChange::Workflows waiting;
  for (const TriggerKind* const kind : {&integration_enabled_trigger_kind, &oauth_trigger_kind}) {
    const auto ids = index.workflows_for(project, kind->type, {});
    if (!ids) return ids.error();
    for (const WorkflowId& id : *ids) {
      auto workflow = uses_.workflows.deployed(project, id);
      if (!workflow) {
        if (is_unmet_condition(workflow.error().code)) continue;  // withdrawn at this moment
        return workflow.error();
      }
      const bool is_its = (*workflow)->integration == integration;
      if (is_its && &kind_of((*workflow)->trigger) == kind) waiting.push_back(std::move(*workflow));
    }
  }
  return std::unique_ptr<AccountRuns::Plan>(std::make_unique<OfChange>(uses_, std::move(waiting)));
}

}  // namespace millrace
