#include "runtime/definitions/compiled_form/choice_branches.h"

#include <string_view>

namespace millrace::compiled_form {
namespace {

constexpr std::string_view default_label = "Else";

bool is_label(const Choice& choice, std::string_view label) {
  return choice.label.empty() || choice.label == label;
}

std::string label_of(const std::vector<Choice>& choices, std::size_t position) {
  const std::string& label = choices[position].label;
  return label.empty() ? "Choice " + std::to_string(position + 1) : label;
}

}  // namespace

void add_branches(JsonObject& step, const std::vector<Choice>& choices,
                  const std::function<JsonArray(std::size_t)>& steps_of) {
  const bool is_plain =
      !choices.empty() && choices.size() <= 2 && choices[0].condition &&
      is_label(choices[0], "Yes") &&
      (choices.size() == 1 || (!choices[1].condition && is_label(choices[1], "No")));
  if (is_plain) {
    step.emplace("if", *choices[0].condition);
    step.emplace("then", steps_of(0));
    if (choices.size() == 2) step.emplace("else", steps_of(1));
    return;
  }
  JsonArray branches;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!choices[i].condition && is_label(choices[i], default_label)) {
      step.emplace("else", steps_of(i));
      continue;
    }
    // A default with a name of its own is a branch that always holds.
    const JsonArray always{JsonArray{JsonObject{{"variable", true}, {"operator", "BooleanTrue"}}}};
    branches.emplace_back(JsonObject{{"label", label_of(choices, i)},
                                     {"if", choices[i].condition.value_or(always)},
                                     {"steps", steps_of(i)}});
  }
  step.emplace("branches", std::move(branches));
}

}  // namespace millrace::compiled_form
