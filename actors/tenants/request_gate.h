#pragma once
// Whether a request of an account may leave now: the `rateLimit` of its integration, and what its provider has said
// (runtime/integrations/send_slots.h). Asked by whoever sends requests of accounts, before it takes anything else.
// Who has to wait holds no thread, connection or place: it comes back at the time that it is told.
//
// Pauses are rows (storage/tables/pause_table.h) and are loaded at the start; whoever writes one tells this as well.
// Counts are in memory only: a restart begins a new interval, and a provider that is asked too often then says so.
//
// Thread-safe; nothing blocks but `load`, `pause`, `note_answer` and `ended`, which go to the disk.

#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/provider_counts.h"
#include "actors/tenants/user_view.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/integrations/send_slots.h"
#include "runtime/outbound/http_caller.h"
#include "storage/tables/pause_table.h"

#include <map>
#include <mutex>
#include <string>

namespace millrace {

/// What is limited as one.
struct AskingAccount {
  UserKey owner;
  std::string account;  // the credential's id; of an integration without any: its type
};

class RequestGate {
 public:
  /// How many accounts are known at once; beyond it those that do not matter any more are forgotten.
  static constexpr std::size_t accounts_max = 100'000;

  RequestGate(const storage::OrderedStore& store, FencedCommits commits, const Clock& clock,
              LogSink log, ProviderCounts* counts = nullptr)
      : table_(store), commits_(commits), clock_(clock), log_(std::move(log)), counts_(counts) {}

  /// The pauses that are stored for these shards.
  Outcome load(const ShardSet& shards);

  /// Nothing: it may leave. Else when to ask again; then it may, unless the provider has said otherwise meanwhile.
  /// `ticket`: see SendSlots::admit.
  std::optional<Instant> admit(const AskingAccount& account, const RateLimit& limit,
                               std::uint64_t ticket);
  /// The provider has said "not before `until`". Returns until when the account is held, by whomever.
  Instant hold(const AskingAccount& account, Instant until);

  /// The same, and durable soon: for whoever has no journal that the row goes with.
  void pause(const AskingAccount& account, Instant until, int status);
  /// The same if this answer says so, by its status and headers: its body is not read.
  void note_answer(const AskingAccount& account, const RateLimit& limit,
                   const HttpResponse& response);
  /// Likewise of one that was read: `output` and `code` are those of `pause_of`.
  void note_answer(const AskingAccount& account, const RateLimit& limit, const Json& output,
                   const std::string& code);
  /// A pause is over, or was replaced.
  void ended(const storage::WakeRow& wake);

 private:
  SendSlots& slots_of(const AskingAccount& account);  // with the lock held
  Instant hold_until(const AskingAccount& account, Instant until);

  const storage::PauseTable table_;
  FencedCommits commits_;
  const Clock& clock_;
  const LogSink log_;
  ProviderCounts* const counts_;  // null: nobody counts
  std::mutex mutex_;
  std::map<std::string, SendSlots> accounts_;  // by the key of their row
};

/// The row of a pause.
storage::PauseRow pause_row(const AskingAccount& account, Instant until, int status);

}  // namespace millrace
