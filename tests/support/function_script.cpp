#include "tests/support/function_script.h"

#include "runtime/base/check.h"

namespace millrace {
namespace {

FunctionOutcome outcome_of(Result<std::string> result) {
  return {std::move(result), {}, Millis(0)};
}

Json parameter(const ScriptedCall& call, const std::string& name) {
  const auto* const object = call.parameters.if_object();
  const Json* const found = object == nullptr ? nullptr : object->if_contains(name);
  return found == nullptr ? Json(nullptr) : *found;
}

}  // namespace

FunctionRule returning(Json result) { return returning_text(to_text(result)); }

FunctionRule returning_text(std::string result) {
  return [result = std::move(result)](const ScriptedCall&) { return outcome_of(result); };
}

FunctionRule echoing() {
  return [](const ScriptedCall& call) { return outcome_of(to_text(call.parameters)); };
}

FunctionRule returning_parameter(std::string name) {
  return [name = std::move(name)](const ScriptedCall& call) {
    return outcome_of(to_text(parameter(call, name)));
  };
}

FunctionRule doubling(std::string name) {
  return [name = std::move(name)](const ScriptedCall& call) {
    const Json number = parameter(call, name);
    if (!number.is_int64()) {
      return outcome_of(
          Error(ErrorCode::function_threw, "TypeError: " + name + " is not a number"));
    }
    return outcome_of(to_text(number.get_int64() * 2));
  };
}

FunctionRule failing(ErrorCode code, std::string message) {
  return
      [error = Error(code, std::move(message))](const ScriptedCall&) { return outcome_of(error); };
}

FunctionRule throwing(std::string message) {
  return failing(ErrorCode::function_threw, std::move(message));
}

FunctionRule failing_first(std::uint32_t attempts, ErrorCode code, std::string message,
                           FunctionRule then) {
  return [attempts, fail = failing(code, std::move(message)),
          then = std::move(then)](const ScriptedCall& call) {
    return call.attempt <= attempts ? fail(call) : then(call);
  };
}

FunctionRule when_parameter(std::string name, Json value, FunctionRule then,
                            FunctionRule otherwise) {
  // Compared as text: a number keeps its meaning whether it is stored signed or unsigned.
  return [name = std::move(name), text = to_text(value), then = std::move(then),
          otherwise = std::move(otherwise)](const ScriptedCall& call) {
    return to_text(parameter(call, name)) == text ? then(call) : otherwise(call);
  };
}

FunctionRule logging(std::string level, std::string text, FunctionRule then) {
  return [line = ConsoleLine{std::move(level), std::move(text)},
          then = std::move(then)](const ScriptedCall& call) {
    FunctionOutcome outcome = then(call);
    outcome.console.insert(outcome.console.begin(), line);
    return outcome;
  };
}

FunctionScript& FunctionScript::on(const std::string& step, FunctionRule rule) {
  rules_[step] = std::move(rule);
  return *this;
}

FunctionRule FunctionScript::rule_of(const std::string& step) const {
  const auto found = rules_.find(step);
  return found == rules_.end() ? echoing() : found->second;
}

FunctionOutcome FunctionScript::answer(const FunctionSource& source, const std::string& parameters,
                                       std::uint32_t attempt) const {
  const std::string step = step_of(source);
  // Parameters are not bounded like results: a template may wrap a value that is deep already.
  constexpr std::size_t parameters_depth_max = 4 * limits::json_depth_max;
  auto parsed = parse_json(parameters, parameters_depth_max);
  CHECK(parsed.ok(), "a function was called with parameters that are not JSON");
  return rule_of(step)({step, std::move(*parsed), attempt});
}

std::string step_of(const FunctionSource& source) {
  const auto slash = source.identity.rfind('/');
  return slash == std::string::npos ? source.identity : source.identity.substr(slash + 1);
}

}  // namespace millrace
