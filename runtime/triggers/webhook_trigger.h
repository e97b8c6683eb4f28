#pragma once
// The trigger of an integration's webhook: the workflow runs for each event that is delivered to it. What
// the workflow sees as `trigger` is `{"result": {"headers", "params", "body"}}`; with an envelope, `body`
// is one element of it.

#include <string>

namespace millrace {

struct WebhookTrigger {
  std::string webhook;  // of the workflow's integration
};

}  // namespace millrace
