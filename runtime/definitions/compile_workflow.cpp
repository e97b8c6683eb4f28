#include "runtime/definitions/compile_workflow.h"

#include "runtime/admission/read_admission.h"
#include "runtime/base/limits.h"
#include "runtime/conditions/read_conditions.h"
#include "runtime/definitions/check_code.h"
#include "runtime/definitions/compile_stored_workflow.h"
#include "runtime/definitions/link_integrations.h"
#include "runtime/definitions/link_references.h"
#include "runtime/definitions/load_step.h"
#include "runtime/definitions/number_steps.h"
#include "runtime/integrations/read_settings.h"
#include "runtime/integrations/resource.h"
#include "runtime/reading/object_reader.h"
#include "runtime/steps/sequence_reader.h"
#include "runtime/templates/user_scope.h"
#include "runtime/triggers/read_trigger.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/workflows/step_order.h"

#include <cstdint>
#include <limits>
#include <set>
#include <utility>

namespace millrace {
namespace {

/// What forms show of the workflow (docs/definitions.md); runs see nothing of it.
void read_appearance(ObjectReader& json) {
  json.text("infoText");
  json.integer("order", std::numeric_limits<std::int32_t>::min(),
               std::numeric_limits<std::int32_t>::max());
  json.boolean("hidden", false);
}

/// They are asked before there is a run, and again while it goes on: of the user alone.
ConditionGroups read_permissions(const Json& definition, ObjectReader& json) {
  if (json.find("permissions") == nullptr) return {};
  // There was a time when they were stored and not asked: what cannot be read holds for everybody then.
  Findings unread;
  ObjectReader own(definition, "", "", unread);
  ConditionGroups permissions = read_conditions(own, "permissions");
  for (ErrorDetail& finding : unread.take()) json.findings().push_back(std::move(finding));
  for (Template* const text : templates_of(permissions)) {
    text->visit_references([&](const Reference& reference, const std::string& pointer) {
      if (names_user(reference)) return;
      json.findings().push_back(finding_at(
          "", pointer, "in `{{" + reference.text + "}}`: permissions are about the user alone",
          "`user.id` or `user.meta.KEY`"));
    });
  }
  return permissions;
}

/// What an import could not bring along: somebody has to look at it before it is live.
void read_open_points(ObjectReader& json) {
  const JsonArray* const points = json.array("openPoints");
  if (points == nullptr) return;
  for (std::size_t i = 0; i < points->size(); ++i) {
    const auto* const point = (*points)[i].if_object();
    const Json* const said = point == nullptr ? nullptr : point->if_contains("message");
    const std::string message =
        said != nullptr && said->is_string() ? std::string(said->get_string()) : "it says nothing";
    const Json* const step = point == nullptr ? nullptr : point->if_contains("step");
    json.findings().push_back(finding_at(
        step != nullptr && step->is_string() ? std::string(step->get_string()) : std::string(),
        json.pointer_to("openPoints") + '/' + std::to_string(i),
        "an open point of the import: " + message + ". Mend the draft, then remove this entry"));
  }
}

/// Reads the whole definition; nothing refers to anything yet. Returns the steps of uncertain type,
/// and "trigger" if that is of uncertain type.
std::set<std::string> read_workflow(const Json& definition, Workflow& workflow,
                                    Findings& findings) {
  ObjectReader json(definition, "", "", findings);
  if (!definition.is_object()) return {};
  workflow.name = json.text("name").value_or(workflow.id.text);
  json.text("description");
  workflow.integration = json.constant_text("integration").value_or("");
  if (is_resource_type(workflow.integration)) {
    json.report("integration",
                "a workflow belongs to no resource: its trigger and its steps name one");
  }
  json.boolean("defaultEnabled", false);
  workflow.settings = read_settings(json);
  workflow.permissions = read_permissions(definition, json);
  workflow.admission = read_admission(json);
  read_appearance(json);
  read_open_points(json);
  auto trigger = read_trigger(json);
  SequenceReader sequences(findings);
  workflow.steps = sequences.read_some(json, "steps");
  json.finish();
  if (workflow.integration.empty() && !workflow.settings.empty()) {
    json.report("settings",
                "settings are kept with an account: the workflow needs an `integration`");
  }
  std::set<std::string> uncertain = sequences.uncertain();
  if (trigger) {
    workflow.trigger = std::move(*trigger);
    if (kind_of(workflow.trigger).is_of_account && workflow.integration.empty()) {
      json.report("trigger", "it starts for an account: the workflow needs an `integration`");
    }
  } else {
    uncertain.insert("trigger");  // no step has this name
  }
  return uncertain;
}

/// What starts it decides what can be held back.
void check_admission(const Workflow& workflow, Findings& findings) {
  const AdmissionRules& rules = workflow.admission;
  const TriggerKind& kind = kind_of(workflow.trigger);
  if (rules.holds_back() && !kind.may_wait) {
    findings.push_back(
        finding_at("", "/admission",
                   "only what comes from outside can be held back: a workflow on a trigger `" +
                       std::string(kind.type) + "` takes a `priority` and no more"));
  }
  if (rules.batch && load_step_of(workflow) != nullptr) {
    findings.push_back(finding_at("", "/admission/batch",
                                  "the trigger loads the record of each event, which a batch of "
                                  "events has not: leave the batch out"));
  }
}

/// Of each function step whose code could be read.
void check_functions(const Workflow& workflow, FunctionEngine& functions, Findings& findings) {
  for (const Step* const step : workflow.by_index) {
    const auto* const function = std::get_if<FunctionStep>(&step->config);
    const bool has_code = function != nullptr && !function->code.empty();
    // What is too long has its finding, and compiling it would take long.
    if (!has_code || function->code.size() > limits::function_code_bytes_max) continue;
    auto finding =
        finding_in_code(functions, function->code, step->id.text, step->pointer + "/code");
    if (finding) findings.push_back(std::move(*finding));
  }
}

std::shared_ptr<const FunctionSource> function_source(const Workflow& workflow, const Step& step) {
  const auto* const function = std::get_if<FunctionStep>(&step.config);
  if (function == nullptr) return nullptr;
  FunctionSource source;
  source.project = workflow.project;
  source.identity = workflow.id.text + '@' + std::to_string(workflow.version) + '/' + step.id.text;
  source.code = function->code;
  source.isolation = function->isolation;
  source.limits = function->limits;
  return std::make_shared<const FunctionSource>(std::move(source));
}

void derive(Workflow& workflow) {
  workflow.following = following_steps(workflow);
  for (const Step* const step : workflow.by_index) {
    workflow.functions.push_back(function_source(workflow, *step));
    if (std::holds_alternative<ResponseStep>(step->config)) workflow.has_response = true;
  }
}

Result<std::shared_ptr<const Workflow>> compile(const Json& definition,
                                                const WorkflowIdentity& identity,
                                                const IntegrationCatalog* integrations,
                                                FunctionEngine* functions, Strictness strictness) {
  // On the heap from the start: `by_index` points into it.
  const auto workflow = std::make_shared<Workflow>();
  workflow->id = identity.id;
  workflow->project = identity.project;
  workflow->version = identity.version;

  Findings findings;
  const auto uncertain = read_workflow(definition, *workflow, findings);
  add_load_step(*workflow, integrations);
  number_steps(*workflow);
  link_integrations(*workflow, integrations, findings);
  if (!uncertain.contains("trigger")) check_admission(*workflow, findings);
  // Also after findings, so that wrong references and wrong code are reported together with them.
  link_references(*workflow, uncertain, findings);
  if (functions != nullptr) check_functions(*workflow, *functions, findings);
  if (auto verdict = findings.verdict(strictness); !verdict) return verdict.error();

  derive(*workflow);
  return std::shared_ptr<const Workflow>(workflow);
}

}  // namespace

Result<std::shared_ptr<const Workflow>> compile_workflow(const Json& definition,
                                                         const WorkflowIdentity& identity,
                                                         const IntegrationCatalog* integrations,
                                                         FunctionEngine* functions) {
  return compile(definition, identity, integrations, functions, Strictness::of_new);
}

Result<std::shared_ptr<const Workflow>> compile_stored_workflow(
    const Json& definition, const WorkflowIdentity& identity,
    const IntegrationCatalog* integrations) {
  return compile(definition, identity, integrations, nullptr, Strictness::of_stored);
}

}  // namespace millrace
