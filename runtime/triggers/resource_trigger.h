#pragma once
// The trigger of a resource's webhook: the company's own API calls it, and the workflow runs for the users
// whom the delivery is for (docs/triggers.md). What the workflow sees is as of an integration's webhook.

#include <string>

namespace millrace {

struct ResourceTrigger {
  std::string resource;  // the type of the integration that it is (integrations/resource.h)
  std::string webhook;
};

}  // namespace millrace
