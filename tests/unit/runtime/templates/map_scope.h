#pragma once
// A scope for tests: the roots' values by name, a step's under its id.

#include "runtime/templates/scope.h"

#include <map>
#include <string>

namespace millrace {

class MapScope final : public Scope {
 public:
  MapScope() = default;
  explicit MapScope(const char* json) {
    const auto parsed = parse_json(json);
    for (const auto& member : parsed->as_object()) {
      values_.emplace(member.key(), member.value());
    }
  }

  const Json& root_value(const Reference& reference) const override {
    const auto found = values_.find(reference.name);
    return found == values_.end() ? *shared_null() : found->second;
  }

 private:
  std::map<std::string, Json> values_;
};

}  // namespace millrace
