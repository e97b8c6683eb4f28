// The trigger of a sign-in in a definition:
//
//   {"type": "oauth"}

#include "runtime/triggers/oauth_trigger.h"

#include "runtime/triggers/trigger_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader&, Trigger& trigger) { trigger = OAuthTrigger(); }

std::vector<TriggerOutput> outputs(const Trigger&) {
  return {{"result", {"credentialId", "providerId", "scopes"}}};
}

/// A sign-in names its integration, and the workflows that are enabled on the account.
std::string name(const Trigger&) { return {}; }

}  // namespace

const TriggerKind oauth_trigger_kind{
    .type = "oauth",
    .history_type = "TRIGGER/OAUTH",
    .started_by = "sign-ins",
    .read = read,
    .templates = no_templates,
    .roots = {},
    .outputs = outputs,
    .name = name,
    .receive = as_it_came,
    .is_of_account = true,
};

Json sign_in_output(const Credential& account, const std::vector<std::string>& scopes) {
  JsonArray granted;
  for (const std::string& scope : scopes) granted.emplace_back(scope);
  return JsonObject{{"result", JsonObject{{"credentialId", account.id},
                                          {"providerId", account.provider_id},
                                          {"scopes", std::move(granted)}}}};
}

}  // namespace millrace
