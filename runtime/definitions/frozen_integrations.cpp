#include "runtime/definitions/frozen_integrations.h"

#include "runtime/definitions/link_integrations.h"
#include "runtime/integrations/stored_integration.h"

#include <utility>

namespace millrace {

Json freeze_integrations(const Workflow& workflow, const IntegrationCatalog& catalog) {
  JsonObject frozen;
  for (const std::string& type : integrations_of(workflow)) {
    if (const auto integration = catalog.find_integration(type)) {
      frozen.emplace(type, integration->definition);
    }
  }
  return frozen;
}

void FrozenIntegrations::put(std::shared_ptr<const Integration> integration) {
  by_type_[integration->type] = std::move(integration);
}

std::shared_ptr<const Integration> FrozenIntegrations::find_integration(
    std::string_view type) const {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : found->second;
}

std::vector<std::string> FrozenIntegrations::integration_types() const {
  std::vector<std::string> types;
  for (const auto& [type, integration] : by_type_) types.push_back(type);
  return types;
}

Result<FrozenIntegrations> read_frozen_integrations(const Json& frozen) {
  const auto* const object = frozen.if_object();
  if (object == nullptr) {
    return Error(ErrorCode::corrupt_data, "a version's integrations are not an object");
  }
  FrozenIntegrations integrations;
  for (const auto& member : *object) {
    const std::string type(member.key());
    auto compiled = compile_stored_integration(type, member.value());
    if (!compiled) {
      return Error(ErrorCode::corrupt_data,
                   "the integration \"" + type + "\" of a version: " + compiled.error().message);
    }
    integrations.put(std::move(*compiled));
  }
  return integrations;
}

}  // namespace millrace
