#pragma once
// Finds the FunctionVersion of a call. Two sources that are equal in every field are one version,
// whether or not they are the same object; anything else, even the same code under another
// identity, is another version and so gets another context. I/O thread only.

#include "actors/functions/function_version.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace millrace {

class VersionRegistry {
 public:
  /// `versions_max`: how many are remembered; the least recently used is forgotten first, which
  /// only costs its next call a new context.
  explicit VersionRegistry(std::size_t versions_max) : versions_max_(versions_max) {}

  std::shared_ptr<FunctionVersion> find_or_add(const std::shared_ptr<const FunctionSource>& source);

 private:
  struct Known {
    std::shared_ptr<FunctionVersion> version;
    std::list<std::string>::iterator recency;
  };
  /// An object seen before. The address alone proves nothing: it may have been freed and reused.
  struct Alias {
    std::weak_ptr<const FunctionSource> object;
    std::shared_ptr<FunctionVersion> version;
  };

  const std::size_t versions_max_;
  std::uint32_t last_id_ = 0;
  std::unordered_map<const FunctionSource*, Alias> by_object_;
  std::unordered_map<std::string, Known> by_content_;
  std::list<std::string> recent_;  // keys of by_content_, latest first
};

}  // namespace millrace
