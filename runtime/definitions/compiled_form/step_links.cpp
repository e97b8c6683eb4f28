#include "runtime/definitions/compiled_form/step_links.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <cstdint>

namespace millrace::compiled_form {
namespace {

using Links = std::vector<StepLinks>;
using Target = std::optional<StepPosition>;  // absent: the end
/// Where control goes from each step; of a conditional, from each of its branches.
using Flow = std::vector<std::vector<Target>>;
using StepSet = std::vector<bool>;

std::vector<StepPosition> successors(const StepLinks& step) {
  std::vector<StepPosition> all;
  for (const Target& head : step.heads) {
    if (head) all.push_back(*head);
  }
  if (step.body) all.push_back(*step.body);
  if (step.next) all.push_back(*step.next);
  return all;
}

std::vector<StepPosition> successors(const Links& steps, const Flow& flow, StepPosition at) {
  std::vector<StepPosition> all;
  for (const Target& target : flow[at]) {
    if (target) all.push_back(*target);
  }
  if (steps[at].body) all.push_back(*steps[at].body);
  return all;
}

/// Visits in depth, without recursion: chains of steps may be long. `leave` sees each step after
/// all that follow it; a step that is met again while it is open is on a loop.
template <class Successors, class Leave>
Target visit_in_depth(std::size_t count, const Successors& successors_of, const Leave& leave) {
  enum class State : std::uint8_t { unseen, open, left };
  struct Frame {
    StepPosition step;
    std::vector<StepPosition> rest;
  };
  std::vector<State> states(count, State::unseen);
  for (StepPosition root = 0; root < count; ++root) {
    if (states[root] != State::unseen) continue;
    std::vector<Frame> path;
    states[root] = State::open;
    path.push_back({root, successors_of(root)});
    while (!path.empty()) {
      if (path.back().rest.empty()) {
        states[path.back().step] = State::left;
        leave(path.back().step);
        path.pop_back();
        continue;
      }
      const StepPosition step = path.back().rest.back();
      path.back().rest.pop_back();
      if (states[step] == State::open) return step;
      if (states[step] == State::left) continue;
      states[step] = State::open;
      path.push_back({step, successors_of(step)});
    }
  }
  return std::nullopt;
}

/// Each step stands behind all that follow it.
template <class Successors>
std::vector<StepPosition> last_ones_first(std::size_t count, const Successors& successors_of) {
  std::vector<StepPosition> order;
  const Target loop =
      visit_in_depth(count, successors_of, [&](StepPosition step) { order.push_back(step); });
  CHECK(!loop, "links without a loop can be put in order");
  return order;
}

/// What can be reached from `from`, itself included, without passing `border`.
StepSet reachable(const Links& steps, const Flow& flow, std::vector<StepPosition> from,
                  const Target& border) {
  StepSet seen(steps.size(), false);
  while (!from.empty()) {
    const StepPosition step = from.back();
    from.pop_back();
    if (seen[step] || step == border) continue;
    seen[step] = true;
    for (const StepPosition each : successors(steps, flow, step)) from.push_back(each);
  }
  return seen;
}

/// A conditional with a `next` of its own: wherever its branches end, control goes there.
void lead_branches_to_next(const Links& steps, Flow& flow, StepPosition conditional) {
  const StepPosition next = *steps[conditional].next;
  std::vector<StepPosition> heads;
  for (const Target& head : flow[conditional]) {
    if (head) heads.push_back(*head);
  }
  const StepSet inside = reachable(steps, flow, std::move(heads), next);
  const StepSet after = reachable(steps, flow, {next}, std::nullopt);
  for (StepPosition step = 0; step < steps.size(); ++step) {
    // What also runs after `next` would be led in a circle; such links are refused elsewhere.
    if (step != conditional && (!inside[step] || after[step])) continue;
    for (Target& target : flow[step]) {
      if (!target) target = next;
    }
  }
}

Flow flow_of(const Links& steps, const std::vector<StepPosition>& order) {
  Flow flow;
  for (const StepLinks& step : steps) {
    flow.push_back(step.is_conditional ? step.heads : std::vector<Target>{step.next});
    if (flow.back().empty()) flow.back().emplace_back();
  }
  // Inner conditionals first: what ends inside them goes on behind them, and only then further out.
  for (const StepPosition step : order) {
    if (steps[step].is_conditional && steps[step].next) lead_branches_to_next(steps, flow, step);
  }
  return flow;
}

/// For each step, those that are passed on every way from it to the end, itself included.
std::vector<StepSet> always_passed(const Links& steps, const Flow& flow) {
  std::vector<StepSet> passed(steps.size());
  const auto order = last_ones_first(
      steps.size(), [&](StepPosition step) { return successors(steps, flow, step); });
  for (const StepPosition step : order) {
    StepSet common(steps.size(), true);
    for (const Target& target : flow[step]) {
      for (StepPosition each = 0; each < steps.size(); ++each) {
        if (!target || !passed[*target][each]) common[each] = false;
      }
    }
    common[step] = true;
    passed[step] = std::move(common);
  }
  return passed;
}

/// Of the steps that are always passed after `step`, the first.
Target first_always_passed(const std::vector<StepSet>& passed, StepPosition step) {
  Target first;
  std::ptrdiff_t most = 0;  // the earlier a step is passed, the more are passed from it on
  for (StepPosition each = 0; each < passed.size(); ++each) {
    if (each == step || !passed[step][each]) continue;
    const auto later = std::count(passed[each].begin(), passed[each].end(), true);
    if (later > most) {
      most = later;
      first = each;
    }
  }
  return first;
}

}  // namespace

Target find_loop(const Links& steps) {
  return visit_in_depth(
      steps.size(), [&](StepPosition step) { return successors(steps[step]); },
      [](StepPosition) {});
}

std::vector<Target> find_joins(const Links& steps) {
  const auto order =
      last_ones_first(steps.size(), [&](StepPosition step) { return successors(steps[step]); });
  const auto passed = always_passed(steps, flow_of(steps, order));
  std::vector<Target> joins(steps.size());
  for (StepPosition step = 0; step < steps.size(); ++step) {
    if (!steps[step].is_conditional) continue;
    joins[step] = steps[step].next ? steps[step].next : first_always_passed(passed, step);
  }
  return joins;
}

}  // namespace millrace::compiled_form
