#pragma once
// The stages of a workflow's admission, and what is kept with a run of those that it has passed.

#include "runtime/base/clock.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

/// Where a trigger waits, in the order in which they are passed. Stored numbers.
enum class AdmissionStage : std::uint8_t {
  debounce = 1,   // until nothing more comes for a while
  batch = 2,      // for company
  singleton = 3,  // for the end of the run that goes on
  throttle = 4,   // for its turn
};
/// "debounce", …
std::string_view wire_name(AdmissionStage stage);
/// Nothing for other numbers.
std::optional<AdmissionStage> admission_stage(std::uint64_t number);

/// Of a run that its workflow's `admission` has held back, or made of many triggers.
struct AdmittedStart {
  Instant received{};          // when the first of its triggers came
  std::uint64_t triggers = 1;  // that it is made of, or stands for
  std::uint8_t waited = 0;     // bits: 1 << AdmissionStage, of those that have held it back
};

}  // namespace millrace
