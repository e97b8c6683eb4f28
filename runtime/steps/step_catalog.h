#pragma once
// All kinds of steps. A kind is one file of this folder: it says how its part of a definition is
// read and which values others may refer to. To add a kind: add its struct to `Step::config`, its
// file here, and its line to the list in step_catalog.cpp.

#include "runtime/base/limits.h"
#include "runtime/workflows/workflow.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ObjectReader;
class SequenceReader;

enum class Supervision : std::uint8_t {
  retried,  // takes `autoRetry`, `retry` and `continueOnError`
  plain,    // either succeeds or fails the workflow
};

struct StepKind {
  std::string_view type;          // in definitions
  std::string_view history_type;  // in the task history
  Supervision supervision;
  /// It takes secrets to the outside and stores none of them.
  bool may_use_secrets = false;
  /// The longest `timeout`.
  Millis timeout_max = limits::step_timeout_max;
  /// Reads the kind's own keys and sets `step.config`; what all steps have is already there.
  void (*read)(ObjectReader& json, SequenceReader& sequences, Step& step);
  /// The step's templates. They are rendered where the step stands, outside of its own sequences.
  std::vector<Template*> (*templates)(Step& step);
  /// The lists of steps inside it, in the order of their text. Of a conditional one is run, or
  /// none.
  std::vector<Sequence*> (*sequences)(Step& step);
  /// The keys of the step's output, for references from places after it.
  std::vector<std::string> (*outputs)(const Step& step);
};

// In the order of the alternatives of Step::config.
extern const StepKind function_step_kind;
extern const StepKind conditional_step_kind;
extern const StepKind fan_out_step_kind;
extern const StepKind delay_step_kind;
extern const StepKind response_step_kind;
extern const StepKind request_step_kind;
extern const StepKind action_step_kind;

/// Null for a type that does not exist or is not supported yet.
const StepKind* find_step_kind(std::string_view type);
const StepKind& kind_of(const Step& step);

/// The supported types, for messages.
const std::vector<std::string>& step_types();

/// For kinds without steps inside.
std::vector<Sequence*> no_sequences(Step& step);

}  // namespace millrace
