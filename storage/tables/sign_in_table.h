#pragma once
// Rows of sign-ins that users have begun at providers and not completed. Each is known by the hash of a
// random text that only the user's browser and the provider hold, so that whoever reads the disk cannot go on
// with one. Together with each comes a wake (WakeTarget::sign_in_end), so that it is removed when its time is
// over.

#include "runtime/base/clock.h"
#include "runtime/base/shard.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <functional>
#include <optional>
#include <string>

namespace millrace::storage {

struct SignInRow {
  std::string hash;  // lower-case hex
  Instant ends{};
  std::string sealed;  // see crypto/sealer.h; actors/accounts/sign_in.h says what is in it

  /// The place that `sealed` is bound to.
  std::string place() const;
};

/// Where the row lies.
ShardId shard_of_sign_in(const SignInRow& row);

class SignInTable {
 public:
  explicit SignInTable(const OrderedStore& store) : store_(store) {}

  /// With its wake.
  static void put(WriteBatch& batch, const SignInRow& row);
  /// Likewise.
  static void remove(WriteBatch& batch, const SignInRow& row);

  Result<std::optional<SignInRow>> find(const std::string& hash) const;
  Outcome visit(const ShardSet& shards, const std::function<Outcome(SignInRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
