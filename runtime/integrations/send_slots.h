#pragma once
// When the requests of one account may leave: at most so many within any interval (a sliding window), and none while
// its provider has said "not now". Pure; the time is told.
//
// Whoever has to wait gets a slot of its own, in the order of asking, and comes back at that time: nobody overtakes,
// and nobody asks again and again. A pause takes the slots before its end away; whoever comes for one gets another.
// Slots that nobody comes for are forgotten, though they have counted.

#include "runtime/integrations/rate_limit.h"

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

namespace millrace {

class SendSlots {
 public:
  /// When `ticket` may leave; `now`: at once. `ticket` names a request, the same whenever it comes back.
  Instant admit(const RateLimit& limit, std::uint64_t ticket, Instant now);
  void hold(Instant until, Instant now);
  Instant held_until() const { return held_until_; }
  /// Nothing is known of the account that would matter any more.
  bool is_idle(Instant now) const;
  std::size_t waiting() const { return reserved_.size(); }

 private:
  Instant next_slot(const RateLimit& limit, Instant earliest);
  void forget_missed(Instant now);

  std::deque<Instant> taken_;  // the latest, as many as may leave within an interval; ascending
  Millis interval_{0};
  std::unordered_map<std::uint64_t, Instant> reserved_;
  std::deque<std::pair<Instant, std::uint64_t>> in_order_;  // of what is reserved, or was
  Instant held_until_{};
};

namespace limits {
/// A slot that is not taken by then is forgotten: its run has ended, or comes back and asks anew.
inline constexpr Millis slot_kept_for{60'000};
/// Of one account. Whoever comes when so many wait is told the time of the last slot, without one.
inline constexpr std::size_t slots_reserved_max = 100'000;
}  // namespace limits

}  // namespace millrace
