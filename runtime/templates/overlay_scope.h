#pragma once
// A scope with some roots replaced: what is known at dispatch only (secrets), inside pagination (self)
// or inside an integration's action (parameters).

#include "runtime/templates/scope.h"

#include <string>
#include <utility>

namespace millrace {

class OverlayScope final : public Scope {
 public:
  /// Null: as the base has it.
  struct Roots {
    const Json* secrets = nullptr;
    const Json* self = nullptr;
    const Json* parameters = nullptr;
  };

  /// Refers to all of them: use it locally.
  OverlayScope(const Scope& base, Roots roots) : base_(base), roots_(roots) {}

  const Json& root_value(const Reference& reference) const override {
    const Json* const own = reference.root == Reference::Root::secrets      ? roots_.secrets
                            : reference.root == Reference::Root::self       ? roots_.self
                            : reference.root == Reference::Root::parameters ? roots_.parameters
                                                                            : nullptr;
    return own == nullptr ? base_.root_value(reference) : *own;
  }
  std::string escaped_text(const Reference& reference, std::string text) const override {
    return base_.escaped_text(reference, std::move(text));
  }

 private:
  const Scope& base_;
  const Roots roots_;
};

}  // namespace millrace
