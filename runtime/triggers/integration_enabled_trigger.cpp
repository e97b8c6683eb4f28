// The trigger of an account that is ready, in a definition:
//
//   {"type": "integrationEnabled"}

#include "runtime/triggers/integration_enabled_trigger.h"

#include "runtime/triggers/trigger_catalog.h"

namespace millrace {
namespace {

void read(ObjectReader&, Trigger& trigger) { trigger = IntegrationEnabledTrigger(); }

std::vector<TriggerOutput> outputs(const Trigger&) {
  return {{"result", {"credentialId", "providerId"}}};
}

/// An account names its integration, and the workflows that are enabled on it.
std::string name(const Trigger&) { return {}; }

}  // namespace

const TriggerKind integration_enabled_trigger_kind{
    .type = "integrationEnabled",
    .history_type = "TRIGGER/INTEGRATION_ENABLED",
    .started_by = "accounts that are ready",
    .read = read,
    .templates = no_templates,
    .roots = {},
    .outputs = outputs,
    .name = name,
    .receive = as_it_came,
    .is_of_account = true,
};

Json enabled_output(const Credential& account) {
  return JsonObject{
      {"result", JsonObject{{"credentialId", account.id}, {"providerId", account.provider_id}}}};
}

}  // namespace millrace
