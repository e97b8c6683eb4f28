#include "runtime/definitions/frozen_integrations.h"

#include "runtime/definitions/link_integrations.h"

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

Result<IntegrationSet> read_frozen_integrations(const Json& frozen) {
  const auto* const object = frozen.if_object();
  if (object == nullptr) {
    return Error(ErrorCode::corrupt_data, "a version's integrations are not an object");
  }
  IntegrationSet integrations;
  for (const auto& member : *object) {
    const std::string type(member.key());
    if (auto put = integrations.put(type, member.value(), DefinitionOrigin::stored); !put) {
      return Error(ErrorCode::corrupt_data,
                   "the integration \"" + type + "\" of a version: " + put.error().message);
    }
  }
  return integrations;
}

}  // namespace millrace
