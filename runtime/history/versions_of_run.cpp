#include "runtime/history/versions_of_run.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <set>
#include <utility>

namespace millrace {

Outcome put_in_versions(std::vector<Event>& events, const FindVersion& find) {
  for (Event& event : events) {
    auto* const migrated = std::get_if<ExecutionMigrated>(&event.body);
    if (migrated == nullptr) continue;
    auto workflow = find(migrated->to);
    if (!workflow) return workflow.error();
    migrated->workflow = std::move(*workflow);
  }
  return Done{};
}

Result<std::shared_ptr<const VersionsOfRun>> VersionsOfRun::read(std::vector<Event>& root_events,
                                                                 const FindVersion& find) {
  const auto* const started =
      root_events.empty() ? nullptr : std::get_if<ExecutionStarted>(&root_events.front().body);
  if (started == nullptr) {
    return Error(ErrorCode::corrupt_data, "a journal does not begin with ExecutionStarted");
  }
  auto first = find(started->version);
  if (!first) return first.error();
  if (auto found = put_in_versions(root_events, find); !found) return found.error();
  return std::make_shared<const VersionsOfRun>(std::move(*first), root_events);
}

VersionsOfRun::VersionsOfRun(std::shared_ptr<const Workflow> first,
                             const std::vector<Event>& root_events) {
  const auto add = [this](std::shared_ptr<const Workflow> workflow) {
    Part part;
    part.steps_before = parts_.empty() ? 0 : end();
    part.last.resize(workflow->by_index.size());
    part.workflow = std::move(workflow);
    parts_.push_back(std::move(part));
  };
  add(std::move(first));
  std::vector<const ExecutionMigrated*> moves;
  for (const Event& event : root_events) {
    const auto* const migrated = std::get_if<ExecutionMigrated>(&event.body);
    if (migrated == nullptr) continue;
    CHECK(migrated->workflow != nullptr, "a run moves to a version that nobody has looked up");
    add(migrated->workflow);
    moves.push_back(migrated);
  }
  auto& own = parts_.back().last;
  for (StepIndex step = 0; step < own.size(); ++step) own[step] = step;
  // From the end back: the last counterpart of a step is that of its next one.
  for (std::size_t move = moves.size(); move-- > 0;) {
    const auto& next = parts_[move + 1].last;
    auto& last = parts_[move].last;
    for (const auto& [from, to] : moves[move]->counterparts) {
      if (from < last.size() && to < next.size()) last[from] = next[to];
    }
  }
  std::set<std::string, std::less<>> taken;
  for (const Step* const step : last().by_index) taken.insert(step->id.text);
  for (Part& part : parts_) {
    for (const Step* const step : part.workflow->by_index) {
      const auto& now = part.last[step->index];
      if (now) {
        part.shown.push_back(last().by_index[*now]->id.text);
      } else {
        const bool is_taken = taken.contains(step->id.text);
        part.shown.push_back(is_taken ? step->id.text + '@' + std::to_string(part.workflow->version)
                                      : step->id.text);
      }
    }
  }
}

StepIndex VersionsOfRun::end() const {
  const Part& part = parts_.back();
  return part.steps_before + static_cast<StepIndex>(part.workflow->by_index.size());
}

const VersionsOfRun::Part& VersionsOfRun::part_of(StepIndex number) const {
  const auto behind =
      std::upper_bound(parts_.begin(), parts_.end(), number,
                       [](StepIndex step, const Part& part) { return step < part.steps_before; });
  return *std::prev(behind);
}

VersionsOfRun::Place VersionsOfRun::at(const BranchPath& path, StepIndex step) const {
  const Part& part = part_of(path.is_root() ? step : path.elements.front().fan_out);
  const StepIndex index = path.is_root() ? step - part.steps_before : step;
  CHECK(index < part.workflow->by_index.size(), "a run has no such step");
  return {*part.workflow, *part.workflow->by_index[index], part.steps_before, part.shown[index],
          part.last[index]};
}

std::vector<StepIndex> VersionsOfRun::named(std::string_view id) const {
  std::vector<StepIndex> numbers;
  for (const Part& part : parts_) {
    for (StepIndex index = 0; index < part.shown.size(); ++index) {
      if (part.shown[index] == id) numbers.push_back(part.steps_before + index);
    }
  }
  return numbers;
}

}  // namespace millrace
