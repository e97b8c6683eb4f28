#pragma once
// Whose turn it is where turns cost differently: deficit round robin (Shreedhar and Varghese, "Efficient Fair Queuing
// using Deficit Round Robin", 1995). Keys stand in a rotation while they want something. Each turn gives a key credit
// for one quantum, and the turn is its own until that is used up; what it used beyond, it pays from its next turns.
// The cost is told after use (`charge`), as most costs are known only then.
//
// - Work conserving: as long as somebody stands here, `next` names somebody. Who is alone pays nothing.
// - Bounded delay: between two turns of a key each other one uses at most a quantum and what its last use was beyond.
// - Proportional: over time all who always want something use the same, however much each single use costs.
// - What was not used is not saved: nobody ever has credit for more than a quantum. Accounts outlive the standing of
//   their keys, up to `accounts_max` of them and with debts up to `debt_max`: so a key that has had its turn may leave
//   while it uses it, and leaving is no way out of a debt.
//
// Pure: it holds keys and counts, its owner the entries. Costs are of any unit, signed: bytes, time. `next` takes time
// for the debts that it makes others pay, everything else is constant. Not thread-safe.

#include "runtime/base/recent_map.h"
#include "runtime/base/rotation.h"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace millrace {

template <class Key, class Cost, class Hash = std::hash<Key>>
class DeficitRoundRobin {
 public:
  struct Limits {
    Cost quantum{};   // above zero
    Cost debt_max{};  // what a use costs beyond is forgiven
    std::size_t accounts_max = 10'000;
  };

  explicit DeficitRoundRobin(Limits limits) : limits_(limits), credits_(limits.accounts_max) {
    // Turns that give nothing would go round for ever.
    if (limits.quantum <= Cost{})
      fail_check("quantum > 0", __FILE__, __LINE__, "turns give nothing");
  }

  /// Wants turns from now on, at the end. False: it stands here already and keeps its place.
  bool push(const Key& key) { return turns_.push(key); }
  /// Wants none any more. Whether it stood here.
  bool remove(const Key& key) {
    if (turns_.empty()) return false;
    const bool is_first = turns_.front() == key;
    if (!turns_.remove(key)) return false;
    if (is_first) has_begun_ = false;
    return true;
  }
  bool contains(const Key& key) const { return turns_.contains(key); }
  bool empty() const { return turns_.empty(); }
  std::size_t size() const { return turns_.size(); }

  /// Whose turn it is: the same one until it has used its credit or leaves. Not when empty. Valid until it leaves.
  const Key& next() {
    while (true) {
      const Key& first = turns_.front();
      Cost left = credit(first);
      if (!has_begun_) {
        left = std::min(left + limits_.quantum, limits_.quantum);
        set_credit(first, left);
        has_begun_ = true;
      }
      if (left > Cost{} || turns_.size() == 1) return first;
      turns_.pass();
      has_begun_ = false;
    }
  }

  /// So much was used by `key`, whether or not it stands here. Counts only while somebody else does.
  void charge(const Key& key, Cost used) {
    if (turns_.empty() || (turns_.size() == 1 && turns_.contains(key))) return;
    set_credit(key, std::max(credit(key) - used, -limits_.debt_max));
  }

  /// Below zero: a debt.
  Cost credit(const Key& key) const {
    const Cost* const known = credits_.peek(key);
    return known == nullptr ? Cost{} : *known;
  }

 private:
  void set_credit(const Key& key, Cost credit) {
    if (Cost* const known = credits_.find(key)) {
      *known = credit;
    } else {
      credits_.put(key, credit);
    }
  }

  const Limits limits_;
  Rotation<Key, Hash> turns_;
  RecentMap<Key, Cost, Hash> credits_;
  bool has_begun_ = false;  // the turn of the first one
};

}  // namespace millrace
