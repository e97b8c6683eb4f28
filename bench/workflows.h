#pragma once
// The definitions that are measured, as users would write them (docs/definitions.md).

#include "runtime/base/json.h"

#include <chrono>
#include <cstddef>
#include <string>

namespace millrace::bench {

/// The lead flow without its request step: three functions, one conditional, one response.
Json lead_workflow();
/// `steps` functions, each of which adds one to the number before it, then a response with the
/// last.
Json chain_workflow(std::size_t steps);
/// The same without a response: a trigger is answered as soon as the run is durable.
Json unheld_chain_workflow(std::size_t steps);
/// A few functions, a delay, a few functions, no response: a trigger is answered as soon as the run
/// is durable.
Json background_workflow(std::chrono::seconds delay);
/// Makes `{{trigger.request.body.elements}}` elements, doubles each in a fan-out, responds with the
/// sum of the reduced array.
Json fan_out_workflow();
/// One request step to `url` + the number in the trigger's body, then a response with the number
/// that was answered.
Json request_workflow(const std::string& url);
/// As `fan_out_workflow`, with a request step to `url` + the element in place of the function; the
/// sum is that of the numbers that were answered.
Json fan_out_requests_workflow(const std::string& url);
/// A function, a delay, a function.
Json sleep_workflow(std::chrono::seconds delay);

}  // namespace millrace::bench
