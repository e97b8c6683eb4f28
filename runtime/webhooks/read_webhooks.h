#pragma once
// Reads `webhooks` and `triggers` of an integration's definition. All findings come at once. What has
// findings of its own is left out of what is returned, so that a definition that was stored before anybody
// checked its webhooks still serves with those that can be read.

#include "runtime/reading/object_reader.h"
#include "runtime/webhooks/webhook.h"

#include <optional>

namespace millrace {

/// `of_resource`: the scope that all webhooks of a resource have (integrations/resource.h). Then a `route`
/// finds users by their ids, and may be left out.
Webhooks read_webhooks(ObjectReader& integration,
                       std::optional<Webhook::Scope> of_resource = std::nullopt);
OfferedTriggers read_offered_triggers(ObjectReader& integration);

}  // namespace millrace
