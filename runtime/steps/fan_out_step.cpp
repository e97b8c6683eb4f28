// The fan-out step: runs its steps once for each element of an array, then goes on after itself.
//
//   {"id", "type": "fanOut", "items": "{{list.result}}", "steps": [...], "concurrency": 10,
//    "onError": "fail" | "continue"}
//
// Output inside its steps: `instance` (the element) and `index`; after it: `errors`.

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/steps/sequence_reader.h"
#include "runtime/steps/step_catalog.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<Choice<FanOutStep::OnError>, 2> error_policies{{
    {"fail", FanOutStep::OnError::fail},
    {"continue", FanOutStep::OnError::proceed},
}};

/// Any other text would fail in every run: text around a reference always makes a string.
bool is_array(const Json& written) { return written.is_array(); }

void read(ObjectReader& json, SequenceReader& sequences, Step& step) {
  FanOutStep fan_out;
  json.require("items", "an array, or exactly one reference");
  fan_out.items = json.reference_or("items", "an array", is_array);
  constexpr auto most = static_cast<std::int64_t>(limits::fan_out_items_max);
  if (const auto concurrency = json.integer("concurrency", 1, most)) {
    fan_out.concurrency = static_cast<std::uint32_t>(*concurrency);
  }
  fan_out.on_error = json.choice<FanOutStep::OnError>("onError", error_policies)
                         .value_or(FanOutStep::OnError::fail);
  fan_out.steps = sequences.read_some(json, "steps");
  step.config = std::move(fan_out);
}

std::vector<Template*> templates(Step& step) { return {&std::get<FanOutStep>(step.config).items}; }

std::vector<Sequence*> sequences(Step& step) { return {&std::get<FanOutStep>(step.config).steps}; }

std::vector<std::string> outputs(const Step&) { return {"errors"}; }

}  // namespace

const StepKind fan_out_step_kind{
    .type = "fanOut",
    .history_type = "TRANSITION/MAP",
    .supervision = Supervision::plain,
    .read = read,
    .templates = templates,
    .sequences = sequences,
    .outputs = outputs,
};

}  // namespace millrace
