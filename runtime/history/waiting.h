#pragma once
// Why a run is not further: what each of its open steps waits for. Pure.

#include "runtime/history/step_execution.h"

#include <string_view>
#include <vector>

namespace millrace {

struct Waiting {
  enum class Kind : std::uint8_t {
    delay,       // a delay step sleeps
    retry,       // an attempt failed, the next one is due
    rate_limit,  // the account may not be asked before
    request,     // the other side has not answered
    function,    // it runs, or waits for its turn
    fan_out,     // for its elements, which are listed by themselves
    response,    // any other step: it is about to be taken
  };
  Kind kind = Kind::request;
  std::string step;  // the step execution's id
  Instant since{};
  std::optional<Instant> until{};
  std::uint16_t status = 0;  // of the answer that said so; 0: none
};

/// "rateLimit".
std::string_view wire_name(Waiting::Kind kind);

/// The open steps of `steps`, in their order; nothing of a run that has ended.
std::vector<Waiting> waiting_for(const std::vector<StepExecution>& steps, Instant now);

}  // namespace millrace
