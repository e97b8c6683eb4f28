#pragma once
// The trigger of an app event: the workflow runs for a user when the project's application sends an
// event of that name for him. What the workflow sees as `trigger` is the event's payload itself, and besides what a
// field mapping makes of it.

#include "runtime/templates/reference.h"

#include <string>
#include <vector>

namespace millrace {

struct EventTrigger {
  std::string event;                          // its name; 1 to limits::id_bytes_max bytes
  std::vector<PathSegment> object_mapping{};  // object_mapping.h; empty: none
};

}  // namespace millrace
