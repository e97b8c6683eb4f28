#pragma once
// Rows of environment secrets: a project's names with their values, sealed.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::storage {

struct SecretRow {
  ProjectId project;
  std::string name;
  std::string sealed;  // see crypto/sealer.h
  Instant updated{};

  /// The place that `sealed` is bound to.
  std::string place() const;
};

class SecretTable {
 public:
  explicit SecretTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const SecretRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const std::string& name);

  /// Those of one project, in the order of their names.
  Result<std::vector<SecretRow>> list(const ProjectId& project) const;
  /// The secrets of all projects on these shards, those of one project in the order of their names.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(SecretRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
