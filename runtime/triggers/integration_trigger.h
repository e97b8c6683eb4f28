#pragma once
// A trigger that an integration offers by name: a webhook of it, or a poll, and the events of that which it
// means. The workflow sees the same as with the webhook itself (webhook_trigger.h), or the poll (poll_trigger.h).

#include "runtime/base/json.h"
#include "runtime/conditions/condition.h"

#include <memory>
#include <string>

namespace millrace {

struct Poll;  // polls/poll.h

struct IntegrationTrigger {
  std::string trigger;  // of the workflow's integration: its name, or the intent that means it
  Json parameters = JsonObject();  // for its conditions: `{{parameters.KEY}}`
  // As the integration declares it; filled in when the workflow is linked with its integration.
  std::string webhook{};  // empty: it is polled
  std::shared_ptr<const Poll> poll{};
  ConditionGroups when{};  // empty: each event
};

}  // namespace millrace
