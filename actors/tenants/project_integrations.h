#pragma once
// The integrations and resources of one project, compiled: an immutable value, and the catalog that its
// workflows are deployed with. A resource is one of type `resource:<name>` (runtime/integrations/resource.h).

#include "runtime/base/clock.h"
#include "runtime/integrations/integration.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ProjectIntegrations final : public IntegrationCatalog {
 public:
  struct Entry {
    std::shared_ptr<const Integration> integration;
    Instant updated{};
    std::size_t bytes = 0;  // of its definition
  };

  /// Error: not_found, with the nearest type; of a resource, with the nearest name.
  Result<Entry> get(const std::string& type) const;
  /// In the order of their types.
  std::vector<Entry> list() const;
  bool contains(const std::string& type) const { return by_type_.contains(type); }
  std::size_t size() const { return by_type_.size(); }
  std::size_t bytes() const;

  std::shared_ptr<const Integration> find_integration(std::string_view type) const override;
  std::vector<std::string> integration_types() const override;

  // --- for whoever makes one --------------------------------------------------------------------
  void put(const std::string& type, Entry entry) { by_type_[type] = std::move(entry); }
  void remove(const std::string& type) { by_type_.erase(type); }

 private:
  std::map<std::string, Entry, std::less<>> by_type_;
};

}  // namespace millrace
