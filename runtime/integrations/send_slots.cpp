#include "runtime/integrations/send_slots.h"

#include <algorithm>

namespace millrace {

Instant SendSlots::admit(const RateLimit& limit, std::uint64_t ticket, Instant now) {
  forget_missed(now);
  const auto own = reserved_.find(ticket);
  if (own != reserved_.end()) {
    if (own->second > now) return own->second;
    reserved_.erase(own);
    return now;
  }
  const Instant earliest = std::max(now, held_until_);
  if (limit.requests == 0) return earliest;
  if (reserved_.size() >= limits::slots_reserved_max) return taken_.back() + limit.interval;
  const Instant slot = next_slot(limit, earliest);
  if (slot <= now) return now;
  reserved_.emplace(ticket, slot);
  in_order_.emplace_back(slot, ticket);
  return slot;
}

Instant SendSlots::next_slot(const RateLimit& limit, Instant earliest) {
  interval_ = limit.interval;
  while (taken_.size() > limit.requests) taken_.pop_front();
  Instant slot = earliest;
  if (taken_.size() == limit.requests) {
    slot = std::max(slot, taken_.front() + limit.interval);
    taken_.pop_front();
  }
  if (!taken_.empty()) slot = std::max(slot, taken_.back());
  taken_.push_back(slot);
  return slot;
}

void SendSlots::hold(Instant until, Instant now) {
  held_until_ = std::max(held_until_, until);
  while (!taken_.empty() && taken_.back() > now) taken_.pop_back();
  reserved_.clear();
  in_order_.clear();
}

void SendSlots::forget_missed(Instant now) {
  while (!in_order_.empty() && in_order_.front().first + limits::slot_kept_for < now) {
    const auto own = reserved_.find(in_order_.front().second);
    if (own != reserved_.end() && own->second == in_order_.front().first) reserved_.erase(own);
    in_order_.pop_front();
  }
}

bool SendSlots::is_idle(Instant now) const {
  const bool is_open = !taken_.empty() && taken_.back() + interval_ > now;
  return !is_open && held_until_ <= now && reserved_.empty();
}

}  // namespace millrace
