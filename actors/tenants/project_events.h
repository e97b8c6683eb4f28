#pragma once
// The app events of one project: an immutable value.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace millrace {

class ProjectEvents {
 public:
  struct Entry {
    std::string name;
    Json schema;  // an example payload, which serves as test data
    Instant updated{};
    std::size_t bytes = 0;  // of the schema's text
  };

  /// Error: not_found, with the nearest name.
  Result<Entry> get(const std::string& name) const;
  /// In the order of their names.
  std::vector<Entry> list() const;
  bool contains(const std::string& name) const { return by_name_.contains(name); }
  std::size_t size() const { return by_name_.size(); }
  std::size_t bytes() const;

  // --- for whoever makes one --------------------------------------------------------------------
  void put(Entry entry);
  void remove(const std::string& name) { by_name_.erase(name); }

 private:
  std::map<std::string, Entry> by_name_;
};

}  // namespace millrace
