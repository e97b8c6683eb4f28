#pragma once
// The key under which runs seal what they must not store in clear. It is a row, sealed under the instance's
// secrets key: when that is changed, this one row is sealed anew (reseal.h) and everything that runs have
// sealed stays readable.
//
// A server that was started with another secrets key cannot open the row, and makes a second key for the runs
// of that time. Each sealed value names its key.

#include "runtime/base/result.h"
#include "storage/crypto/sealer.h"
#include "storage/ordered_store.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::storage {

struct RunKeyRow {
  std::string key_id;
  std::string sealed;  // its hex

  /// The place that `sealed` is bound to.
  std::string place() const;
};

class RunKeyTable {
 public:
  explicit RunKeyTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const RunKeyRow& row);
  Outcome visit(const std::function<Outcome(RunKeyRow)>& each) const;

 private:
  const OrderedStore& store_;
};

/// The ids of the secrets keys with which servers have run on this store, of what is not sealed anew since; none: it
/// is new. Errors of the store; corrupt_data.
Result<std::vector<std::string>> secrets_keys_used(const OrderedStore& store);

/// The first key that `secrets` opens; the first start makes one, which is durable when this returns.
/// Nobody else may write meanwhile. Errors of the store; corrupt_data.
Result<Sealer> open_run_key(OrderedStore& store, const Sealer& secrets);

}  // namespace millrace::storage
