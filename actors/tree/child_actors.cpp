#include "actors/tree/child_actors.h"

#include "actors/messages.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tree/fan_out_child_actor.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <utility>

namespace millrace {

ChildActors::ChildActors(caf::event_based_actor& parent, const NodeServices& services,
                         Branch& branch, StepIndex fan_out)
    : parent_(parent), services_(services), branch_(branch), fan_out_(fan_out) {}

void ChildActors::spawn(std::uint32_t index, LoadedBranch branch) {
  Child& child = live_[index];
  CHECK(child.element.branch == nullptr, "an element was begun twice");
  auto identity = std::make_shared<BranchIdentity>(branch_.identity());
  identity->path = branch_.identity().path.child(fan_out_, index);
  child.element = BranchPost::make_element(services_, std::move(identity), std::move(branch),
                                           {fan_out_, index, parent_.address()},
                                           branch_.seen_bytes(), branch_.tally());
  if (child.element.branch->is_small()) {
    child.element.branch->begin();
  } else {
    give_actor(index);
  }
}

void ChildActors::give_actor(std::uint32_t index) {
  const auto found = live_.find(index);
  if (found == live_.end() || found->second.actor) return;  // it was asked for twice
  Child& child = found->second;
  child.actor = parent_.spawn<FanOutChildActor, caf::monitored>(
      services_, child.element.branch, child.element.post, caf::actor(&parent_));
}

void ChildActors::load(const OpenFanOut& fan_out, std::uint32_t index) {
  CHECK(fan_out.number == fan_out_, "an element of another fan-out was loaded");
  // What a crashed incarnation had recorded may still be on its way to the disk.
  const SharedIdentity identity = branch_.shared_identity();
  services_.reader.after_commits(
      identity->project,
      [&services = services_, mail = branch_.mail(), branch = identity, workflow = fan_out.workflow,
       &step = fan_out.step, scope = fan_out.scope, item = fan_out.item(index), fan_out = fan_out_,
       index](const Outcome& durable) {
        auto loaded = answer_of([&]() -> Result<LoadedBranch> {
          if (!durable) return durable.error();
          return services.loader.load_child(branch->execution, branch->path.child(fan_out, index),
                                            *branch->secrets, workflow, step, scope, item);
        });
        const bool is_disk_unwell =
            !loaded && (!durable || loaded.error().code == ErrorCode::storage_failed ||
                        loaded.error().code == ErrorCode::secrets_locked);
        if (is_disk_unwell) {
          // The element is well, so its run is rebuilt later.
          mail->deliver(CommitFailed{loaded.error()});
        } else {
          mail->deliver(ChildLoaded{fan_out, index,
                                    std::make_shared<Result<LoadedBranch>>(std::move(loaded))});
        }
      });
}

void ChildActors::pass_on(std::uint32_t index, const storage::TimerRow& fired) {
  const Child& child = live_.at(index);
  if (child.actor) {
    parent_.send(child.actor, TimerFired{fired});
  } else {
    child.element.branch->forget(fired);  // whatever runs functions waits for no timer
  }
}

void ChildActors::stop_after_step(std::uint32_t index) {
  const Child& child = live_.at(index);
  if (child.actor) {
    parent_.send(child.actor, StopAfterStep{});
  } else {
    child.element.branch->stop();
  }
}

std::optional<std::uint32_t> ChildActors::index_of(const caf::actor_addr& child) const {
  for (const auto& [index, live] : live_) {
    if (live.actor && live.actor.address() == child) return index;
  }
  return std::nullopt;
}

void ChildActors::end_all() {
  for (auto& [index, child] : live_) {
    // At once, so that nothing is recorded any more that would count behind its end.
    child.element.branch->leave();
    if (child.actor) parent_.send_exit(child.actor, ExitReason::stopped);
  }
  live_.clear();
}

}  // namespace millrace
