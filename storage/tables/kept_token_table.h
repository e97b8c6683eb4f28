#pragma once
// What the challenge of a webhook has brought, and is kept as its secret: sealed, on the shard of the URL that
// was called. The row goes with its URL (hook_table.h).

#include "runtime/base/clock.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

struct KeptTokenRow {
  std::string hook;    // the id in the URL
  std::string sealed;  // see crypto/sealer.h
  Instant kept{};

  /// The place that `sealed` is bound to.
  std::string place() const;
};

class KeptTokenTable {
 public:
  explicit KeptTokenTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const KeptTokenRow& row);
  static void remove(WriteBatch& batch, std::string_view hook);

  Result<std::optional<KeptTokenRow>> find(std::string_view hook) const;
  Outcome visit(const ShardSet& shards, const std::function<Outcome(KeptTokenRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
