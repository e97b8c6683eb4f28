#pragma once
// The stages of a workflow's admission.

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

}  // namespace millrace
