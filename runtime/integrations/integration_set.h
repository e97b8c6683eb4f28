#pragma once
// Some compiled integrations, by type: those of a folder, of a deployed version, of a test.

#include "runtime/integrations/integration.h"

#include <map>

namespace millrace {

class IntegrationSet final : public IntegrationCatalog {
 public:
  /// Replaces the one of that type. Error invalid_definition.
  Outcome put(const std::string& type, const Json& definition);
  void put(std::shared_ptr<const Integration> integration);

  std::shared_ptr<const Integration> find_integration(std::string_view type) const override;
  std::vector<std::string> integration_types() const override;

 private:
  std::map<std::string, std::shared_ptr<const Integration>, std::less<>> by_type_;
};

}  // namespace millrace
