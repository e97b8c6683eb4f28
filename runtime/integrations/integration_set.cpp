#include "runtime/integrations/integration_set.h"

namespace millrace {

Outcome IntegrationSet::put(const std::string& type, const Json& definition) {
  auto compiled = compile_integration(type, definition);
  if (!compiled) return compiled.error();
  by_type_[type] = std::move(*compiled);
  return Done{};
}

void IntegrationSet::put(std::shared_ptr<const Integration> integration) {
  by_type_[integration->type] = std::move(integration);
}

std::shared_ptr<const Integration> IntegrationSet::find_integration(std::string_view type) const {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : found->second;
}

std::vector<std::string> IntegrationSet::integration_types() const {
  std::vector<std::string> types;
  for (const auto& [type, integration] : by_type_) types.push_back(type);
  return types;
}

}  // namespace millrace
