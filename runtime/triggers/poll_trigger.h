#pragma once
// The trigger of a poll: the workflow runs once for each new record that its integration shows. What the
// workflow sees as `trigger` is `{"result": <the record>}`.

#include "runtime/base/json.h"
#include "runtime/polls/poll.h"

namespace millrace {

struct PollTrigger {
  Poll poll;
};

/// What the workflow sees of a record.
Json poll_output(Json record);

}  // namespace millrace
