#pragma once
// The tenant that a project test describes: the same answers for every project and user. Used by the
// thread that runs the tests and, while one runs, read by its actors.

#include "actors/tenants/tenant_view.h"
#include "http/server/project_tests/project_test.h"
#include "runtime/integrations/integration_set.h"

#include <map>
#include <mutex>

namespace millrace {

class TestTenants final : public Tenants {
 public:
  /// `catalog` outlives this.
  explicit TestTenants(const IntegrationSet& catalog) : catalog_(catalog) {}

  /// From now on. Accounts that the test does not name have made-up secrets, so that a test need not
  /// invent any.
  void begin(const ProjectTest& test);

  Result<SharedTenant> view(const ProjectId&, const UserId&) const override;

 private:
  const IntegrationSet& catalog_;
  SharedTenant tenant_;
};

}  // namespace millrace
