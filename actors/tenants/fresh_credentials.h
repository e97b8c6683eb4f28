#pragma once
// The accounts of a user with access tokens that are good: as its view has them, and refreshed first where
// that is due or where a peer has just refused them. Without a `refresh`, as the view has them.

#include "actors/tenants/credential_source.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/token_refresh.h"
#include "runtime/oauth/token_fields.h"

#include <utility>

namespace millrace {

class FreshCredentials final : public CredentialSource {
 public:
  /// `refresh` may be null; both outlive this.
  FreshCredentials(SharedTenant tenant, UserKey owner, const Clock& clock, TokenRefresh* refresh)
      : tenant_(std::move(tenant)), owner_(std::move(owner)), clock_(clock), refresh_(refresh) {}

  void fresh(const CredentialName& account, std::optional<std::uint64_t> refused,
             Done done) const override {
    auto held = tenant_->credential(account.integration, account.id);
    if (!held || refresh_ == nullptr || refresh_token_of((*held)->fields).empty()) {
      return done(std::move(held));
    }
    const TokenState state = token_state((*held)->fields, clock_.now());
    // Newer ones than were refused have come since.
    const bool is_refused = refused && (*held)->revision <= *refused;
    if (!is_refused && state == TokenState::good) return done(std::move(held));
    using Old = TokenRefresh::Old;
    const bool is_good = !is_refused && state == TokenState::due;
    refresh_->refresh(owner_, *held, is_good ? Old::good : Old::no_use, std::move(done));
  }

  SharedCredential held(const CredentialName& account) const override {
    auto found = tenant_->credential(account.integration, account.id);
    return found ? std::move(*found) : nullptr;
  }

 private:
  const SharedTenant tenant_;
  const UserKey owner_;
  const Clock& clock_;
  TokenRefresh* const refresh_;
};

}  // namespace millrace
