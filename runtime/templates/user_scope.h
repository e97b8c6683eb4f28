#pragma once
// The user alone: what templates may refer to that are rendered before there is a run, or beside one.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/templates/scope.h"

#include <string>
#include <variant>

namespace millrace {

class UserScope final : public Scope {
 public:
  UserScope(const UserId& user, const JsonObject& meta)
      : user_(JsonObject{{"id", user.text}, {"meta", meta}}) {}

  const Json& root_value(const Reference& reference) const override {
    return reference.root == Reference::Root::user ? user_ : *shared_null();
  }

 private:
  const Json user_;
};

/// True for `user.id` and `user.meta…`, which is all that a user has.
inline bool names_user(const Reference& reference) {
  if (reference.root != Reference::Root::user || reference.path.empty()) return false;
  const auto* const key = std::get_if<std::string>(&reference.path.front());
  return key != nullptr && (*key == "id" || *key == "meta");
}

}  // namespace millrace
