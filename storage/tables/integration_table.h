#pragma once
// Rows of integrations: the definition as the JSON text the user sent.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::storage {

struct IntegrationRow {
  ProjectId project;
  std::string type;        // "salesforce", "custom.<slug>"
  std::string definition;  // JSON text
  Instant updated{};
};

class IntegrationTable {
 public:
  explicit IntegrationTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const IntegrationRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const std::string& type);

  /// Those of one project, in the order of their types.
  Result<std::vector<IntegrationRow>> list(const ProjectId& project) const;
  /// The integrations of all projects on these shards, those of one project in the order of their types.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(IntegrationRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
