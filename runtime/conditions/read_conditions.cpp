#include "runtime/conditions/read_conditions.h"

#include "runtime/conditions/operator_guide.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view expected_groups =
    "an array of groups, each an array of conditions that must all hold";

std::optional<Operator> read_operator(ObjectReader& json) {
  const auto name = json.required_text("operator");
  if (!name) return std::nullopt;
  const auto op = parse_operator(*name);
  if (op) return op;
  const std::string nearest = nearest_operator(*name, json.find("argument"));
  const std::string hint = nearest.empty() ? std::string() : "; did you mean `" + nearest + "`?";
  // The list is long, so one definition has it once.
  constexpr std::string_view list_begins = " The operators, each with an example that holds: ";
  const bool is_listed =
      std::any_of(json.findings().begin(), json.findings().end(), [&](const ErrorDetail& finding) {
        return finding.message.find(list_begins) != std::string::npos;
      });
  const std::string list = is_listed ? std::string(" Another finding lists the operators.")
                                     : std::string(list_begins) + operator_list();
  json.report_obstacle("operator", "there is no operator `" + *name + "`" + hint + list,
                       "an operator", *name, nearest);
  return std::nullopt;
}

/// What is written out and never fits its operator is known before any run.
void check_literals(ObjectReader& json, const Condition& condition) {
  const auto example = [](std::string_view text) {
    return text.empty() ? Json(nullptr) : *parse_json(text);
  };
  const OperatorGuide& guide = guide_to(condition.op);
  const auto check = [&](std::string_view key, const Json& variable, const Json& argument) {
    const auto fits = evaluate(condition.op, variable, argument);
    if (fits) return;
    const ErrorDetail& why = fits.error().details.front();
    json.report(key, why.message, why.expected, describe(key == "variable" ? variable : argument));
  };
  if (json.find("variable") != nullptr && condition.variable.is_constant()) {
    check("variable", condition.variable.constant(), example(guide.example_argument));
  }
  if (takes_argument(condition.op) && json.find("argument") != nullptr &&
      condition.argument.is_constant()) {
    check("argument", example(guide.example_variable), condition.argument.constant());
  }
}

Condition read_condition(const Json& value, const std::string& pointer, ObjectReader& parent) {
  Condition condition;
  ObjectReader json(value, pointer, parent.step(), parent.findings());
  if (!value.is_object()) return condition;
  json.require("variable", "a value to test");
  condition.variable = json.any("variable", nullptr);
  condition.argument = json.any("argument", nullptr);
  if (const auto op = read_operator(json)) {
    condition.op = *op;
    const Json* const argument = json.find("argument");
    const std::string name(wire_name(*op));
    if (takes_argument(*op)) {
      json.require("argument", "what " + name + " compares with");
    } else if (argument != nullptr && !argument->is_null()) {
      json.report("argument", name + " takes no argument", "nothing", describe(*argument));
    }
    check_literals(json, condition);
  }
  json.finish();
  return condition;
}

std::vector<Condition> read_group(const JsonArray& group, const std::string& pointer,
                                  ObjectReader& parent) {
  std::vector<Condition> conditions;
  if (group.empty()) {
    parent.report_mismatch(pointer, "at least one condition in each group", group);
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    conditions.push_back(read_condition(group[i], pointer + '/' + std::to_string(i), parent));
  }
  return conditions;
}

}  // namespace

ConditionGroups read_conditions(ObjectReader& parent, std::string_view key) {
  ConditionGroups groups;
  if (parent.require(key, expected_groups) == nullptr) return groups;
  const JsonArray* const list = parent.array(key);
  if (list == nullptr) return groups;

  const std::string pointer = parent.pointer_to(key);
  const bool is_flat = std::all_of(list->begin(), list->end(),
                                   [](const Json& element) { return element.is_object(); });
  if (is_flat) {
    groups.push_back(read_group(*list, pointer, parent));
    return groups;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = pointer + '/' + std::to_string(i);
    if (const auto* const group = (*list)[i].if_array()) {
      groups.push_back(read_group(*group, place, parent));
    } else {
      parent.report_unreadable(place, "an array of conditions, like the other groups", (*list)[i]);
    }
  }
  return groups;
}

}  // namespace millrace
