// The trigger of a poll in a definition (polls/poll.h):
//
//   {"type": "poll", "request": {"method": "GET", "path": "/contacts?since={{self.cursor}}"},
//    "items": "response.body.items", "itemId": "id", "cursor": "updatedAt", "interval": "60s"}

#include "runtime/triggers/poll_trigger.h"

#include "runtime/polls/read_poll.h"
#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, Trigger& trigger) {
  trigger = PollTrigger{read_poll(json, PollOf::workflow)};
}

std::vector<TriggerOutput> outputs(const Trigger&) { return {{"result", {}}}; }

/// A poll names the workflow itself.
std::string name(const Trigger&) { return {}; }

}  // namespace

const TriggerKind poll_trigger_kind{
    .type = "poll",
    .history_type = "TRIGGER/ACTION",
    .started_by = "records that its poll finds",
    .read = read,
    .templates = no_templates,  // what they may refer to is checked where a poll is read
    .roots = {},
    .outputs = outputs,
    .name = name,
    .receive = as_it_came,
    .is_of_account = true,
    .may_wait = true,
};

Json poll_output(Json record) { return JsonObject{{"result", std::move(record)}}; }

const Poll* poll_of(const Trigger& trigger) {
  if (const auto* const own = std::get_if<PollTrigger>(&trigger)) return &own->poll;
  const auto* const offered = std::get_if<IntegrationTrigger>(&trigger);
  return offered == nullptr ? nullptr : offered->poll.get();
}

}  // namespace millrace
