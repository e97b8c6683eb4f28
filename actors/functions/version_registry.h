#pragma once
// Finds the FunctionVersion of a call. Two sources that are equal in every field are one version,
// whether or not they are the same object; anything else, even the same code under another
// identity, is another version and so gets another context. I/O thread only.

#include "actors/functions/function_version.h"
#include "runtime/base/recent_map.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace millrace {

class VersionRegistry {
 public:
  /// `versions_max`: how many are remembered; the least recently used is forgotten first, which
  /// only costs its next call a new context.
  explicit VersionRegistry(std::size_t versions_max)
      : by_object_(versions_max), by_content_(versions_max) {}

  std::shared_ptr<FunctionVersion> find_or_add(const std::shared_ptr<const FunctionSource>& source);

 private:
  /// An object seen before. The address alone proves nothing: it may have been freed and reused.
  struct Alias {
    std::weak_ptr<const FunctionSource> object;
    std::shared_ptr<FunctionVersion> version;
  };

  std::uint32_t last_id_ = 0;
  RecentMap<const FunctionSource*, Alias> by_object_;  // only saves the comparison of contents
  RecentMap<std::string, std::shared_ptr<FunctionVersion>> by_content_;
};

}  // namespace millrace
