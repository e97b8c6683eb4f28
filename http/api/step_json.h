#pragma once
// A step of a run as lists show it (the shape StepExecution of run_details_api.cpp).

#include "runtime/history/step_execution.h"

#include <string>

namespace millrace {

JsonObject step_json(const StepExecution& step, const std::string& execution);

}  // namespace millrace
