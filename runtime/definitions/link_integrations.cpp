#include "runtime/definitions/link_integrations.h"

#include "runtime/integrations/check_parameters.h"
#include "runtime/integrations/nearest_action.h"
#include "runtime/integrations/resource.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <type_traits>

namespace millrace {
namespace {

class Linker {
 public:
  Linker(Workflow& workflow, const IntegrationCatalog* integrations, Findings& findings)
      : workflow_(workflow), integrations_(integrations), findings_(findings) {}

  void link() {
    if (!workflow_.integration.empty()) {
      workflow_.frozen_integration = find(workflow_.integration, "", "/integration");
    }
    link_trigger();
    link_sequence(workflow_.steps);
  }

 private:
  // --- the trigger -----------------------------------------------------------------------------

  void link_trigger() {
    if (const auto* const webhook = std::get_if<WebhookTrigger>(&workflow_.trigger)) {
      find_offered(webhook->webhook, "webhook", &Integration::webhooks);
    }
    if (const auto* const resource = std::get_if<ResourceTrigger>(&workflow_.trigger)) {
      link(*resource);
    }
    const bool is_by_sign_in = std::holds_alternative<OAuthTrigger>(workflow_.trigger);
    if (is_by_sign_in && workflow_.frozen_integration != nullptr &&
        workflow_.frozen_integration->auth.oauth == nullptr) {
      findings_.push_back(finding_at(
          "", "/trigger/type",
          "nobody signs in at \"" + workflow_.integration + "\": its `auth` is not `oauth2`",
          "`integrationEnabled`, or an integration with `oauth2`", "oauth"));
    }
    auto* const trigger = std::get_if<IntegrationTrigger>(&workflow_.trigger);
    if (trigger == nullptr) return;
    const auto* const offered = find_offered(trigger->trigger, "trigger", &Integration::triggers);
    if (offered == nullptr) return;
    trigger->webhook = offered->webhook;
    trigger->poll = offered->poll;
    trigger->when = offered->when;
  }

  void link(const ResourceTrigger& trigger) {
    if (trigger.resource.empty() || trigger.webhook.empty()) return;
    const auto resource = find(trigger.resource, "", "/trigger/resource");
    if (resource == nullptr || resource->webhooks.contains(trigger.webhook)) return;
    std::vector<std::string> names;
    for (const auto& [name, each] : resource->webhooks) names.push_back(name);
    add("", "/trigger/webhook",
        "the " + described(trigger.resource) + " has no webhook `" + trigger.webhook + '`',
        names.empty() ? "a webhook of the resource" : list_names(names), trigger.webhook,
        nearest_name(trigger.webhook, names));
  }

  /// What the workflow's integration declares under this name, or null, which is a finding.
  template <class Offered>
  const Offered* find_offered(const std::string& name, const std::string& word,
                              std::map<std::string, Offered, std::less<>> Integration::*declared) {
    const std::string pointer = "/trigger/" + word;
    if (workflow_.integration.empty()) {
      add("", pointer,
          "a " + word + " belongs to an integration: the workflow needs an `integration`");
      return nullptr;
    }
    if (workflow_.frozen_integration == nullptr || name.empty()) return nullptr;
    const auto& all = (*workflow_.frozen_integration).*declared;
    // A webhook has the one name by which deliveries find their workflows.
    if constexpr (std::is_same_v<Offered, OfferedTrigger>) {
      const auto* const found = find_by_name_or_intent(all, workflow_.integration, name);
      if (found != nullptr) return found;
    } else if (const auto found = all.find(name); found != all.end()) {
      return &found->second;
    }
    std::vector<std::string> names;
    for (const auto& [own, each] : all) names.push_back(own);
    add("", pointer, "\"" + workflow_.integration + "\" has no " + word + " `" + name + '`',
        names.empty() ? "a " + word + " of the integration" : list_names(names), name,
        nearest_name(name, names));
    return nullptr;
  }

  // --- steps -----------------------------------------------------------------------------------

  void link_sequence(Sequence& steps) {
    for (Step& step : steps) {
      if (auto* const request = std::get_if<RequestStep>(&step.config)) link(step, *request);
      if (auto* const action = std::get_if<ActionStep>(&step.config)) link(step, *action);
      if (auto* const fan_out = std::get_if<FanOutStep>(&step.config)) {
        link_sequence(fan_out->steps);
      }
      if (auto* const conditional = std::get_if<ConditionalStep>(&step.config)) {
        for (auto& branch : conditional->branches) link_sequence(branch.steps);
        link_sequence(conditional->otherwise);
      }
    }
  }

  void link(const Step& step, RequestStep& request) {
    if (request.integration.empty()) return;
    request.frozen_integration = find_called(step, request.integration);
  }

  void link(const Step& step, ActionStep& action) {
    if (action.integration.empty()) action.integration = workflow_.integration;
    if (action.integration.empty()) {
      return add(step.id.text, step.pointer + "/integration",
                 "an action needs an `integration`: the workflow has none");
    }
    action.frozen_integration = find_called(step, action.integration);
    if (action.frozen_integration == nullptr || action.action.empty()) return;
    action.declared = find_action(*action.frozen_integration, action.action);
    if (action.declared == nullptr) {
      std::vector<std::string> names;
      for (const auto& [name, each] : action.frozen_integration->actions) names.push_back(name);
      return add(step.id.text, step.pointer + "/action",
                 '"' + std::string(own_name(action.integration)) + "\" has no action `" +
                     action.action + '`',
                 list_names(names), action.action,
                 nearest_action(*action.frozen_integration, action.action));
    }
    check_constants(step, action);
  }

  /// What no reference can change is checked now.
  void check_constants(const Step& step, const ActionStep& action) {
    if (!action.parameters.is_constant()) return check_names(step, action);
    const Json parameters = action.parameters.constant();
    auto checked = check_parameters(*action.declared, parameters);
    if (checked) return;
    for (ErrorDetail detail : checked.error().details) {
      detail.step = step.id.text;
      detail.path = step.pointer + "/parameters" + detail.path;
      findings_.push_back(std::move(detail));
    }
  }

  /// With references in it: names, required ones, and the types of the constant ones.
  void check_names(const Step& step, const ActionStep& action) {
    const Json skeleton = action.parameters.constant();
    const auto* const given = skeleton.if_object();
    if (given == nullptr) return;
    auto checked = check_parameters(*action.declared, skeleton);
    if (checked) return;
    for (ErrorDetail detail : checked.error().details) {
      // A null in the skeleton stands for a reference: it is known at run time only.
      const bool is_reference = std::any_of(given->begin(), given->end(), [&](const auto& member) {
        return detail.path == '/' + pointer_token(member.key()) && member.value().is_null();
      });
      if (is_reference && detail.nearest.empty() && detail.got.empty()) continue;
      detail.step = step.id.text;
      detail.path = step.pointer + "/parameters" + detail.path;
      findings_.push_back(std::move(detail));
    }
  }

  std::shared_ptr<const Integration> find(const std::string& type, const std::string& step,
                                          const std::string& pointer) {
    auto found = integrations_ == nullptr ? nullptr : integrations_->find_integration(type);
    if (found != nullptr) return found;
    const std::string word = is_resource_type(type) ? "resource" : "integration";
    const auto names = names_like(type);
    const std::string name(own_name(type));
    add(step, pointer, "the project has no " + word + " `" + name + "`; put it first",
        names.empty() ? (word == "resource" ? "a resource" : "an integration") +
                            std::string(" of the project")
                      : list_names(names),
        name, nearest_name(name, names));
    return nullptr;
  }

  /// What a step names under `integration` or `resource`.
  std::shared_ptr<const Integration> find_called(const Step& step, const std::string& type) {
    auto found = find(type, step.id.text,
                      step.pointer + (is_resource_type(type) ? "/resource" : "/integration"));
    const bool is_filled_in =
        found != nullptr && found->resource != nullptr && !found->settings.empty();
    if (is_filled_in) workflow_.resources_with_settings.insert(type);
    return found;
  }

  /// Of the integrations, or of the resources if it is one.
  std::vector<std::string> names_like(const std::string& type) const {
    std::vector<std::string> names;
    if (integrations_ == nullptr) return names;
    for (const std::string& each : integrations_->integration_types()) {
      if (is_resource_type(each) == is_resource_type(type)) names.emplace_back(own_name(each));
    }
    return names;
  }

  /// Without integration or action there is nothing to send.
  void add(const std::string& step, const std::string& pointer, std::string message,
           std::string expected = {}, std::string got = {}, std::string nearest = {}) {
    findings_.add_obstacle(finding_at(step, pointer, std::move(message), std::move(expected),
                                      std::move(got), std::move(nearest)));
  }

  Workflow& workflow_;
  const IntegrationCatalog* integrations_;
  Findings& findings_;
};

}  // namespace

void link_integrations(Workflow& workflow, const IntegrationCatalog* integrations,
                       Findings& findings) {
  Linker(workflow, integrations, findings).link();
}

std::vector<std::string> integrations_of(const Workflow& workflow) {
  std::vector<std::string> types;
  const auto note = [&](const std::string& type) {
    if (!type.empty() && std::find(types.begin(), types.end(), type) == types.end()) {
      types.push_back(type);
    }
  };
  note(workflow.integration);
  if (const auto* const trigger = std::get_if<ResourceTrigger>(&workflow.trigger)) {
    note(trigger->resource);
  }
  for (const Step* const step : workflow.by_index) {
    if (const auto* const request = std::get_if<RequestStep>(&step->config)) {
      note(request->integration);
    }
    if (const auto* const action = std::get_if<ActionStep>(&step->config)) {
      note(action->integration);
    }
  }
  return types;
}

}  // namespace millrace
