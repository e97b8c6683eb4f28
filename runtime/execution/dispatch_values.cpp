#include "runtime/execution/dispatch_values.h"

namespace millrace {
namespace {

class NoDispatchValues final : public DispatchValues {
 public:
  Result<std::string> secret(const std::string& name) const override {
    return Error(ErrorCode::secret_missing, "the project has no secret \"" + name + '"');
  }
  Result<CredentialName> account(std::string_view integration) const override {
    return Error(ErrorCode::credential_missing,
                 "the user has not connected \"" + std::string(integration) + '"');
  }
};

}  // namespace

const DispatchValues& no_dispatch_values() {
  static const NoDispatchValues none;
  return none;
}

}  // namespace millrace
