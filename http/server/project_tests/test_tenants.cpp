#include "http/server/project_tests/test_tenants.h"

#include "runtime/integrations/resource.h"

#include <utility>

namespace millrace {
namespace {

class TestTenant final : public TenantView {
 public:
  TestTenant(const ProjectTest& test, std::map<std::string, SharedCredential, std::less<>> accounts)
      : settings_(test.settings),
        user_meta_(test.user_meta),
        secrets_(test.secrets),
        accounts_(std::move(accounts)) {}

  std::uint64_t version() const override { return 0; }  // nothing is switched off in a test
  ProjectLimits limits() const override { return {}; }

  Result<RunGrant> grant(const Workflow& workflow, const std::string&) const override {
    RunGrant grant{settings_, user_meta_, {}};
    if (const auto account = accounts_.find(workflow.integration); account != accounts_.end()) {
      grant.credential = account->second->id;
    }
    for (const std::string& type : workflow.resources_with_settings) {
      grant.settings.insert_or_assign(type, settings_);
    }
    return grant;
  }

  std::vector<std::string> enabled_on(const Workflow& workflow) const override {
    return {workflow.integration};
  }

  JsonObject user_meta() const override { return user_meta_; }

  Result<std::string> secret(const std::string& name) const override {
    const auto found = secrets_.find(name);
    if (found != secrets_.end()) return found->second;
    return Error(ErrorCode::secret_missing,
                 "the test has no secret \"" + name + "\": add it to its \"secrets\"");
  }

  std::vector<std::string> former_secrets(const std::string&) const override { return {}; }

  Result<SharedCredential> credential(std::string_view integration,
                                      const std::string&) const override {
    const auto found = accounts_.find(integration);
    if (found != accounts_.end()) return found->second;
    return Error(ErrorCode::credential_missing,
                 "the project folder has no " + described(integration));
  }

 private:
  const JsonObject settings_;
  const JsonObject user_meta_;
  const std::map<std::string, std::string> secrets_;
  const std::map<std::string, SharedCredential, std::less<>> accounts_;
};

}  // namespace

void TestTenants::begin(const ProjectTest& test) {
  std::map<std::string, SharedCredential, std::less<>> accounts;
  for (const std::string& type : catalog_.integration_types()) {
    Credential account;
    account.id = type;
    account.user = test.user;
    account.integration = type;
    account.provider_data = JsonObject();
    const auto given = test.credentials.find(type);
    if (given != test.credentials.end()) {
      account.fields = given->second;
    } else {
      for (const std::string& field : credential_fields(catalog_.find_integration(type)->auth)) {
        account.fields[field] = "test-" + field;
      }
    }
    accounts[type] = std::make_shared<const Credential>(std::move(account));
  }
  tenant_ = std::make_shared<const TestTenant>(test, std::move(accounts));
}

Result<SharedTenant> TestTenants::view(const ProjectId&, const UserId&) const { return tenant_; }

}  // namespace millrace
