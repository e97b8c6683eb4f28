#pragma once
// Reads what a definition says of a poll (poll.h), in a workflow's trigger and among the triggers that an
// integration offers.

#include "runtime/polls/poll.h"
#include "runtime/reading/object_reader.h"

#include <cstdint>

namespace millrace {

/// Whose poll it is: one that an integration offers sees the `parameters` of the workflow that uses it.
enum class PollOf : std::uint8_t { workflow, integration };

/// Findings of `json` say what is wrong. Its references are those that a poll may have.
Poll read_poll(ObjectReader& json, PollOf owner);

}  // namespace millrace
