#pragma once
// The integrations of a deployed workflow, as they were at its deploy: stored with the version as
// {"<type>": <definition>}, so that a later change of an integration changes no live workflow.

#include "runtime/definitions/workflow.h"
#include "runtime/integrations/integration.h"

#include <map>

namespace millrace {

class FrozenIntegrations final : public IntegrationCatalog {
 public:
  /// Error corrupt_data: this is not what `freeze` wrote, or not understood by this program any more.
  static Result<FrozenIntegrations> read(const Json& frozen);

  std::shared_ptr<const Integration> find_integration(std::string_view type) const override;
  std::vector<std::string> integration_types() const override;

 private:
  std::map<std::string, std::shared_ptr<const Integration>, std::less<>> by_type_;
};

/// What the workflow uses of the catalog it was compiled with.
Json freeze_integrations(const Workflow& workflow, const IntegrationCatalog& catalog);

}  // namespace millrace
