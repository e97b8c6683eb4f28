#include "storage/maintenance/reseal.h"

#include "storage/maintenance/run_keys.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/kept_token_table.h"
#include "storage/tables/secret_table.h"
#include "storage/tables/sign_in_table.h"
#include "storage/tables/subscription_table.h"

#include <utility>

namespace millrace::storage {
namespace {

/// What one commit takes, and what an interruption repeats at most.
constexpr std::size_t rows_per_commit = 256;
constexpr std::size_t bytes_per_commit = 1u << 20;

class Resealing {
 public:
  Resealing(OrderedStore& store, const Sealer& from, const Sealer& to)
      : store_(store), from_(from), to_(to) {}

  Result<ResealReport> run() {
    for (const auto visit_table :
         {&Resealing::visit<SecretTable, SecretRow>,
          &Resealing::visit<CredentialTable, CredentialRow>,
          &Resealing::visit<SubscriptionTable, SubscriptionRow>,
          &Resealing::visit<LeftAccountTable, LeftAccountRow>,
          &Resealing::visit<KeptTokenTable, KeptTokenRow>,
          &Resealing::visit<SignInTable, SignInRow>, &Resealing::visit_run_keys}) {
      if (const auto visited = (this->*visit_table)(); !visited.ok()) return visited.error();
    }
    if (auto committed = commit(); !committed.ok()) return committed.error();
    return std::move(report_);
  }

 private:
  template <class Table, class Row>
  Outcome visit() {
    return Table(store_).visit(ShardSet::all(), [this](Row row) -> Outcome {
      if (!reseal(row.sealed, row.place())) return Done{};
      Table::put(batch_, row);
      const bool is_full =
          batch_.operations().size() >= rows_per_commit || batch_.bytes() >= bytes_per_commit;
      return is_full ? commit() : Done{};
    });
  }

  /// There is one or two of them, and they are no values of users: not counted.
  Outcome visit_run_keys() {
    return RunKeyTable(store_).visit([this](RunKeyRow row) -> Outcome {
      auto plain = from_.unseal(row.sealed, row.place());
      if (!plain.ok()) return Done{};
      row.sealed = to_.seal(*plain, row.place());
      wipe(*plain);
      RunKeyTable::put(batch_, row);
      return Done{};
    });
  }

  /// False: the row stays as it is.
  bool reseal(std::string& sealed, const std::string& place) {
    if (to_.has_sealed(sealed)) {
      ++report_.already_done;
      return false;
    }
    auto plain = from_.unseal(sealed, place);
    if (!plain.ok()) {
      ++report_.left;
      if (!report_.why_left) report_.why_left = plain.error();
      return false;
    }
    sealed = to_.seal(*plain, place);
    wipe(*plain);
    ++waiting_;
    return true;
  }

  Outcome commit() {
    if (batch_.empty()) return Done{};
    const auto committed = store_.commit(std::exchange(batch_, {}));
    if (committed.ok()) report_.resealed += std::exchange(waiting_, 0);
    return committed;
  }

  OrderedStore& store_;
  const Sealer& from_;
  const Sealer& to_;
  WriteBatch batch_;
  std::size_t waiting_ = 0;  // rows in the batch
  ResealReport report_;
};

}  // namespace

Result<ResealReport> reseal_all(OrderedStore& store, const Sealer& from, const Sealer& to) {
  return Resealing(store, from, to).run();
}

}  // namespace millrace::storage
