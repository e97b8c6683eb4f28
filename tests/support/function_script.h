#pragma once
// What functions answer in tests, by step id. One script serves the simulated run of the pure
// machine and the scripted engine of the actors' tests. An answer depends on nothing but the call
// (step, parameters, attempt), so that a call repeated after a crash gets the same one.

#include "runtime/functions/function_engine.h"

#include <functional>
#include <map>
#include <string>

namespace millrace {

struct ScriptedCall {
  std::string step;
  Json parameters;
  std::uint32_t attempt = 1;
};

using FunctionRule = std::function<FunctionOutcome(const ScriptedCall&)>;

// --- rules
// ------------------------------------------------------------------------------------------
FunctionRule returning(Json result);
/// The result as text, which need not be JSON within our bounds.
FunctionRule returning_text(std::string result);
/// Returns its parameters.
FunctionRule echoing();
/// Returns one of its parameters; null if it has none of that name.
FunctionRule returning_parameter(std::string name);
/// Returns twice the number in the parameter `name`.
FunctionRule doubling(std::string name);
FunctionRule failing(ErrorCode code, std::string message);
/// What a `throw new Error(message)` leads to.
FunctionRule throwing(std::string message);
/// Fails the first `attempts` attempts and then does what `then` says.
FunctionRule failing_first(std::uint32_t attempts, ErrorCode code, std::string message,
                           FunctionRule then);
/// Does `then` where the parameter `name` equals `value`, otherwise `otherwise`.
FunctionRule when_parameter(std::string name, Json value, FunctionRule then,
                            FunctionRule otherwise);
/// Writes a line to the console before it does what `then` says.
FunctionRule logging(std::string level, std::string text, FunctionRule then);

class FunctionScript {
 public:
  /// Replaces the rule of the step. A step without a rule echoes its parameters.
  FunctionScript& on(const std::string& step, FunctionRule rule);
  /// The rule of the step as it is now.
  FunctionRule rule_of(const std::string& step) const;
  FunctionOutcome answer(const FunctionSource& source, const std::string& parameters,
                         std::uint32_t attempt) const;

 private:
  std::map<std::string, FunctionRule> rules_;
};

/// The step's id, out of an identity such as "lead-to-crm@3/normalise".
std::string step_of(const FunctionSource& source);

}  // namespace millrace
