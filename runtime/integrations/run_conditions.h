#pragma once
// What a live run needs of its user: an active integration, a valid credential, the workflow enabled
// on it, the required settings, and a user who is not disabled. Each unmet condition is an error code
// of its own, so that "why did nothing run?" has an answer.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/conditions/condition.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct RunConditions {
  WorkflowId workflow;
  /// The type that the workflow names; empty: it needs none, and only the user is looked at.
  std::string integration_type;
  const Integration* integration = nullptr;  // as it is now; null: there is none of that type
  const Credential* credential = nullptr;    // the account that was chosen; null: not connected
  /// Of that account; null: its default one.
  const Configuration* configuration = nullptr;
  const std::vector<Setting>* own_settings = nullptr;  // what the workflow declares; null: nothing
  bool is_user_disabled = false;
  const ConditionGroups* permissions = nullptr;  // of the workflow; null: it is for everybody
  UserId user{};
  const JsonObject* user_meta = nullptr;  // null: there is none
};

/// May this user have the workflow? A condition that cannot be told (of another type, absent) does not hold.
bool is_permitted(const ConditionGroups& permissions, const UserId& user,
                  const JsonObject* user_meta);

/// The settings that the run sees: the workflow's over the shared ones of the integration. Errors,
/// the first that applies: user_disabled, permission_denied, integration_inactive, credential_missing,
/// credential_invalid, workflow_disabled, settings_missing (the details name each).
Result<JsonObject> settings_for_run(const RunConditions& conditions);

/// Which of a user's accounts a run takes when nobody has chosen one: the first that is valid and
/// has the workflow enabled; else the first valid one; else the first. Null if there is none.
SharedCredential choose_credential(const std::vector<SharedCredential>& credentials,
                                   const WorkflowId& workflow);

/// In its default configuration.
bool is_enabled_on(const Credential& credential, const WorkflowId& workflow);
bool is_enabled_in(const JsonObject& configured_workflows, const WorkflowId& workflow);

/// The configurations of an account that have the workflow enabled, as texts (account_text.h).
std::vector<std::string> enabled_configurations(const Credential& credential,
                                                const WorkflowId& workflow);

/// The workflows that are enabled in Credential::configured_workflows, in no particular order.
std::vector<std::string_view> enabled_workflows(const JsonObject& configured_workflows);

}  // namespace millrace
