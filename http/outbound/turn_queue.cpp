#include "http/outbound/turn_queue.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {
namespace {

// Such a part of the places is for those who have none; of a few places nothing.
constexpr std::size_t first_comers_part = 50;

/// Somebody's standing among those who share places.
struct Standing {
  std::size_t taken;
  bool is_alone;  // nobody else has a place or waits for one
};

/// Whether one more of the places may be taken, of which so many are free.
bool may_take(const Standing& standing, std::size_t free, std::size_t all) {
  if (standing.taken == 0) return free > 0;
  if (free <= all / first_comers_part) return false;
  return standing.is_alone || standing.taken < 3 * (free + 1);
}

}  // namespace

TurnQueue::Ticket TurnQueue::add(const Owner& owner, std::uint64_t call) {
  turns_.push(owner.project);
  ++waiting_;
  has_changed_ = true;
  return projects_[owner.project].waiting.push(owner.user, {call, owner.user});
}

std::optional<std::uint64_t> TurnQueue::take() {
  if (in_air_ >= limits_.calls_max || !has_changed_) return std::nullopt;
  std::optional<Call> call;
  const ProjectId* const found = turns_.find_if([&](const ProjectId& each) {
    call = take_from(projects_.at(each));
    return call.has_value();
  });
  if (!call) {
    has_changed_ = false;
    return std::nullopt;
  }
  const auto project = projects_.find(*found);
  ++in_air_;
  --waiting_;
  ++project->second.in_air;
  ++project->second.in_air_of[call->user];
  turns_.pass(project->first);
  left(project);
  return call->id;
}

std::optional<TurnQueue::Call> TurnQueue::take_from(Project& project) {
  const Standing standing{project.in_air, projects_.size() == 1};
  if (!may_take(standing, limits_.calls_max - in_air_, limits_.calls_max)) return std::nullopt;
  return project.waiting.pop_if([&](const Call& call) {
    const auto in_air = project.in_air_of.find(call.user);
    const std::size_t taken = in_air == project.in_air_of.end() ? 0 : in_air->second;
    const bool is_alone =
        taken == project.in_air && project.waiting.size_of(call.user) == project.waiting.size();
    return may_take({taken, is_alone}, limits_.calls_per_project_max - project.in_air,
                    limits_.calls_per_project_max);
  });
}

void TurnQueue::remove(const Owner& owner, Ticket ticket) {
  const auto project = projects_.find(owner.project);
  CHECK(project != projects_.end(), "a call was taken back that does not wait");
  project->second.waiting.remove(owner.user, ticket);
  --waiting_;
  has_changed_ = true;
  left(project);
}

void TurnQueue::end(const Owner& owner) {
  const auto project = projects_.find(owner.project);
  CHECK(project != projects_.end() && in_air_ > 0, "a call ended that was not in the air");
  const auto in_air = project->second.in_air_of.find(owner.user);
  CHECK(in_air != project->second.in_air_of.end(), "a call ended of a user who has none");
  if (--in_air->second == 0) project->second.in_air_of.erase(in_air);
  --project->second.in_air;
  --in_air_;
  has_changed_ = true;
  left(project);
}

/// A call left the project: it stands in the rotation while it has others, and is forgotten when it has
/// nothing.
void TurnQueue::left(Projects::iterator project) {
  if (!project->second.waiting.empty()) return;
  turns_.remove(project->first);
  if (project->second.in_air == 0) projects_.erase(project);
}

}  // namespace millrace
