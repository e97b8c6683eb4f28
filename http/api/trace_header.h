#pragma once
// Which trace a request belongs to, by its header `traceparent` (https://www.w3.org/TR/trace-context/).

#include "runtime/text/trace_parent.h"

#include <httplib.h>

#include <optional>

namespace millrace {

/// Several of them are none: nobody could say which one is meant.
inline std::optional<TraceParent> trace_of(const httplib::Request& request) {
  if (request.get_header_value_count("traceparent") != 1) return std::nullopt;
  return TraceParent::parse(request.get_header_value("traceparent"));
}

}  // namespace millrace
