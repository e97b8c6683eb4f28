#pragma once
// The accounts of a user as its view has them, which changes only after the commit of what changed: so
// whatever it gives is durable (credential_source.h). Answers at once.

#include "actors/tenants/credential_source.h"
#include "actors/tenants/tenant_view.h"

#include <utility>

namespace millrace {

class HeldCredentials final : public CredentialSource {
 public:
  explicit HeldCredentials(SharedTenant tenant) : tenant_(std::move(tenant)) {}

  void fresh(const CredentialName& account, std::optional<std::uint64_t>,
             Done done) const override {
    done(tenant_->credential(account.integration, account.id));
  }
  SharedCredential held(const CredentialName& account) const override {
    auto found = tenant_->credential(account.integration, account.id);
    return found ? std::move(*found) : nullptr;
  }

 private:
  const SharedTenant tenant_;
};

}  // namespace millrace
