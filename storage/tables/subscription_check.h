#pragma once
// What a wake of the kind `subscription_check` is about: something of this has changed, and with it perhaps
// which subscriptions are wanted. The wake is in the commit of the change. It has no row of its own: whoever is
// woken compares what is wanted with what there is, and that may be done any number of times.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "storage/tables/wake_table.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

struct SubscriptionCheck {
  /// Stored numbers. Retired so far: none.
  enum class Of : std::uint8_t {
    user = 1,         // one user's accounts; on the user's shard
    workflow = 2,     // all who have it enabled; on the project's shard
    integration = 3,  // all who have connected it; on the project's shard
  };
  Of of = Of::user;
  ProjectId project;
  std::string name;  // the user, workflow or integration

  bool operator==(const SubscriptionCheck&) const = default;
};

WakeRow wake_of(const SubscriptionCheck& check, Instant due);
/// By the target key of a wake. Nothing: it is damaged.
std::optional<SubscriptionCheck> parse_subscription_check(std::string_view target_key);

}  // namespace millrace::storage
