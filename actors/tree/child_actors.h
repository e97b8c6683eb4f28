#pragma once
// The elements of an open fan-out as children of its branch's actor: begins them, gives an actor to each
// that wants more than functions, has them rebuilt, passes mail on. Owned and used by the branch's actor.

#include "actors/tree/branch_post.h"
#include "actors/tree/fan_out_run.h"

#include <caf/all.hpp>

#include <unordered_map>

namespace millrace {

class ChildActors final : public FanOutChildren {
 public:
  /// All of them outlive this. Elements see what `branch`, the parent's, sees, and their item.
  ChildActors(caf::event_based_actor& parent, const NodeServices& services, Branch& branch,
              StepIndex fan_out);
  ChildActors(const ChildActors&) = delete;
  ChildActors& operator=(const ChildActors&) = delete;

  void spawn(std::uint32_t index, LoadedBranch branch) override;
  void load(const OpenFanOut& fan_out, std::uint32_t index) override;
  void pass_on(std::uint32_t index, const storage::TimerRow& fired) override;
  void stop_after_step(std::uint32_t index) override;

  /// It was begun without one.
  void give_actor(std::uint32_t index);
  /// The child has said its last word, or crashed.
  void forget(std::uint32_t index) { live_.erase(index); }
  /// Which child crashed; nothing: none of these. Looks at all of them: crashes are rare.
  std::optional<std::uint32_t> index_of(const caf::actor_addr& child) const;
  /// Children are part of their branch: without it nobody would join them.
  void end_all();

 private:
  struct Child {
    BranchPost::NewElement element;
    caf::actor actor;  // null: it runs functions only
  };

  caf::event_based_actor& parent_;
  const NodeServices& services_;
  Branch& branch_;
  const StepIndex fan_out_;
  std::unordered_map<std::uint32_t, Child> live_;
};

}  // namespace millrace
