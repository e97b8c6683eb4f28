#include "runtime/integrations/run_conditions.h"

#include "runtime/integrations/account_text.h"
#include "runtime/reading/findings.h"
#include "runtime/templates/user_scope.h"

#include <utility>

namespace millrace {
namespace {

const JsonObject* configured(const JsonObject& configured_workflows, const WorkflowId& workflow) {
  const Json* const found = configured_workflows.if_contains(workflow.text);
  return found == nullptr ? nullptr : found->if_object();
}

const JsonObject& workflows_in(const RunConditions& conditions) {
  return conditions.configuration == nullptr ? conditions.credential->configured_workflows
                                             : conditions.configuration->configured_workflows;
}

bool is_enabled(const JsonObject* configuration) {
  const Json* const enabled =
      configuration == nullptr ? nullptr : configuration->if_contains("enabled");
  return enabled != nullptr && enabled->is_bool() && enabled->get_bool();
}

bool is_filled(const JsonObject& settings, const std::string& id) {
  const Json* const value = settings.if_contains(id);
  if (value == nullptr || value->is_null()) return false;
  return !value->is_string() || !value->get_string().empty();
}

JsonObject merged_settings(const RunConditions& conditions) {
  JsonObject settings = conditions.configuration == nullptr
                            ? conditions.credential->shared_settings
                            : conditions.configuration->shared_settings;
  const JsonObject* const workflow = configured(workflows_in(conditions), conditions.workflow);
  const Json* const own = workflow == nullptr ? nullptr : workflow->if_contains("settings");
  if (own == nullptr || !own->is_object()) return settings;
  for (const auto& member : own->get_object()) {
    settings.insert_or_assign(member.key(), member.value());
  }
  return settings;
}

void note_missing(const std::vector<Setting>& declared, const JsonObject& settings,
                  std::vector<ErrorDetail>& missing) {
  for (const auto& setting : declared) {
    if (!setting.is_required || is_filled(settings, setting.id)) continue;
    missing.push_back(finding_at("", "/settings/" + pointer_token(setting.id),
                                 "the required setting \"" + setting.id + "\" is not filled in",
                                 setting.type));
  }
}

Outcome check_connection(const RunConditions& conditions) {
  const std::string quoted = "\"" + conditions.integration_type + "\"";
  if (conditions.integration == nullptr) {
    return Error(ErrorCode::integration_inactive,
                 "the project has no integration " + quoted + ": put it again");
  }
  if (!conditions.integration->is_active) {
    return Error(ErrorCode::integration_inactive,
                 "the integration " + quoted + " is switched off: put it with \"isActive\": true");
  }
  if (conditions.credential == nullptr) {
    return Error(ErrorCode::credential_missing,
                 "the user has no such account connected for " + quoted + ": connect one");
  }
  if (!conditions.credential->is_valid) {
    return Error(ErrorCode::credential_invalid,
                 "the user's account for " + quoted + " is not accepted: connect it again");
  }
  if (!is_enabled_in(workflows_in(conditions), conditions.workflow)) {
    return Error(ErrorCode::workflow_disabled, "the workflow \"" + conditions.workflow.text +
                                                   "\" is not enabled for the user's account");
  }
  return Done{};
}

}  // namespace

bool is_permitted(const ConditionGroups& permissions, const UserId& user,
                  const JsonObject* user_meta) {
  if (permissions.empty()) return true;
  const auto holds =
      any_holds(permissions, UserScope(user, user_meta == nullptr ? JsonObject() : *user_meta));
  return holds && *holds;
}

Result<JsonObject> settings_for_run(const RunConditions& conditions) {
  if (conditions.is_user_disabled) {
    return Error(ErrorCode::user_disabled, "the user is disabled: nothing runs for them");
  }
  if (conditions.permissions != nullptr &&
      !is_permitted(*conditions.permissions, conditions.user, conditions.user_meta)) {
    return Error(ErrorCode::permission_denied, "the workflow \"" + conditions.workflow.text +
                                                   "\" is not for this user: its permissions");
  }
  if (conditions.integration_type.empty()) return JsonObject();
  if (auto checked = check_connection(conditions); !checked) return checked.error();
  JsonObject settings = merged_settings(conditions);
  std::vector<ErrorDetail> missing;
  note_missing(conditions.integration->settings, settings, missing);
  if (conditions.own_settings != nullptr) note_missing(*conditions.own_settings, settings, missing);
  if (!missing.empty()) {
    return Error(ErrorCode::settings_missing,
                 "the user has not filled in all required settings of \"" +
                     conditions.integration_type + "\"",
                 std::move(missing));
  }
  return settings;
}

SharedCredential choose_credential(const std::vector<SharedCredential>& credentials,
                                   const WorkflowId& workflow) {
  SharedCredential first_valid;
  for (const auto& credential : credentials) {
    if (!credential->is_valid) continue;
    if (is_enabled_on(*credential, workflow)) return credential;
    if (first_valid == nullptr) first_valid = credential;
  }
  if (first_valid != nullptr || credentials.empty()) return first_valid;
  return credentials.front();
}

bool is_enabled_on(const Credential& credential, const WorkflowId& workflow) {
  return is_enabled_in(credential.configured_workflows, workflow);
}

bool is_enabled_in(const JsonObject& configured_workflows, const WorkflowId& workflow) {
  return is_enabled(configured(configured_workflows, workflow));
}

std::vector<std::string> enabled_configurations(const Credential& credential,
                                                const WorkflowId& workflow) {
  std::vector<std::string> texts;
  if (is_enabled_on(credential, workflow)) texts.push_back(credential.id);
  for (const auto& other : credential.others) {
    if (is_enabled_in(other.configured_workflows, workflow)) {
      texts.push_back(account_text(credential.id, other.id));
    }
  }
  return texts;
}

std::vector<std::string_view> enabled_workflows(const JsonObject& configured_workflows) {
  std::vector<std::string_view> enabled;
  for (const auto& member : configured_workflows) {
    if (is_enabled(member.value().if_object())) enabled.push_back(member.key());
  }
  return enabled;
}

}  // namespace millrace
