#pragma once
// The way to one branch and from it, over CAF. To it: what a function brings is handed to the branch on
// the spot (branch.h), everything else is mail for its actor. From it: when it was driven by somebody else
// than its actor, what came of that.
//
// An element begins without an actor and speaks with its parent's until it needs one of its own; most
// never do. Thread-safe. Holds addresses and the branch weakly: the actors hold this.

#include "actors/tree/branch.h"

#include <caf/actor_addr.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace millrace {

class BranchPost final : public BranchMail, public BranchOwner {
 public:
  struct Element {
    StepIndex fan_out = 0;
    std::uint32_t index = 0;
    caf::actor_addr parent;
  };

  /// Makes a branch with its post. `actor` is the root's.
  static std::shared_ptr<Branch> make_root(const NodeServices& services, SharedIdentity identity,
                                           LoadedBranch branch, caf::actor_addr actor,
                                           std::unique_ptr<BranchMirror> mirror);
  struct NewElement {
    std::shared_ptr<Branch> branch;
    std::shared_ptr<BranchPost> post;
  };
  static NewElement make_element(const NodeServices& services, SharedIdentity identity,
                                 LoadedBranch branch, Element element, std::uint64_t seen_bytes,
                                 std::shared_ptr<TaskTally> outer_tally);

  /// From now on the element has an actor.
  void attach(caf::actor_addr actor);

  void deliver(BranchNews news) override;
  void has_news() override;
  void rests(const BranchMachine& machine, const BranchNeed& need) override;
  void crashed(std::string why) override;

  explicit BranchPost(std::optional<Element> element, caf::actor_addr actor)
      : element_(std::move(element)), actor_(std::move(actor)) {}

 private:
  caf::actor actor() const;
  template <class Message>
  void tell_parent(Message message) const;
  template <class News>
  void deliver_to_actor(News news) const;

  const std::optional<Element> element_;  // nothing: a root's
  std::weak_ptr<Branch> branch_;          // set once, before anybody delivers
  mutable std::mutex mutex_;
  caf::actor_addr actor_;  // guarded by mutex_; null: an element that needs none
};

}  // namespace millrace
