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
  json.report("operator",
              "there is no operator `" + *name + "`" + hint +
                  " The operators, each with an example that holds: " + operator_list(),
              "an operator", *name, nearest);
  return std::nullopt;
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
      parent.report_mismatch(place, "an array of conditions, like the other groups", (*list)[i]);
    }
  }
  return groups;
}

}  // namespace millrace
