#include "actors/tenants/project_events.h"

#include "runtime/text/nearest_name.h"

#include <utility>

namespace millrace {

Result<ProjectEvents::Entry> ProjectEvents::get(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, entry] : by_name_) names.push_back(known);
  return Error(ErrorCode::not_found, "the project has no app event \"" + name + '"' +
                                         did_you_mean(nearest_name(name, names)));
}

std::vector<ProjectEvents::Entry> ProjectEvents::list() const {
  std::vector<Entry> all;
  for (const auto& [name, entry] : by_name_) all.push_back(entry);
  return all;
}

std::size_t ProjectEvents::bytes() const {
  // A JSON value takes about three times its text.
  std::size_t bytes = 0;
  for (const auto& [name, entry] : by_name_) bytes += 200 + 2 * name.size() + 3 * entry.bytes;
  return bytes;
}

void ProjectEvents::put(Entry entry) {
  const std::string name = entry.name;
  by_name_[name] = std::move(entry);
}

}  // namespace millrace
