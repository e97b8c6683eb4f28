#pragma once
// The elements of an open fan-out as child actors of its branch: spawns and monitors them, has them
// rebuilt, passes mail on. Owned and used by the branch's actor.

#include "actors/node_services.h"
#include "actors/runs/branch_news.h"
#include "actors/tree/branch_identity.h"
#include "actors/tree/fan_out_run.h"

#include <caf/all.hpp>

#include <unordered_map>

namespace millrace {

class ChildActors final : public FanOutChildren {
 public:
  /// All of them outlive this.
  ChildActors(caf::event_based_actor& parent, const NodeServices& services, SharedIdentity branch,
              std::shared_ptr<BranchMail> mail, StepIndex fan_out);
  ChildActors(const ChildActors&) = delete;
  ChildActors& operator=(const ChildActors&) = delete;

  void spawn(std::uint32_t index, LoadedBranch branch) override;
  void load(const OpenFanOut& fan_out, std::uint32_t index) override;
  void pass_on(std::uint32_t index, const storage::TimerRow& fired) override;
  void stop_after_step(std::uint32_t index) override;

  /// The child has said its last word, or crashed.
  void forget(std::uint32_t index) { live_.erase(index); }
  /// Which child crashed; nothing: none of these. Looks at all of them: crashes are rare.
  std::optional<std::uint32_t> index_of(const caf::actor_addr& child) const;
  /// Children are part of their branch: without it nobody would join them.
  void end_all();

 private:
  caf::event_based_actor& parent_;
  const NodeServices& services_;
  const SharedIdentity branch_;
  const std::shared_ptr<BranchMail> mail_;
  const StepIndex fan_out_;
  std::unordered_map<std::uint32_t, caf::actor> live_;
};

}  // namespace millrace
