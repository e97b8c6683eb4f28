#pragma once
// Rows of app events: the example payload as the JSON text the user sent.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"

#include <string>
#include <vector>

namespace millrace::storage {

struct AppEventRow {
  ProjectId project;
  std::string name;
  std::string schema;  // JSON text
  Instant updated{};
};

class AppEventTable {
 public:
  explicit AppEventTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const AppEventRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const std::string& name);

  /// Those of one project, in the order of their names.
  Result<std::vector<AppEventRow>> list(const ProjectId& project) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
