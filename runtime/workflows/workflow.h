#pragma once
// A workflow version as the machine runs it: compiled from the user's JSON, validated, linked,
// immutable, shared by all its executions and by many threads.

#include "runtime/admission/admission_rules.h"
#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/conditions/condition.h"
#include "runtime/functions/function_engine.h"
#include "runtime/integrations/integration.h"
#include "runtime/requests/request_template.h"
#include "runtime/retries/retry_policy.h"
#include "runtime/templates/template.h"
#include "runtime/triggers/trigger.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

struct Step;
using Sequence = std::vector<Step>;  // steps run one after the other

struct FunctionStep {
  std::string code;
  Template parameters;
  FunctionIsolation isolation = FunctionIsolation::version;
  FunctionLimits limits;
};

/// A request to a URL, or to a path below an integration's base URL with the user's credential.
struct RequestStep {
  RequestTemplate request;
  std::string integration;  // empty: none
  /// As it was when the workflow was deployed.
  std::shared_ptr<const Integration> frozen_integration;
};

/// A declared action of an integration.
struct ActionStep {
  std::string integration;
  std::string action;
  Template parameters;
  /// As they were when the workflow was deployed; `declared` points into `frozen_integration`.
  std::shared_ptr<const Integration> frozen_integration;
  const IntegrationAction* declared = nullptr;
};

struct ConditionalBranch {
  std::string label;  // what `selectedChoice` shows: "Yes", or the branch's own label
  ConditionGroups when;
  Sequence steps;
};

/// The first branch whose condition holds is taken, otherwise `otherwise`; then all rejoin.
struct ConditionalStep {
  std::vector<ConditionalBranch> branches;
  std::string otherwise_label = "No";
  Sequence otherwise;
};

struct FanOutStep {
  enum class OnError : std::uint8_t { fail, proceed };

  Template items;
  Sequence steps;
  std::optional<std::uint32_t> concurrency;  // absent: as many as there are elements
  OnError on_error = OnError::fail;
};

struct DelayStep {
  std::optional<Millis> unit;  // with `value`: one SECONDS, MINUTES, HOURS or DAYS
  Template value;  // a number of units, or without `unit` the time to wait for (`until`)
};

struct ResponseStep {
  Template status_code;  // 200 when the definition gives none
  Template headers;      // an object of strings; null values are left out
  Template body;
  Template file;  // a file object; null: the body is sent
  bool has_file = false;
};

struct Step {
  StepIndex index = 0;
  /// One past the last step inside this one (its branches, its fan-out body): [index + 1, end).
  StepIndex end = 0;
  StepId id;
  std::string description;
  std::string pointer;  // where it stands in the definition, e.g. "/steps/2/then/0"
  /// The fan-outs around this step, outermost first.
  std::vector<StepIndex> fan_outs;
  RetryPolicy retry;
  bool continue_on_error = false;
  std::optional<Millis> timeout;  // of one whole attempt
  /// The secrets that its templates name.
  std::vector<std::string> secrets;
  std::variant<FunctionStep, ConditionalStep, FanOutStep, DelayStep, ResponseStep, RequestStep,
               ActionStep>
      config;
};

/// The request that the step sends, or null if it sends none.
const RequestTemplate* request_of(const Step& step);
/// The integration that it is sent to, as it was frozen; null: none.
const Integration* integration_of(const Step& step);

/// The step type on the wire of the task history, e.g. "ACTION/FUNCTION".
std::string_view history_type(const Step& step);
/// The type in definitions, e.g. "function".
std::string_view definition_type(const Step& step);

struct Workflow {
  WorkflowId id;
  ProjectId project;
  WorkflowVersion version = 0;  // 0: a draft
  std::string name;
  std::string integration;  // empty: none
  std::shared_ptr<const Integration>
      frozen_integration;  // as it was when the workflow was deployed
  /// The types of the resources that its steps call and whose users fill in settings.
  std::set<std::string> resources_with_settings;
  /// What its users fill in when they enable it.
  std::vector<Setting> settings;
  /// For whom it is: a condition over `user`. Empty: for everybody.
  ConditionGroups permissions;
  Trigger trigger;
  /// Which of its triggers begin a run, and when.
  AdmissionRules admission;
  Sequence steps;

  // Derived when compiled.
  std::vector<const Step*> by_index;  // every step, preorder
  bool has_response = false;
  /// See step_order.h.
  std::vector<StepIndex> following;
  /// Function sources, indexed like by_index (null for other steps), shared with the engine's calls.
  std::vector<std::shared_ptr<const FunctionSource>> functions;
  /// Per step: some reference outside its innermost fan-out reads its output. Others need not be
  /// kept when that fan-out's results are reduced.
  std::vector<bool> read_outside_fan_out;
  /// {"KEY": "[secret KEY]"} for every secret that some step names: what is seen outside of a dispatch.
  Json masked_secrets;
};

}  // namespace millrace
