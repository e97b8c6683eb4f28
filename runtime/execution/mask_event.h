#pragma once
// How an event looks where it is stored in clear: the outputs, pages and responses in it without secrets.
// The run itself goes on with the event as it is, which is stored beside, sealed (event_codec.h).
//
// Console lines and error messages are made to be shown, so they hold no secrets from the beginning.

#include "runtime/execution/event.h"
#include "runtime/secrets/redaction.h"

#include <optional>

namespace millrace {

struct MaskedEvent {
  Event shown;
  Redaction found;  // what was taken out
};

/// Nothing: there is no secret in it.
std::optional<MaskedEvent> mask_event(const Event& event, const Redaction& secrets);

/// The message of a failure, for whoever it is shown to: history, log, a later step, the caller; and what a
/// function has written to its console.
void mask_shown(EventBody& event, const Redaction& secrets);

}  // namespace millrace
