#include "actors/runs/entry_turns.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {

EntryTurns::EntryTurns(const Clock& clock, EntryTurnOptions options,
                       std::atomic<std::int64_t>& waiting)
    : clock_(clock),
      options_(options),
      waiting_(waiting),
      turns_({options.quantum, options.debt_max}) {
  CHECK(options.at_once_max > 0, "no run would ever come into memory");
}

EntryTurns::Held EntryTurns::take(const ProjectId& project, const Told& told) {
  Askers::node_type gone;  // whom it would have told: let go without the lock
  {
    const std::lock_guard lock(mutex_);
    const auto asker = askers_.find(project);
    if (asker != askers_.end() && asker->second.is_kept) {
      gone = askers_.extract(asker);
    } else if (turns_.empty() && taken_ < options_.at_once_max) {
      ++taken_;
    } else {
      if (turns_.push(project)) ++waiting_;
      askers_[project].told = told;
      return nullptr;
    }
  }
  return std::make_shared<const Turn>(*this, project);
}

void EntryTurns::forgo(const ProjectId& project) {
  Askers::node_type gone;
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    const auto asker = askers_.find(project);
    if (asker == askers_.end()) return;
    if (asker->second.is_kept) --taken_;
    if (turns_.remove(project)) --waiting_;
    gone = askers_.extract(asker);
    told = hand_out();
  }
  for (const Told& each : told) each();
}

void EntryTurns::give_back(const ProjectId& project, Moment begun) {
  const auto held = clock_.moment() - begun;
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    CHECK(taken_ > 0, "a turn was given back that nobody had");
    --taken_;
    turns_.charge(project, held);
    told = hand_out();
  }
  for (const Told& each : told) each();
}

std::vector<EntryTurns::Told> EntryTurns::hand_out() {
  std::vector<Told> told;
  while (!turns_.empty() && taken_ < options_.at_once_max) {
    const ProjectId project = turns_.next();
    turns_.remove(project);
    --waiting_;
    ++taken_;
    Asker& asker = askers_.at(project);
    asker.is_kept = true;
    told.push_back(asker.told);
  }
  return told;
}

}  // namespace millrace
