#pragma once
// The integrations of a test's project.

#include "runtime/integrations/integration.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ProjectIntegrations final : public IntegrationCatalog {
 public:
  Outcome put(const std::string& type, const Json& definition) {
    auto compiled = compile_integration(type, definition);
    if (!compiled) return compiled.error();
    by_type_[type] = std::move(*compiled);
    return Done{};
  }

  std::shared_ptr<const Integration> find_integration(std::string_view type) const override {
    const auto found = by_type_.find(type);
    return found == by_type_.end() ? nullptr : found->second;
  }
  std::vector<std::string> integration_types() const override {
    std::vector<std::string> types;
    for (const auto& [type, integration] : by_type_) types.push_back(type);
    return types;
  }

 private:
  std::map<std::string, std::shared_ptr<const Integration>, std::less<>> by_type_;
};

}  // namespace millrace
