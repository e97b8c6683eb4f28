#pragma once
// What users and their applications see of integrations and accounts: the shapes of docs/sdk.md, which the original
// platform's browser SDK reads too. Members that it insists on are always there, empty if need be. Nothing
// secret is ever among them. Pure.

#include "actors/tenants/workflow_library.h"
#include "runtime/base/json.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A deployed workflow of an integration, as its users see it.
struct OfferedWorkflow {
  WorkflowId id;
  Json draft;                // name, texts, settings
  bool is_permitted = true;  // for the user who asks
};

/// Whether the user who asks may have a workflow.
using Permitted = std::function<bool(const WorkflowId&)>;
/// The deployed ones of an integration in the order that they name, those that are hidden or not for this
/// user too.
std::vector<OfferedWorkflow> offered_workflows(std::string_view integration,
                                               const std::vector<WorkflowLibrary::Entry>& workflows,
                                               const Permitted& permitted);

/// One entry of `GET …/sdk/integrations`. Its `id` is its type.
JsonObject integration_shape(const Integration& integration,
                             const std::vector<OfferedWorkflow>& offered);

/// An account. `workflowSettings` of its configuration has every offered workflow, configured or not;
/// `config` what is stored.
JsonObject credential_shape(const Credential& credential,
                            const std::vector<OfferedWorkflow>& offered);

/// The state of one integration in `GET …/sdk/me`; `accounts` may be empty.
JsonObject state_shape(const std::vector<SharedCredential>& accounts, const Credential* chosen,
                       const std::vector<OfferedWorkflow>& offered);

}  // namespace millrace
