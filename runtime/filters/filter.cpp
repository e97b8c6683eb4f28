#include "runtime/filters/filter.h"

#include "runtime/filters/filter_words.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace {
namespace {

Error refused(std::string message) {
  return Error(ErrorCode::invalid_parameters, "filter: " + std::move(message));
}

/// One condition, read.
struct Comparison {
  std::string field;
  Operator op = Operator::exists;
  Json argument;
};
using Groups = std::vector<std::vector<Comparison>>;

Result<Comparison> read_comparison(const Json& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) {
    return refused("a condition must be an object, got " + std::string(kind_name(value)));
  }
  Comparison read;
  const Json* const field = object->if_contains("variable");
  const Json* const op = object->if_contains("operator");
  if (field == nullptr || !field->is_string() || op == nullptr || !op->is_string()) {
    return refused("a condition has `variable` (the name of a field) and `operator`");
  }
  const std::string_view name = op->get_string();
  const auto known = parse_operator(name);
  if (!known) return refused("there is no operator `" + std::string(name) + '`');
  read.field = field->get_string();
  read.op = *known;
  if (const Json* const argument = object->if_contains("argument")) read.argument = *argument;
  return read;
}

Result<std::vector<Comparison>> read_group(const JsonArray& conditions, std::size_t& count) {
  std::vector<Comparison> group;
  for (const Json& each : conditions) {
    if (++count > limits::filter_conditions_max) {
      return refused("at most " + std::to_string(limits::filter_conditions_max) +
                     " conditions are allowed");
    }
    auto comparison = read_comparison(each);
    if (!comparison) return comparison.error();
    group.push_back(std::move(*comparison));
  }
  return group;
}

Result<Groups> read_groups(const Json& filter) {
  const auto* const list = filter.if_array();
  if (list == nullptr) {
    return refused("an array of groups of conditions was expected, got " +
                   std::string(kind_name(filter)));
  }
  Groups groups;
  std::size_t count = 0;
  const bool is_flat = !list->empty() && list->front().is_object();
  if (is_flat) {
    auto group = read_group(*list, count);
    if (!group) return group.error();
    groups.push_back(std::move(*group));
    return groups;
  }
  for (const Json& each : *list) {
    if (!each.is_array()) {
      return refused("a group must be an array of conditions, got " + std::string(kind_name(each)));
    }
    auto group = read_group(each.get_array(), count);
    if (!group) return group.error();
    // A group of nothing always holds: then so does the whole.
    if (group->empty()) return Groups();
    groups.push_back(std::move(*group));
  }
  return groups;
}

/// Calls `take(comparison)` for each; ends with the first error.
template <class Take>
Outcome each_comparison(const Groups& groups, Take take) {
  for (const auto& group : groups) {
    for (const Comparison& each : group) {
      if (auto taken = take(each); !taken) return taken;
    }
  }
  return Done{};
}

Error cannot_say(FilterLanguage language, Operator op) {
  return refused("`" + std::string(wire_name(op)) + "` cannot be said in " +
                 std::string(wire_name(language)));
}

std::string joined(const std::vector<std::string>& parts, const std::string& word) {
  std::string text;
  for (const std::string& each : parts) text += (text.empty() ? "" : word) + each;
  return text;
}

Result<Json> render_text(FilterLanguage language, const Groups& groups) {
  const FilterWords& words = words_of(language);
  std::vector<std::string> alternatives;
  for (const auto& group : groups) {
    std::vector<std::string> all;
    for (const Comparison& each : group) {
      auto text = words.say(each.field, each.op, each.argument);
      if (!text)
        return refused("`" + std::string(wire_name(each.op)) + "` " + text.error().message);
      all.push_back(std::move(*text));
    }
    std::string text = joined(all, words.both);
    if (groups.size() > 1 && all.size() > 1) text = '(' + text + ')';
    alternatives.push_back(std::move(text));
  }
  return Json(joined(alternatives, words.either));
}

Result<Json> render_hubspot(const Groups& groups) {
  JsonArray shown;
  for (const auto& group : groups) {
    JsonArray filters;
    for (const Comparison& each : group) {
      auto one = hubspot_filter(each.field, each.op, each.argument);
      if (!one) return refused("`" + std::string(wire_name(each.op)) + "` " + one.error().message);
      filters.push_back(std::move(*one));
    }
    shown.push_back(JsonObject{{"filters", std::move(filters)}});
  }
  return Json(std::move(shown));
}

Outcome check(FilterLanguage language, const Groups& groups) {
  return each_comparison(groups, [&](const Comparison& each) -> Outcome {
    if (!can_say(language, each.op)) return cannot_say(language, each.op);
    if (!is_field_of(language, each.field)) {
      return refused("`" + each.field + "` is no name of a field in " +
                     std::string(wire_name(language)));
    }
    return Done{};
  });
}

}  // namespace

std::string_view wire_name(FilterLanguage language) {
  switch (language) {
    case FilterLanguage::soql:
      return "soql";
    case FilterLanguage::jql:
      return "jql";
    case FilterLanguage::hubspot:
      return "hubspot";
    case FilterLanguage::drive:
      return "drive";
    case FilterLanguage::odata:
      return "odata";
  }
  return "soql";
}

Outcome check_filter(FilterLanguage language, const Json& filter) {
  if (filter.is_null()) return Done{};
  const auto groups = read_groups(filter);
  if (!groups) return groups.error();
  return check(language, *groups);
}

Result<Json> render_filter(FilterLanguage language, const Json& filter) {
  if (filter.is_null()) return Json(nullptr);
  const auto groups = read_groups(filter);
  if (!groups) return groups.error();
  if (auto checked = check(language, *groups); !checked) return checked.error();
  if (language == FilterLanguage::hubspot) return render_hubspot(*groups);
  return render_text(language, *groups);
}

}  // namespace millrace
