#include "runtime/definitions/load_step.h"

#include <utility>

namespace millrace {
namespace {

/// Where in the run's own trigger output the event lies, and what came with it (delivered_output.h).
std::string place_of(const std::string& name) {
  if (name == "event") return "body";
  return name == "query" ? "params" : name;
}

const OfferedTrigger* offered_trigger(const Workflow& workflow, const Integration* integration) {
  const auto* const trigger = std::get_if<IntegrationTrigger>(&workflow.trigger);
  if (trigger == nullptr || integration == nullptr) return nullptr;
  return find_by_name_or_intent(integration->triggers, workflow.integration, trigger->trigger);
}

}  // namespace

void add_load_step(Workflow& workflow, const IntegrationCatalog* integrations) {
  if (integrations == nullptr || workflow.integration.empty()) return;
  const auto integration = integrations->find_integration(workflow.integration);
  const OfferedTrigger* const offered = offered_trigger(workflow, integration.get());
  if (offered == nullptr || !offered->load) return;
  // Compiled once for all workflows: what is linked here is this one's own.
  const auto& definition = integration->definition.get_object().at("triggers").get_object();
  const Json& load = definition.at(offered->name).get_object().at("load");
  const Json* const given = load.get_object().if_contains("parameters");
  auto parameters =
      Template::compile(given != nullptr ? *given : Json(JsonObject()), "/trigger/parameters");
  if (!parameters) return;  // the integration has it as a finding
  parameters->visit_references([](Reference& reference, const std::string&) {
    std::vector<PathSegment> path{std::string("result"), place_of(reference.name)};
    path.insert(path.end(), reference.path.begin(), reference.path.end());
    reference.root = Reference::Root::trigger;
    reference.path = std::move(path);
  });
  ActionStep action;
  action.integration = workflow.integration;
  action.action = offered->load->action;
  action.parameters = std::move(*parameters);
  Step step;
  step.id = StepId(load_step_id);
  step.description = "Fetches what the event is about.";
  step.pointer = "/trigger";
  step.retry = RetryPolicy::standard();
  step.config = std::move(action);
  workflow.steps.insert(workflow.steps.begin(), std::move(step));
}

const Step* load_step_of(const Workflow& workflow) {
  const bool has_one = !workflow.steps.empty() && workflow.steps.front().id.text == load_step_id;
  return has_one ? &workflow.steps.front() : nullptr;
}

}  // namespace millrace
