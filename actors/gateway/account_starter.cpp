#include "actors/gateway/account_starter.h"

#include "actors/tenants/follow_poll.h"
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

  OfChange(const Dependencies& uses, Workflows workflows, std::vector<Polled> polled)
      : uses_(uses), workflows_(std::move(workflows)), polled_(std::move(polled)) {}

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
    return begin_polls(account, batch);
  }

  void stored() override {
    uses_.joint.stored(orders_);
    for (const auto& wake : wakes_) uses_.schedule(wake);
  }

 private:
  Outcome begin_polls(const ChangedAccount& account, storage::WriteBatch& batch) {
    wakes_.clear();
    for (const Polled& polled : polled_) {
      for (const auto& place : enabled_configurations(*account.credential, polled.workflow->id)) {
        auto wake = begin_poll(uses_.store, batch, polled.row, account.owner.user, place,
                               uses_.clock.now());
        if (!wake) return wake.error();
        if (*wake) wakes_.push_back(std::move(**wake));
      }
    }
    return Done{};
  }

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
    const auto prepared = uses_.joint.prepare(incoming, workflow, {place}, orders_);
    // The account is connected all the same.
    if (!prepared && !is_passed_over(prepared.error().code)) return prepared.error();
    return orders_.size() > before;
  }

  const Dependencies& uses_;
  const Workflows workflows_;
  const std::vector<Polled> polled_;
  JointStarter::Orders orders_;
  std::vector<storage::WakeRow> wakes_;
};

Result<std::vector<std::shared_ptr<const Workflow>>> AccountStarter::deployed(
    const ProjectId& project, const std::string& integration, const TriggerKind& kind,
    const std::vector<WorkflowId>& ids) {
  std::vector<std::shared_ptr<const Workflow>> live;
  for (const WorkflowId& id : ids) {
    auto workflow = uses_.workflows.deployed(project, id);
    if (!workflow) {
      if (is_unmet_condition(workflow.error().code)) continue;  // withdrawn at this moment
      return workflow.error();
    }
    const bool is_its = (*workflow)->integration == integration;
    if (is_its && &kind_of((*workflow)->trigger) == &kind) live.push_back(std::move(*workflow));
  }
  return live;
}

Result<std::vector<AccountStarter::Polled>> AccountStarter::polled(const ProjectId& project,
                                                                   const std::string& integration) {
  const storage::WorkflowIndexTable index(uses_.store);
  std::vector<Polled> polled;
  for (const TriggerKind* const kind : {&poll_trigger_kind, &integration_trigger_kind}) {
    const auto ids = index.workflows_for(project, kind->type);
    if (!ids) return ids.error();
    auto workflows = deployed(project, integration, *kind, *ids);
    if (!workflows) return workflows.error();
    for (auto& workflow : *workflows) {
      if (poll_of(workflow->trigger) == nullptr) continue;
      auto row = storage::PollTable(uses_.store).find(project, workflow->id);
      if (!row) return row.error();
      if (*row) polled.push_back({std::move(workflow), std::move(**row)});
    }
  }
  return polled;
}

Result<std::unique_ptr<AccountRuns::Plan>> AccountStarter::plan(const ProjectId& project,
                                                                const std::string& integration) {
  const storage::WorkflowIndexTable index(uses_.store);
  OfChange::Workflows waiting;
  for (const TriggerKind* const kind : {&integration_enabled_trigger_kind, &oauth_trigger_kind}) {
    const auto ids = index.workflows_for(project, kind->type, {});
    if (!ids) return ids.error();
    auto workflows = deployed(project, integration, *kind, *ids);
    if (!workflows) return workflows.error();
    for (auto& workflow : *workflows) waiting.push_back(std::move(workflow));
  }
  auto polls = polled(project, integration);
  if (!polls) return polls.error();
  return std::unique_ptr<AccountRuns::Plan>(
      std::make_unique<OfChange>(uses_, std::move(waiting), std::move(*polls)));
}

}  // namespace millrace
