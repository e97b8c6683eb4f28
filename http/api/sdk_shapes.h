#pragma once
// What users and their applications see of integrations and accounts: the shapes of docs/sdk.md, which the original
// platform's browser SDK reads too. Members that it insists on are always there, empty if need be. Nothing
// secret is ever among them. Pure.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"

#include <memory>
#include <vector>

namespace millrace {

/// A deployed workflow of an integration, as its users see it.
struct OfferedWorkflow {
  WorkflowId id;
  std::shared_ptr<const Json> draft;  // name, texts, settings
  bool is_permitted = true;           // for the user who asks
};

/// As they name their `order`; where that is the same, as they were.
void sort_by_order(std::vector<OfferedWorkflow>& workflows);

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
