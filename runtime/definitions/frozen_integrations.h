#pragma once
// The integrations of a deployed workflow, as they were at its deploy: stored with the version as
// {"<type>": <definition>}, so that a later change of an integration changes no live workflow.

#include "runtime/integrations/integration.h"
#include "runtime/workflows/workflow.h"

#include <map>

namespace millrace {

class FrozenIntegrations final : public IntegrationCatalog {
 public:
  void put(std::shared_ptr<const Integration> integration);

  std::shared_ptr<const Integration> find_integration(std::string_view type) const override;
  std::vector<std::string> integration_types() const override;

 private:
  std::map<std::string, std::shared_ptr<const Integration>, std::less<>> by_type_;
};

/// What the workflow uses of the catalog it was compiled with.
Json freeze_integrations(const Workflow& workflow, const IntegrationCatalog& catalog);

/// They are not checked again. Error corrupt_data: this is not what `freeze_integrations` gave, or there is
/// something in it that this program cannot execute.
Result<FrozenIntegrations> read_frozen_integrations(const Json& frozen);

}  // namespace millrace
