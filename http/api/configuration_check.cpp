#include "http/api/configuration_check.h"

#include "actors/tenants/integration_registry.h"
#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/json_members.h"
#include "runtime/integrations/read_settings.h"
#include "runtime/integrations/run_conditions.h"
#include "runtime/reading/object_reader.h"

#include <utility>

namespace millrace {

Result<WorkflowOutline> outline_of(const ApiCall& call, ApiServices& services,
                                   const WorkflowId& workflow) {
  const auto entry = services.workflows.get(call.project, workflow);
  if (!entry) return entry.error();
  if (entry->deployed_version == 0) {
    Findings unread;  // a draft may be wrong; deploy says so
    ObjectReader draft(entry->draft, "", "", unread);
    return WorkflowOutline{text_member(entry->draft, "integration"), read_settings(draft)};
  }
  const auto live = services.workflows.deployed(call.project, workflow);
  if (!live) return live.error();
  return WorkflowOutline{(*live)->integration, (*live)->settings, (*live)->permissions};
}

ConfigurationCheck::ConfigurationCheck(const ApiCall& call, ApiServices& services,
                                       const ConfiguredAccount& account)
    : call_(call),
      services_(services),
      account_(*account.credential),
      before_(account.configuration == nullptr ? account_.configured_workflows
                                               : account.configuration->configured_workflows),
      shared_(account.configuration == nullptr ? account_.shared_settings
                                               : account.configuration->shared_settings) {}

Outcome ConfigurationCheck::check(const JsonObject& patch) {
  const Json config = member_or(patch, "config", nullptr);
  const auto integration = services_.integrations.get_any(call_.project, account_.integration);
  // An integration that was removed declares nothing any more.
  if (integration) declared_ = integration->integration->settings;
  if (const Json given = member_or(config, "sharedSettings", nullptr); given.is_object()) {
    shared_ = given.get_object();
    check_settings(declared_, shared_, "/config/sharedSettings", findings_);
    check_required_settings(declared_, shared_, LeftOut::filled_later, "/config/sharedSettings",
                            findings_);
  }
  for (const auto& member : object_member(config, "configuredWorkflows")) {
    if (member.value().is_null()) continue;  // forgotten, whatever it was
    if (auto checked = check_workflow(std::string(member.key()), member.value()); !checked) {
      return checked;
    }
  }
  if (findings_.empty()) return Done{};
  return Error(ErrorCode::invalid_request,
               "the account cannot be configured like this: see the details", findings_.take());
}

Outcome ConfigurationCheck::check_workflow(const std::string& id, const Json& given) {
  const std::string path = "/config/configuredWorkflows/" + pointer_token(id);
  const Json before = member_or(before_, id, JsonObject());
  const bool is_enabled =
      member_or(given, "enabled", member_or(before, "enabled", false)) == Json(true);
  const auto workflow = outline_of(call_, services_, WorkflowId(id));
  if (!workflow && workflow.error().code != ErrorCode::not_found) return workflow.error();
  if (!workflow) {
    // One that was there when it was configured can still be disabled.
    const bool is_forgotten = before_.contains(id) && !is_enabled;
    if (!is_forgotten) {
      add(path, "there is no workflow \"" + id + '"', "a workflow of the project", id);
    }
    return Done{};
  }
  if (is_enabled && workflow->integration.empty()) {
    add(path,
        "the workflow \"" + id + "\" belongs to no integration: it is enabled for every user");
  } else if (is_enabled && workflow->integration != account_.integration) {
    add(path,
        "the workflow \"" + id + "\" belongs to \"" + workflow->integration +
            "\": enable it on an account of that",
        account_.integration, workflow->integration);
  }
  if (is_enabled) {
    const auto user = services_.users.find(call_.project, call_.user);
    if (!user) return user.error();
    if (!is_permitted(workflow->permissions, call_.user,
                      *user == nullptr ? nullptr : &(*user)->meta)) {
      return Error(ErrorCode::permission_denied,
                   "the workflow \"" + id + "\" is not for this user: its permissions");
    }
  }
  // Whoever says that it is off may fill its settings later.
  const bool is_off = member_or(given, "enabled", true) == Json(false);
  check_own_settings(*workflow, given, is_off ? LeftOut::filled_later : LeftOut::refused,
                     path + "/settings");
  return Done{};
}

void ConfigurationCheck::check_own_settings(const WorkflowOutline& workflow, const Json& given,
                                            LeftOut left_out, const std::string& path) {
  const Json own = member_or(given, "settings", nullptr);
  if (!own.is_object()) return;
  std::vector<Setting> declared = workflow.settings;
  declared.insert(declared.end(), declared_.begin(), declared_.end());
  check_settings(declared, own.get_object(), path, findings_);
  JsonObject merged = shared_;
  for (const auto& member : own.get_object()) merged[member.key()] = member.value();
  check_required_settings(workflow.settings, merged, left_out, path, findings_);
}

void ConfigurationCheck::add(const std::string& path, std::string message, std::string expected,
                             std::string got) {
  findings_.push_back(
      finding_at("", path, std::move(message), std::move(expected), std::move(got)));
}

}  // namespace millrace
