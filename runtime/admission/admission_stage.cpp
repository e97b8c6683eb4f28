#include "runtime/admission/admission_stage.h"

#include "runtime/base/check.h"

namespace millrace {

std::string_view wire_name(AdmissionStage stage) {
  switch (stage) {
    case AdmissionStage::debounce:
      return "debounce";
    case AdmissionStage::batch:
      return "batch";
    case AdmissionStage::singleton:
      return "singleton";
    case AdmissionStage::throttle:
      return "throttle";
  }
  CHECK(false, "there is no such stage");
}

std::optional<AdmissionStage> admission_stage(std::uint64_t number) {
  const bool is_stage = number >= static_cast<std::uint64_t>(AdmissionStage::debounce) &&
                        number <= static_cast<std::uint64_t>(AdmissionStage::throttle);
  if (!is_stage) return std::nullopt;
  return static_cast<AdmissionStage>(number);
}

}  // namespace millrace
