// The function step: runs a user's JavaScript.
//
//   {"id", "type": "function", "code": "({ a }) => a",
//    "parameters": {"a": "{{trigger.request.body}}"},
//    "isolation": "version" | "call", "memory": "64MB", "timeout": "5s"}
//
// Output: `result`; with continueOnError also `error`.

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/steps/step_catalog.h"
#include "runtime/text/byte_size_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<Choice<FunctionIsolation>, 2> isolations{{
    {"version", FunctionIsolation::version},
    {"call", FunctionIsolation::call},
}};

std::string read_code(ObjectReader& json) {
  json.find("codeFile");  // known, so that a misspelt one in a project folder is told
  json.refuse("codeFile",
              "`codeFile` is for project folders, where `millrace deploy` reads the file; send the "
              "text as `code`");
  auto code = json.required_text("code").value_or("");
  if (code.size() > limits::function_code_bytes_max) {
    json.report("code",
                "the code of a function may have at most " +
                    std::to_string(limits::function_code_bytes_max) + " bytes",
                {}, std::to_string(code.size()) + " bytes");
  }
  return code;
}

FunctionLimits read_limits(ObjectReader& json, const Step& step) {
  FunctionLimits function_limits;
  if (step.timeout) function_limits.time = *step.timeout;
  const auto memory = json.text("memory");
  if (!memory) return function_limits;
  const auto bytes = parse_byte_size(*memory);
  if (bytes) {
    function_limits.memory_bytes = std::clamp<std::size_t>(
        *bytes, limits::function_memory_settable_min, limits::function_memory_settable_max);
  }
  if (!bytes || *bytes != function_limits.memory_bytes) {
    const std::string size = "a size from " +
                             std::to_string(limits::function_memory_settable_min >> 20) + "MB to " +
                             std::to_string(limits::function_memory_settable_max >> 20) + "MB";
    json.report("memory", "`memory` must be " + size + ", such as \"64MB\"", size, *memory);
  }
  return function_limits;
}

void read(ObjectReader& json, SequenceReader&, Step& step) {
  FunctionStep function;
  function.code = read_code(json);
  function.parameters = json.object("parameters");
  function.isolation =
      json.choice<FunctionIsolation>("isolation", isolations).value_or(FunctionIsolation::version);
  function.limits = read_limits(json, step);
  step.config = std::move(function);
}

std::vector<Template*> templates(Step& step) {
  return {&std::get<FunctionStep>(step.config).parameters};
}

std::vector<std::string> outputs(const Step& step) {
  if (step.continue_on_error) return {"result", "error"};
  return {"result"};
}

}  // namespace

const StepKind function_step_kind{
    .type = "function",
    .history_type = "ACTION/FUNCTION",
    .supervision = Supervision::retried,
    .may_use_secrets = true,
    .timeout_max = limits::function_time_settable_max,
    .read = read,
    .templates = templates,
    .sequences = no_sequences,
    .outputs = outputs,
};

}  // namespace millrace
