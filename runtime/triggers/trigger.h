#pragma once
// What starts a workflow: one alternative for each kind of trigger. To add a kind: add its struct
// here, its file to this folder, and its line to the list in trigger_catalog.cpp.

#include "runtime/triggers/event_trigger.h"
#include "runtime/triggers/integration_enabled_trigger.h"
#include "runtime/triggers/integration_trigger.h"
#include "runtime/triggers/oauth_trigger.h"
#include "runtime/triggers/poll_trigger.h"
#include "runtime/triggers/request_trigger.h"
#include "runtime/triggers/resource_trigger.h"
#include "runtime/triggers/scheduler_trigger.h"
#include "runtime/triggers/webhook_trigger.h"

#include <variant>

namespace millrace {

using Trigger = std::variant<RequestTrigger, EventTrigger, WebhookTrigger, IntegrationTrigger,
                             IntegrationEnabledTrigger, OAuthTrigger, SchedulerTrigger, PollTrigger,
                             ResourceTrigger>;

/// The poll that a trigger is, of its own or as its integration offers it; null: nothing is asked for it.
const Poll* poll_of(const Trigger& trigger);

}  // namespace millrace
