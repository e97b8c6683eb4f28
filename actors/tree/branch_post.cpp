#include "actors/tree/branch_post.h"

#include "actors/messages.h"
#include "runtime/base/check.h"

#include <type_traits>
#include <utility>

namespace millrace {

std::shared_ptr<Branch> BranchPost::make_root(const NodeServices& services, SharedIdentity identity,
                                              LoadedBranch branch, caf::actor_addr actor,
                                              std::unique_ptr<BranchMirror> mirror) {
  auto post = std::make_shared<BranchPost>(std::nullopt, std::move(actor));
  auto made = std::make_shared<Branch>(services, std::move(identity), std::move(branch),
                                       Branch::Ends{post, post, std::move(mirror)}, 0);
  post->branch_ = made;
  return made;
}

BranchPost::NewElement BranchPost::make_element(const NodeServices& services,
                                                SharedIdentity identity, LoadedBranch branch,
                                                Element element, std::uint64_t seen_bytes,
                                                std::shared_ptr<TaskTally> outer_tally) {
  auto post = std::make_shared<BranchPost>(std::move(element), caf::actor_addr());
  auto made = std::make_shared<Branch>(services, std::move(identity), std::move(branch),
                                       Branch::Ends{post, post, nullptr, std::move(outer_tally)},
                                       seen_bytes);
  post->branch_ = made;
  return {std::move(made), std::move(post)};
}

void BranchPost::attach(caf::actor_addr actor) {
  const std::lock_guard lock(mutex_);
  CHECK(!actor_, "an element gets a second actor");
  actor_ = std::move(actor);
}

caf::actor BranchPost::actor() const {
  const std::lock_guard lock(mutex_);
  return actor_ ? caf::actor_cast<caf::actor>(actor_) : caf::actor();
}

// --- to the branch ----------------------------------------------------------------------------------

void BranchPost::deliver(BranchNews news) {
  const auto branch = branch_.lock();
  if (branch == nullptr) return;  // it has left memory
  std::visit(
      [&](auto& each) {
        using News = std::decay_t<decltype(each)>;
        if constexpr (std::is_constructible_v<BranchTurn::News, News>) {
          branch->deliver(std::move(each));
        } else {
          deliver_to_actor(std::move(each));
        }
      },
      news);
}

template <class News>
void BranchPost::deliver_to_actor(News news) const {
  if (const auto own = actor()) {
    caf::anon_send(own, std::move(news));
  } else if constexpr (std::is_same_v<News, CommitFailed> || std::is_same_v<News, ShardMoved>) {
    tell_parent(std::move(news));  // which is in the same position
  }
}

// --- from the branch --------------------------------------------------------------------------------

template <class Message>
void BranchPost::tell_parent(Message message) const {
  if (!element_) return;  // a root whose actor has ended
  const auto parent = caf::actor_cast<caf::actor>(element_->parent);
  if (parent) caf::anon_send(parent, std::move(message));
}

void BranchPost::has_news() {
  if (const auto own = actor()) {
    caf::anon_send(own, BranchGoesOn{});
  } else if (element_) {
    tell_parent(ChildNeedsActor{element_->fan_out, element_->index});
  }
}

void BranchPost::rests(const BranchMachine& machine, const BranchNeed& need) {
  if (actor() || !element_) {
    has_news();
  } else if (std::holds_alternative<BranchEnded>(need)) {
    tell_parent(ChildSettled{element_->fan_out, element_->index,
                             std::make_shared<BranchResult>(result_of(machine))});
  } else if (const auto* const off = std::get_if<BranchSwitchedOff>(&need)) {
    tell_parent(ChildSwitchedOff{element_->fan_out, element_->index, off->why});
  } else if (std::holds_alternative<BranchStopped>(need)) {
    tell_parent(ChildAbandoned{element_->fan_out, element_->index});
  } else {
    tell_parent(ChildNeedsActor{element_->fan_out, element_->index});
  }
}

void BranchPost::crashed(std::string why) {
  if (const auto own = actor()) {
    caf::anon_send(own, BranchCrashed{std::move(why)});
  } else if (element_) {
    tell_parent(ChildCrashed{element_->fan_out, element_->index, std::move(why)});
  }
}

}  // namespace millrace
