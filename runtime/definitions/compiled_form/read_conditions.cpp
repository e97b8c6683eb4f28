#include "runtime/definitions/compiled_form/read_conditions.h"

#include "runtime/base/limits.h"
#include "runtime/conditions/operators.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <array>
#include <utility>

namespace millrace::compiled_form {
namespace {

using Group = std::vector<Json>;
using Groups = std::vector<Group>;

/// Operators that are called otherwise on the wire than in code.
constexpr std::array<std::pair<std::string_view, Operator>, 4> wire_operators{{
    {"$exists", Operator::is_not_null},
    {"$doesNotExist", Operator::is_null},
    {"$isNotUndefinedOrNull", Operator::exists},
    {"$isUndefinedOrNull", Operator::does_not_exist},
}};

std::optional<Operator> operator_of(std::string_view wire) {
  for (const auto& [name, op] : wire_operators) {
    if (name == wire) return op;
  }
  return parse_operator(wire);
}

std::size_t count(const Groups& groups) {
  std::size_t all = 0;
  for (const Group& group : groups) all += group.size();
  return all;
}

bool is_list(const Json& source) {
  const auto* const object = source.if_object();
  const Json* const value = object == nullptr ? nullptr : object->if_contains("value");
  return value != nullptr && value->is_array();
}

class ConditionTree {
 public:
  explicit ConditionTree(const SourceReader& sources) : sources_(sources) {}

  Groups read(const Json& tree, const std::string& pointer) {
    ObjectReader json(tree, pointer, sources_.step(), sources_.findings());
    if (!tree.is_object()) return {};
    const auto type = json.required_text("type").value_or("");
    if (type == "JOIN") return read_join(json, tree);
    if (type == "OPERATOR") {
      const Json* const condition = json.require("condition", "an operator and its values");
      sources_.finish(json, tree);
      if (condition == nullptr) return {};
      auto read = read_operator(*condition, json.pointer_to("condition"));
      return read ? Groups{{std::move(*read)}} : Groups{};
    }
    if (!type.empty()) {
      json.report("type", "a condition is joined from others or has an operator",
                  "`JOIN` or `OPERATOR`", type);
    }
    return {};
  }

 private:
  Groups read_join(ObjectReader& json, const Json& tree) {
    const auto join = json.required_text("join").value_or("");
    const JsonArray* const conditions = json.array("conditions");
    sources_.finish(json, tree);
    if (join != "AND" && join != "OR") {
      if (!join.empty()) json.report("join", "conditions are joined by", "`AND` or `OR`", join);
      return {};
    }
    if (conditions == nullptr || conditions->empty()) {
      json.report("conditions", "a join needs at least one condition", "an array of conditions");
      return {};
    }
    Groups joined = join == "AND" ? Groups{{}} : Groups{};
    for (std::size_t i = 0; i < conditions->size(); ++i) {
      const Groups next =
          read((*conditions)[i], json.pointer_to("conditions") + '/' + std::to_string(i));
      if (next.empty()) continue;  // it has a finding
      if (join == "OR") {
        joined.insert(joined.end(), next.begin(), next.end());
      } else {
        joined = both(joined, next, json);
      }
    }
    return joined;
  }

  /// (a or b) and (c or d): each pair.
  Groups both(const Groups& left, const Groups& right, ObjectReader& json) {
    const std::size_t pairs = left.size() * count(right) + right.size() * count(left);
    if (pairs > limits::compiled_conditions_max) {
      if (!std::exchange(is_too_many_, true)) {
        json.report("",
                    "written as an OR of ANDs these are too many conditions; test some of them "
                    "in a function",
                    "at most " + std::to_string(limits::compiled_conditions_max) + " conditions",
                    std::to_string(pairs));
      }
      return left;
    }
    Groups all;
    for (const Group& a : left) {
      for (const Group& b : right) {
        all.push_back(a);
        all.back().insert(all.back().end(), b.begin(), b.end());
      }
    }
    return all;
  }

  std::optional<Json> read_operator(const Json& condition, const std::string& pointer) {
    ObjectReader json(condition, pointer, sources_.step(), sources_.findings());
    if (!condition.is_object()) return std::nullopt;
    const auto name = json.required_text("operator").value_or("");
    const Json* const variable = json.require("variable", "a source");
    const Json* const argument = json.find("argument");
    sources_.finish(json, condition);
    const auto op = operator_of(name);
    if (!op) {
      const std::vector<std::string> names(operator_names().begin(), operator_names().end());
      const std::string_view bare = std::string_view(name).substr(name.starts_with('$') ? 1 : 0);
      if (!name.empty()) {
        json.report("operator", "there is no operator `" + name + "`", "an operator", name,
                    nearest_name(bare, names));
      }
      return std::nullopt;
    }
    if (variable == nullptr) return std::nullopt;
    JsonObject translated{{"variable", operand(*op, *variable, json.pointer_to("variable"))},
                          {"operator", wire_name(*op)}};
    if (!takes_argument(*op)) return translated;
    if (argument == nullptr) {
      json.require("argument", "what the variable is compared with");
      return std::nullopt;
    }
    translated.emplace("argument", operand(*op, *argument, json.pointer_to("argument")));
    // There the variable is the array that is searched, here it is what is searched for.
    const bool is_search = *op == Operator::array_is_in || *op == Operator::array_is_not_in;
    if (is_search && !is_list(*argument)) std::swap(translated["variable"], translated["argument"]);
    return translated;
  }

  /// What is compared as text stays as it was written.
  Json operand(Operator op, const Json& source, const std::string& pointer) const {
    Json value = sources_.value(source, pointer);
    const bool is_about_text = wire_name(op).starts_with("String");
    const bool is_scalar = value.is_number() || value.is_bool();
    return is_about_text && is_scalar ? Json(sources_.text(source, pointer)) : value;
  }

  const SourceReader& sources_;
  bool is_too_many_ = false;
};

}  // namespace

JsonArray read_condition_tree(const SourceReader& sources, const Json& tree,
                              const std::string& pointer) {
  JsonArray groups;
  for (const Group& group : ConditionTree(sources).read(tree, pointer)) {
    groups.emplace_back(JsonArray(group.begin(), group.end()));
  }
  return groups;
}

}  // namespace millrace::compiled_form
