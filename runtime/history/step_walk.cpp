#include "runtime/history/step_walk.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <utility>

namespace millrace {

struct StepWalk::From {
  const StepPosition& position;
  std::size_t depth = 0;  // of the branch

  /// The element in which the rest lies; null: in this branch itself.
  const BranchPath::Element* element() const {
    const auto& elements = position.branch.elements;
    return depth < elements.size() ? &elements[depth] : nullptr;
  }
  /// Was this step of the branch given already? A fan-out is before its elements.
  bool is_behind(StepIndex step) const {
    if (const auto* const inside = element()) return step <= inside->fan_out;
    return position.step && step <= *position.step;
  }
  /// Were all elements of the branch's fan-out?
  bool is_behind_all_of(StepIndex fan_out) const {
    if (const auto* const inside = element()) return fan_out < inside->fan_out;
    return position.step && fan_out < *position.step;
  }
};

/// The wanted steps of one branch.
class StepWalk::Taking final : public BranchListener {
 public:
  Taking(const StepWalk& walk, const BranchPath& path, const From* from)
      : walk_(walk), path_(path), from_(from) {}
  bool wants(StepIndex index, const std::string& id) override {
    if (from_ != nullptr && from_->is_behind(index)) return false;
    return walk_.wants(id, path_);
  }
  void found(StepFinding&& finding) override {
    steps.emplace_back(*finding.index, std::move(finding.step));
  }

  std::vector<std::pair<StepIndex, StepExecution>> steps;

 private:
  const StepWalk& walk_;
  const BranchPath& path_;
  const From* const from_;
};

StepWalk::StepWalk(RunBranches& branches, ReadChildren children, BegunEnd begun_end,
                   MayGoOn may_go_on)
    : branches_(branches),
      children_(std::move(children)),
      begun_end_(std::move(begun_end)),
      may_go_on_(std::move(may_go_on)) {}

Result<StepPage> StepWalk::page(const StepQuery& query) {
  CHECK(query.limit > 0, "a page without room");
  query_ = &query;
  page_ = {};
  last_.reset();
  elements_ = 0;
  is_over_ = false;
  const bool wants_trigger =
      query.indexes.empty() && !query.after && (!query.step || *query.step == trigger_step_id);
  if (wants_trigger) {
    offer(trigger_finding(*branches_.versions().first(), branches_.root_events().front()).step, {});
  }
  const From from{query.after ? *query.after : StepPosition{}, 0};
  if (query.step == trigger_step_id) return std::move(page_);
  const auto walked = walk_branch({}, branches_.root_events(), query.after ? &from : nullptr);
  if (!walked) return walked.error();
  return std::move(page_);
}

Outcome StepWalk::walk_branch(const BranchPath& path, const std::vector<Event>& events,
                              const From* from) {
  Taking taking(*this, path, from);
  auto replayed = branches_.replay(path, events, taking);
  if (!replayed) return replayed;
  const auto fan_outs = branches_.fan_outs(path);
  if (!fan_outs) return fan_outs.error();
  // Kept: the level that they are of goes on to the branches inside.
  const RunBranches::FanOuts opened = **fan_outs;
  auto& steps = taking.steps;
  std::sort(steps.begin(), steps.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  auto step = steps.begin();
  const auto offer_up_to = [&](StepIndex end) {
    for (; step != steps.end() && step->first <= end && !is_over_; ++step) {
      offer(std::move(step->second), {path, step->first});
    }
  };
  for (const auto& fan_out : opened) {
    const StepIndex index = fan_out->opened().number;
    offer_up_to(index);
    if (is_over_) return Done{};
    if (from != nullptr && from->is_behind_all_of(index)) continue;
    auto walked = walk_children(path, *fan_out, from);
    if (!walked || is_over_) return walked;
  }
  if (!steps.empty()) offer_up_to(steps.back().first);
  return Done{};
}

Outcome StepWalk::walk_children(const BranchPath& path, RunBranches::FanOut& fan_out,
                                const From* from) {
  const OpenedFanOut& opened = fan_out.opened();
  if (!wants_inside(path, opened)) return Done{};
  const BranchPath::Element* begun = from == nullptr ? nullptr : from->element();
  if (begun != nullptr && begun->fan_out != opened.number) begun = nullptr;
  std::uint32_t first = begun == nullptr ? 0 : begun->index;
  std::uint32_t end = opened.count;
  if (path.elements.size() < query_->indexes.size()) {
    const std::uint32_t only = query_->indexes[path.elements.size()];
    if (only < first) return Done{};
    first = only;
    end = std::min(end, only + 1);
  }
  Outcome problem = Done{};
  const auto look_at = [&](std::uint32_t index, const std::vector<Event>& events) {
    const BranchPath child = path.child(opened.number, index);
    const bool is_begun = begun != nullptr && begun->index == index;
    // Those around where the walk goes on do not count: there would be no end to beginning again.
    const bool is_around =
        is_begun && from->position.branch.elements.size() > child.elements.size();
    if (!is_around && elements_++ > 0 && !may_go_on_()) {
      stop_at({child, std::nullopt});
      return false;
    }
    if (is_begun) {
      const From deeper{from->position, child.elements.size()};
      problem = walk_branch(child, events, &deeper);
    } else {
      problem = walk_branch(child, events, nullptr);
    }
    return problem.ok() && !is_over_;
  };
  auto read = read_children(path, opened, first, end, look_at);
  return read ? problem : read;
}

/// Those that have a journal, and while the fan-out is open those that may have begun without one.
Outcome StepWalk::read_children(const BranchPath& path, const OpenedFanOut& opened,
                                std::uint32_t first, std::uint32_t end,
                                const StepHistory::TakeChild& take) {
  if (first >= end) return Done{};
  std::uint32_t next = first;
  bool goes_on = true;
  const auto take_up_to = [&](std::uint32_t until) {
    while (goes_on && opened.is_open() && next < until) goes_on = take(next++, {});
    return goes_on;
  };
  auto read = children_(path, opened.number, first,
                        [&](std::uint32_t index, const std::vector<Event>& events) {
                          // Those before one that has a journal have begun.
                          if (!take_up_to(std::min(index, end)) || index >= end) return false;
                          next = index + 1;
                          return goes_on = take(index, events);
                        });
  if (!read || !goes_on || !opened.is_open() || next >= end) return read;
  const auto begun_end = begun_end_(path, opened);
  if (!begun_end) return begun_end.error();
  take_up_to(std::min(end, *begun_end));
  return Done{};
}

bool StepWalk::wants_inside(const BranchPath& path, const OpenedFanOut& fan_out) const {
  if (!query_->step) return true;
  const BranchPath inside = path.child(fan_out.number, 0);
  for (StepIndex step = fan_out.step->index + 1; step < fan_out.step->end; ++step) {
    if (branches_.versions().at(inside, step).shown == *query_->step) return true;
  }
  return false;
}

bool StepWalk::wants(const std::string& id, const BranchPath& path) const {
  if (path.elements.size() < query_->indexes.size()) return false;
  return !query_->step || id == *query_->step;
}

bool StepWalk::offer(StepExecution step, StepPosition at) {
  const auto& statuses = query_->statuses;
  if (!statuses.empty() &&
      std::find(statuses.begin(), statuses.end(), step.status) == statuses.end()) {
    return true;
  }
  if (page_.steps.size() >= query_->limit) {
    stop_at(*last_);
    return false;
  }
  last_ = std::move(at);
  page_.steps.push_back(std::move(step));
  return true;
}

void StepWalk::stop_at(StepPosition at) {
  page_.next = std::move(at);
  is_over_ = true;
}

}  // namespace millrace
