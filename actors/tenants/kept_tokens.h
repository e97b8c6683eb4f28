#pragma once
// Tokens that providers bring to webhooks: the first challenge of a URL says by which secret its deliveries are
// signed from then on. The first one stays: whoever finds out the URL later replaces nothing. Another one is
// taken after the URL was rotated. Sealed on the disk. Thread-safe; blocks on the disk: for request threads.

#include "actors/tenants/hook_registry.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/kept_token_table.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class KeptTokens {
 public:
  struct Kept {
    std::string token;
    Instant at{};
  };

  KeptTokens(const storage::OrderedStore& store, HookRegistry& hooks, FencedCommits commits,
             const storage::Sealer& sealer, const Clock& clock)
      : table_(store),
        hooks_(hooks),
        commits_(std::move(commits)),
        sealer_(sealer),
        clock_(clock) {}

  /// True: this is the URL's token, and durable. False: it has another one, or there is no such URL any more.
  Result<bool> keep(const storage::HookRow& hook, std::string_view token);
  /// Nothing: none has come. Errors: secrets_locked, corrupt_data, those of the store.
  Result<std::optional<Kept>> find(std::string_view hook) const;

 private:
  const storage::KeptTokenTable table_;
  HookRegistry& hooks_;
  FencedCommits commits_;
  const storage::Sealer& sealer_;
  const Clock& clock_;
};

}  // namespace millrace
