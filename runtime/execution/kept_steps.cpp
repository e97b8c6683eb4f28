#include "runtime/execution/kept_steps.h"

#include "runtime/base/check.h"
#include "runtime/reading/findings.h"
#include "runtime/text/first_names.h"
#include "runtime/workflows/named_steps.h"
#include "runtime/workflows/step_order.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

/// Of a workflow's steps, in a refusal.
constexpr std::size_t steps_named_max = 20;

std::vector<std::string> ids_of(const Workflow& workflow) {
  std::vector<std::string> ids;
  for (const Step* const step : workflow.by_index) ids.push_back(step->id.text);
  return ids;
}

bool has_member(const Json& value, std::string_view key) {
  const auto* const object = value.if_object();
  return object != nullptr && object->contains(key);
}

/// What references find in the output of a step of this kind.
std::string_view member_of_output(const Step& step) {
  const std::string_view type = definition_type(step);
  if (type == "function" || type == "action") return "result";
  if (type == "request") return "response";
  if (type == "conditional") return "selectedChoice";
  if (type == "fanOut") return "errors";
  return {};  // an object
}

class Keeping {
 public:
  explicit Keeping(const KeepOrder& order) : order_(order), workflow_(*order.workflow) {}

  Result<ReplayStart> keep() {
    const Step* const from = first_step();
    if (from != nullptr) walk_to(*from);
    check_given(from);
    if (!findings_.empty()) {
      return Error(ErrorCode::invalid_request,
                   "the run cannot be replayed from step \"" + order_.from.text + "\"",
                   std::move(findings_));
    }
    start_.from_step = from->index;
    std::sort(start_.kept.begin(), start_.kept.end(),
              [](const auto& one, const auto& other) { return one.step < other.step; });
    return std::move(start_);
  }

 private:
  /// Null: it cannot begin there.
  const Step* first_step() {
    const Step* const from = step_named(workflow_, order_.from.text);
    if (from == nullptr) {
      report("/fromStep",
             "version " + std::to_string(workflow_.version) + " has no such step; it has " +
                 first_names(ids_of(workflow_), steps_named_max),
             "a step of the workflow", order_.from.text, nearest_step(workflow_, order_.from.text));
      return nullptr;
    }
    if (from->fan_outs.empty()) return from;
    const std::string& fan_out = workflow_.by_index[from->fan_outs.front()]->id.text;
    report("/fromStep",
           "the step runs once for each element of the fan-out \"" + fan_out +
               "\", whose elements run together: replay from the fan-out",
           fan_out, order_.from.text, fan_out);
    return nullptr;
  }

  void walk_to(const Step& from) {
    StepIndex at = first_of(workflow_.steps, no_step);
    while (at != from.index) {
      if (at == no_step) {
        report("/fromStep", "the run does not come by this step: another branch is taken before it",
               "a step on the run's way", from.id.text);
        return;
      }
      const auto next = pass(*workflow_.by_index[at]);
      if (!next) return;
      at = *next;
    }
    is_reached_ = true;
  }

  /// Keeps what the step gave. Nothing: where the run goes from there is not known, which is reported.
  std::optional<StepIndex> pass(const Step& step) {
    met_.insert(step.index);
    const Json* const given = order_.given.if_contains(step.id.text);
    SharedJson output = given != nullptr ? share(*given) : earlier_output(step);
    const bool is_choice = std::holds_alternative<ConditionalStep>(step.config);
    if (output == nullptr) {
      if (std::holds_alternative<FanOutStep>(step.config))
        keep_inner(step, JsonObject{{"errors", JsonArray()}});
      if (is_choice) return std::nullopt;
      return workflow_.following[step.index];
    }
    if (given != nullptr && !check_shape(step, *given)) {
      if (is_choice) return std::nullopt;
      return workflow_.following[step.index];
    }
    start_.kept.push_back({step.index, output, given != nullptr});
    if (std::holds_alternative<FanOutStep>(step.config)) keep_inner(step, *output);
    // A choice that failed and was passed over leads on behind the conditional.
    if (step.continue_on_error && has_member(*output, "error")) {
      return workflow_.following[step.index];
    }
    const auto next = step_behind(workflow_, step, *output);
    if (!next) {
      report_output(step, "the conditional has no such choice", "one of its branches' labels");
    }
    return next;
  }

  /// What the earlier run has of the step. Null: nothing that fits, which is reported.
  SharedJson earlier_output(const Step& step) {
    const Step* const then = step_named(*order_.earlier.workflow, step.id.text);
    if (then == nullptr) {
      report_output(step, "the run's version had no such step before \"" + order_.from.text +
                              "\": give its output, or replay from it");
      return nullptr;
    }
    if (definition_type(*then) != definition_type(step) || !then->fan_outs.empty()) {
      report_output(step,
                    "the step is another one in this version: give its output, or replay from it");
      return nullptr;
    }
    const SharedJson& output = order_.earlier.by_step.at(then->index);
    if (output == nullptr) {
      report_output(step, "the step did not end in that run: give its output, or replay from it");
    }
    return output;
  }

  /// The reduced outputs of the steps inside a fan-out that is passed.
  void keep_inner(const Step& fan_out, const Json& output) {
    const bool has_joined = has_member(output, "errors");
    for (StepIndex index = fan_out.index + 1; index < fan_out.end; ++index) {
      const Step& inner = *workflow_.by_index[index];
      met_.insert(index);
      if (const Json* const given = order_.given.if_contains(inner.id.text)) {
        if (check_elements(inner, *given)) start_.kept.push_back({index, share(*given), true});
        continue;
      }
      const Step* const then = step_named(*order_.earlier.workflow, inner.id.text);
      const SharedJson known =
          then == nullptr ? SharedJson() : order_.earlier.by_step.at(then->index);
      if (known != nullptr) {
        start_.kept.push_back({index, known, false});
      } else if (has_joined && workflow_.read_outside_fan_out[index]) {
        report_output(inner,
                      "that run did not keep the outputs of this step, which this version "
                      "reads: give them, or replay from \"" +
                          fan_out.id.text + "\"");
      }
    }
  }

  static bool is_output(const Step& step, const Json& output) {
    const std::string_view member = member_of_output(step);
    const bool is_error = step.continue_on_error && has_member(output, "error");
    return output.is_object() && (member.empty() || has_member(output, member) || is_error);
  }
  static std::string shape_of(const Step& step) {
    const std::string_view member = member_of_output(step);
    return member.empty() ? "an object" : "{\"" + std::string(member) + "\": …}";
  }

  bool check_shape(const Step& step, const Json& output) {
    if (is_output(step, output)) return true;
    report_output(step, "this is not what references see of the step", shape_of(step));
    return false;
  }

  /// Of a step inside a fan-out: an output for each element, null where the step did not run. Of one inside two of
  /// them, arrays of those.
  bool check_elements(const Step& step, const Json& outputs) {
    return check_elements(step, outputs, step.fan_outs.size());
  }
  bool check_elements(const Step& step, const Json& outputs, std::size_t depth) {
    if (depth == 0 && (outputs.is_null() || is_output(step, outputs))) return true;
    if (depth == 0) {
      report_output(step, "an element is not what references see of the step", shape_of(step));
      return false;
    }
    if (depth < step.fan_outs.size() && outputs.is_null()) return true;
    if (!outputs.is_array()) {
      report_output(step, "the outputs of a step inside a fan-out are an array", "an array");
      return false;
    }
    const auto& elements = outputs.get_array();
    return std::all_of(elements.begin(), elements.end(),
                       [&](const Json& each) { return check_elements(step, each, depth - 1); });
  }

  void check_given(const Step* from) {
    for (const auto& member : order_.given) {
      const std::string id(member.key());
      const Step* const step = step_named(workflow_, id);
      if (step == nullptr) {
        report("/outputs/" + pointer_token(id), "the workflow has no such step",
               "a step of the workflow", id, nearest_step(workflow_, id));
      } else if (is_reached_ && !met_.contains(step->index)) {
        report("/outputs/" + pointer_token(id),
               "the step does not run before \"" + from->id.text + "\": its output is not kept");
      }
    }
  }

  void report_output(const Step& step, std::string message, std::string expected = {}) {
    findings_.push_back(finding_at(step.id.text, "/outputs/" + pointer_token(step.id.text),
                                   std::move(message), std::move(expected)));
  }
  void report(std::string pointer, std::string message, std::string expected = {},
              std::string got = {}, std::string nearest = {}) {
    findings_.push_back(finding_at({}, std::move(pointer), std::move(message), std::move(expected),
                                   std::move(got), std::move(nearest)));
  }

  const KeepOrder& order_;
  const Workflow& workflow_;
  ReplayStart start_;
  std::set<StepIndex> met_;  // on the way
  bool is_reached_ = false;
  std::vector<ErrorDetail> findings_;
};

}  // namespace

Result<ReplayStart> keep_before(const KeepOrder& order) {
  CHECK(order.workflow != nullptr && order.earlier.workflow != nullptr, "a run needs its workflow");
  CHECK(order.earlier.by_step.size() == order.earlier.workflow->by_index.size(),
        "outputs are of another workflow than their run");
  return Keeping(order).keep();
}

}  // namespace millrace
