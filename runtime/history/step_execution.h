#pragma once
// One line per step of a run, as the task history shows it.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/json.h"
#include "runtime/execution/branch_path.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct StepAttempt {
  std::uint32_t number = 1;
  Instant started{};
  Instant ended{};
  std::optional<Error> error;       // absent: it succeeded
  std::optional<Instant> retry_at;  // when the next attempt is due, if there is one
  // Of a request that failed:
  Json request = {};         // {"method", "url"}, secrets masked; null when it was none
  SharedJson response = {};  // what was answered; null when nothing was
  // Of one that the account's limit held: it goes on then, under the same number.
  std::optional<Instant> paused_until{};
  std::uint16_t pause_status = 0;  // of the answer that said so; 0: it was not sent
  /// The server stopped meanwhile, and it was begun again: it may have reached the other side, and nobody heard what
  /// came of it. `started` is when it began at the earliest, `ended` when it was begun again.
  bool is_cut_off = false;
};

struct StepExecution {
  /// Unique within the execution: the step's id, or inside a fan-out "<step>.<i>" ("<step>.<i>.<j>"
  /// when nested). The trigger's is "trigger".
  std::string id;
  StepId step;
  std::string type;                    // "ACTION/FUNCTION", "TRIGGER/ENDPOINT", ...
  WorkflowVersion version = 0;         // under which it ran; 0: the run has had one only
  std::string status;                  // EXECUTING, DELAYED, SUCCEEDED, FAILED, CANCELLED
  std::vector<std::uint32_t> indexes;  // the element, outermost fan-out first; empty outside
  Instant start{};
  std::optional<Instant> end;
  std::optional<Instant>
      wakes;                   // a delay: when it ends, or was to end; a retry or pause: until then
  std::optional<Error> error;  // of a failed one
  std::string selected_choice;    // of a conditional that has chosen
  std::vector<std::string> next;  // step execution ids
  std::optional<std::string> previous;
  std::uint64_t input_bytes = 0;  // of the input as JSON text, as `StepDetail` shows it
  std::uint64_t output_bytes = 0;
  std::vector<StepAttempt> attempts;
  /// Of a replay: it did not run; its output is the one that this run's step gave.
  std::optional<std::string> kept_from{};
  bool is_given = false;  // likewise, and the output is one that whoever replayed has given
};

struct StepDetail {
  StepExecution step;
  Json input;                                                // what the step was given, rendered
  Json output;                                               // what references see
  std::vector<std::pair<std::string, std::string>> console;  // level, text
  bool is_shortened = false;                                 // arrays of input or output were cut
};

}  // namespace millrace
