#pragma once
// What a configuration of an account is to be set to, against what there is and what integration and workflows
// declare: which workflows may be enabled for this user, and whether settings fit. Everything else about the form of
// such a patch is CredentialRegistry::configure's.

#include "actors/tenants/user_view.h"
#include "http/api/api_call.h"
#include "runtime/conditions/condition.h"
#include "runtime/integrations/check_settings.h"
#include "runtime/reading/findings.h"

#include <string>
#include <vector>

namespace millrace {

/// What of a workflow matters to an account, as it runs or, before it is deployed, as it will.
struct WorkflowOutline {
  std::string integration;
  std::vector<Setting> settings;
  ConditionGroups permissions{};
};

/// Blocks on the disk. Error: not_found.
Result<WorkflowOutline> outline_of(const ApiCall& call, ApiServices& services,
                                   const WorkflowId& workflow);

class ConfigurationCheck {
 public:
  ConfigurationCheck(const ApiCall& call, ApiServices& services, const ConfiguredAccount& account);

  /// Errors: invalid_request with all findings, permission_denied.
  Outcome check(const JsonObject& patch);

 private:
  Outcome check_workflow(const std::string& id, const Json& given);
  /// They lie over the shared ones.
  void check_own_settings(const WorkflowOutline& workflow, const Json& given, LeftOut left_out,
                          const std::string& path);
  void add(const std::string& path, std::string message, std::string expected = {},
           std::string got = {});

  const ApiCall& call_;
  ApiServices& services_;
  const Credential& account_;
  const JsonObject& before_;       // the workflows as they are configured
  std::vector<Setting> declared_;  // by the integration
  JsonObject shared_;              // as they will be
  Findings findings_;
};

}  // namespace millrace
