#include "actors/tenants/project_integrations.h"

#include "runtime/integrations/resource.h"
#include "runtime/text/nearest_name.h"

#include <utility>

namespace millrace {

Result<ProjectIntegrations::Entry> ProjectIntegrations::get(const std::string& type) const {
  const auto found = by_type_.find(type);
  if (found != by_type_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [each, entry] : by_type_) {
    if (is_resource_type(each) == is_resource_type(type)) names.emplace_back(own_name(each));
  }
  return Error(ErrorCode::not_found,
               "no " + described(type) + did_you_mean(nearest_name(own_name(type), names)));
}

std::vector<ProjectIntegrations::Entry> ProjectIntegrations::list() const {
  std::vector<Entry> list;
  for (const auto& [type, entry] : by_type_) list.push_back(entry);
  return list;
}

std::size_t ProjectIntegrations::bytes() const {
  // A definition is held as JSON and compiled: measured at some eight times its text.
  constexpr std::size_t of_each = 1'000;
  std::size_t bytes = 0;
  for (const auto& [type, entry] : by_type_) bytes += of_each + 8 * entry.bytes;
  return bytes;
}

std::shared_ptr<const Integration> ProjectIntegrations::find_integration(
    std::string_view type) const {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : found->second.integration;
}

std::vector<std::string> ProjectIntegrations::integration_types() const {
  std::vector<std::string> types;
  for (const auto& [type, entry] : by_type_) types.push_back(type);
  return types;
}

}  // namespace millrace
