#pragma once
// What the lists of logs have in common: pages go backward in time, from `since` on, `after` a page whose `next` says
// where it ended.

#include "http/api/api_call.h"
#include "runtime/base/log_place.h"

#include <optional>
#include <string>

namespace millrace {

/// The `since` of the query; the beginning of time when there is none. Error: invalid_request.
Result<Instant> read_since(const ApiCall& call);
/// The `after` of the query. Error: invalid_request.
Result<std::optional<LogPlace>> read_after(const ApiCall& call);
/// What `after` takes; null: that was all.
Json next_of(const std::optional<LogPlace>& next);

}  // namespace millrace
