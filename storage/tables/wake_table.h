#pragma once
// Wakes as rows: whatever is to look at something of its own at a time, and is no execution (those have
// timer_table.h), puts one of these. due_rows.h reads them, actors/scheduling/timer_service.h hands each
// to whoever owns its target kind.
//
// A wake is a hint and no more. It comes at its time or later, perhaps twice, perhaps after the reason
// for it is gone; what it causes happens exactly once because of the target's own rows:
//
// - the row of the target says when it wants to be woken, and is written in one batch with the wake;
// - whoever is woken looks at that row. Its time has not come, or it is gone: the wake is only removed;
// - otherwise one fenced commit does all of it: the effect (a run, a refreshed token), the target's next
//   state, the removal of this wake, and the next wake if there is one.
//
// Lost messages and crashes leave the row, and the service wakes again. It never removes a row itself.

#include "runtime/base/clock.h"
#include "runtime/base/shard.h"
#include "storage/ordered_store.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::storage {

/// What is woken. Stored numbers. Retired so far: 4, which nobody has ever put.
enum class WakeTarget : std::uint8_t {
  schedule = 1,              // a schedule trigger's next tick
  poll = 2,                  // a poll trigger's next look
  token_refresh = 3,         // an access token that is about to end
  subscription_renewal = 5,  // a subscription with a provider that is about to end
  alert_retry = 6,           // an alert that could not be delivered
  retention = 7,             // rows that have been kept long enough
  sign_in_end = 10,          // a sign-in that nobody has completed in time
  pause_end = 11,            // an account that may be asked again
  bulk_job = 12,             // many runs that are replayed or cancelled together
  admission = 13,            // a line of triggers that wait
  subscription_check = 14,   // something changed by which subscriptions are wanted, or no longer
};

struct WakeRow {
  Instant due{};
  WakeTarget target{};
  /// What of that kind, in its owner's words: the key of the target's row, say. 1 to
  /// `keys::wake_target_bytes_max` bytes.
  std::string target_key;
  /// The target's shard: whoever owns it is woken.
  ShardId shard{};
  auto operator<=>(const WakeRow&) const = default;
};

class WakeTable {
 public:
  /// Two wakes of one target at one time are one row.
  static void put(WriteBatch& batch, const WakeRow& wake);
  static void remove(WriteBatch& batch, const WakeRow& wake);
};

/// Refuses a damaged row with corrupt_data. A target that this program does not know is none of its
/// business and is read as any other.
Result<WakeRow> decode_wake(std::string_view key, std::string_view value);

}  // namespace millrace::storage
