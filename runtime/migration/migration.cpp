#include "runtime/migration/migration.h"

#include "runtime/base/check.h"
#include "runtime/reading/findings.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/workflows/named_steps.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

std::string quoted(const Step& step) { return "step \"" + step.id.text + "\""; }

using Kind = Obstacle::Kind;

Obstacle stays(Kind kind, const Step* step, std::string message) {
  return {kind, step == nullptr ? std::string() : step->id.text, std::move(message)};
}

bool is_inside(const Sequence& steps, StepIndex step) {
  return !steps.empty() && step >= steps.front().index && step < steps.back().end;
}

/// The choice that leads to a step inside the conditional.
const std::string& label_of_way_to(const ConditionalStep& conditional, StepIndex step) {
  for (const ConditionalBranch& branch : conditional.branches) {
    if (is_inside(branch.steps, step)) return branch.label;
  }
  return conditional.otherwise_label;
}

bool has_chosen(const SharedJson& output, const std::string& label) {
  const auto* const object = output ? output->if_object() : nullptr;
  const Json* const choice = object ? object->if_contains("selectedChoice") : nullptr;
  return choice != nullptr && choice->is_string() && choice->get_string() == label;
}

bool is_same_integration(const Integration* then, const Integration* now) {
  if (then == nullptr || now == nullptr) return then == now;
  return then->definition == now->definition;
}

ErrorDetail no_such_step(std::string step, std::string pointer, const Workflow& version,
                         const std::string& name) {
  return finding_at(std::move(step), std::move(pointer),
                    "version " + std::to_string(version.version) + " has no such step",
                    "a step of the version", name, nearest_step(version, name));
}

/// Its text in the definition; null: it is not there.
const Json* text_of(const Step& step, const Json& definition) {
  boost::system::error_code error;
  return definition.find_pointer(step.pointer, error);
}

}  // namespace

struct Migration::MapFindings {
  std::vector<ErrorDetail> told{};
  std::size_t untold = 0;

  /// `finding` makes it: of one that is not told, what would have been the nearest name is not looked for.
  template <class Finding>
  void add(const Finding& finding) {
    if (told.size() < limits::map_findings_told_max) {
      told.push_back(finding());
    } else {
      ++untold;
    }
  }
};

// --- two versions ---------------------------------------------------------------------------------

Migration::Migration(MigrationVersion from, MigrationVersion to)
    : from_(std::move(from.workflow)),
      to_(std::move(to.workflow)),
      counterparts_(from_->by_index.size()),
      is_other_kind_(from_->by_index.size()),
      is_same_fan_out_(from_->by_index.size()) {}

Result<std::shared_ptr<const Migration>> Migration::between(MigrationVersion from,
                                                            MigrationVersion to,
                                                            const JsonObject& map) {
  CHECK(from.workflow != nullptr && to.workflow != nullptr, "a migration needs two versions");
  const std::shared_ptr<Migration> migration(new Migration(from, to));
  std::vector<ErrorDetail> findings;
  if (from.workflow->version == to.workflow->version) {
    findings.push_back(finding_at({}, "/to", "the runs are on this version already"));
  }
  if (&kind_of(from.workflow->trigger) != &kind_of(to.workflow->trigger)) {
    findings.push_back(finding_at({}, "/to",
                                  "version " + std::to_string(to.workflow->version) +
                                      " is started by another kind of trigger: what its steps "
                                      "read of it, the runs do not have"));
  }
  if (from.workflow->integration != to.workflow->integration) {
    findings.push_back(finding_at({}, "/to",
                                  "version " + std::to_string(to.workflow->version) +
                                      " belongs to another integration, whose account the runs "
                                      "were not started for"));
  }
  MapFindings of_map = migration->read_map(map);
  findings.insert(findings.end(), std::make_move_iterator(of_map.told.begin()),
                  std::make_move_iterator(of_map.told.end()));
  if (!findings.empty()) {
    std::string message = "no run can move so";
    if (of_map.untold > 0) {
      message += "; besides what is told, " + std::to_string(of_map.untold) +
                 " more members of the map are wrong";
    }
    return Error(ErrorCode::invalid_request, std::move(message), std::move(findings));
  }
  for (const Step* const step : from.workflow->by_index) {
    migration->is_same_fan_out_[step->index] = migration->is_same_fan_out(*step, from, to);
  }
  return std::shared_ptr<const Migration>(migration);
}

bool Migration::is_counterpart(const Step& then, const Step& now) const {
  if (definition_type(then) != definition_type(now)) return false;
  // Steps are in preorder: of those around, it is known.
  return std::equal(
      then.fan_outs.begin(), then.fan_outs.end(), now.fan_outs.begin(), now.fan_outs.end(),
      [this](StepIndex outer, StepIndex outer_now) { return counterparts_[outer] == outer_now; });
}

Migration::MapFindings Migration::read_map(const JsonObject& map) {
  MapFindings findings;
  std::set<StepIndex> taken;  // by the map
  for (const auto& member : map) {
    const std::string id(member.key());
    const std::string pointer = "/map/" + pointer_token(id);
    if (step_named(*from_, id) == nullptr) {
      findings.add([&] { return no_such_step({}, pointer, *from_, id); });
      continue;
    }
    const auto* const name = member.value().if_string();
    const Step* const now = name == nullptr ? nullptr : step_named(*to_, std::string_view(*name));
    if (name == nullptr) {
      findings.add([&] {
        return finding_at(id, pointer, "must be the id of a step", "string",
                          std::string(kind_name(member.value())));
      });
    } else if (now == nullptr) {
      findings.add([&] { return no_such_step(id, pointer, *to_, std::string(*name)); });
    } else if (!taken.insert(now->index).second) {
      findings.add([&] {
        return finding_at(id, pointer, "two steps would be " + quoted(*now) + ": name each once");
      });
    }
  }
  for (const Step* const then : from_->by_index) {
    const Json* const named = map.if_contains(then->id.text);
    const bool is_named = named != nullptr && named->is_string();
    const Step* const now =
        step_named(*to_, is_named ? std::string_view(named->get_string()) : then->id.text);
    if (now == nullptr || (!is_named && taken.contains(now->index))) continue;
    if (is_counterpart(*then, *now)) {
      counterparts_[then->index] = now->index;
    } else if (is_named) {
      findings.add([&] {
        return finding_at(then->id.text, "/map/" + pointer_token(then->id.text),
                          quoted(*now) + " is of another kind, or inside other fan-outs",
                          "a " + std::string(definition_type(*then)) + " step");
      });
    } else {
      is_other_kind_[then->index] = true;
    }
  }
  return findings;
}

bool Migration::is_same_fan_out(const Step& fan_out, const MigrationVersion& from,
                                const MigrationVersion& to) const {
  const auto& then = from_->by_index;
  const auto& now = to_->by_index;
  if (!std::holds_alternative<FanOutStep>(fan_out.config) || fan_out.end > now.size()) return false;
  for (StepIndex step = 0; step < fan_out.end; ++step) {
    if (then[step]->id != now[step]->id) return false;
    // Its elements read what is before it under these numbers. What is of another kind has not run.
    if (counterparts_[step] != step && !is_other_kind_[step]) return false;
  }
  for (StepIndex step = fan_out.index; step < fan_out.end; ++step) {
    const bool is_same =
        counterparts_[step] == step &&
        is_same_integration(integration_of(*then[step]), integration_of(*now[step]));
    if (!is_same) return false;
  }
  const Json* const text = text_of(fan_out, from.definition);
  const Json* const text_now = text_of(*now[fan_out.index], to.definition);
  return text != nullptr && text_now != nullptr && *text == *text_now;
}

// --- one run --------------------------------------------------------------------------------------

std::variant<ExecutionMigrated, Obstacle> Migration::of_run(const BranchMachine& run,
                                                            bool has_begun) const {
  if (run.is_ending()) return stays(Kind::execution_ended, nullptr, "the run has ended");
  if (run.workflow().version != from_->version) {
    return stays(Kind::other_version, nullptr,
                 "the run is on version " + std::to_string(run.workflow().version));
  }
  if (run.steps_before() > limits::left_steps_max) {
    return stays(Kind::moved_too_often, nullptr,
                 "the versions that the run has left have more than " +
                     std::to_string(limits::left_steps_max) + " steps together");
  }
  const auto& replay = run.scope().facts()->started.replay;
  const bool is_new = run.events_applied() == 1 && !has_begun && !(replay && replay->from_step);
  ExecutionMigrated event;
  event.from = from_->version;
  event.to = to_->version;
  event.workflow = to_;
  if (is_new) {
    if (to_->steps.empty()) {
      return stays(Kind::step_missing, run.current_step(), "the new version has no steps");
    }
    event.step = to_->steps.front().index;
  } else {
    if (auto obstacle = obstacle_of_place(run)) return std::move(*obstacle);
    if (auto obstacle = obstacle_of_outputs(run)) return std::move(*obstacle);
    event.step = *counterparts_[run.current_step()->index];
    const Step& place = *to_->by_index[event.step];
    if (auto obstacle = obstacle_of_repeats(run, place)) return std::move(*obstacle);
    if (auto obstacle = obstacle_of_choices(run, place)) return std::move(*obstacle);
  }
  for (StepIndex step = 0; step < counterparts_.size(); ++step) {
    if (counterparts_[step]) event.counterparts.emplace_back(step, *counterparts_[step]);
  }
  return event;
}

std::optional<Obstacle> Migration::obstacle_of_place(const BranchMachine& run) const {
  const Step& step = *run.current_step();
  const auto place = counterparts_[step.index];
  if (is_other_kind_[step.index]) {
    return stays(Kind::step_kind_changed, &step,
                 quoted(step) + ", at which the run stands, is another kind of step there");
  }
  if (!place) {
    return stays(Kind::step_missing, &step,
                 quoted(step) + ", at which the run stands, has no counterpart: name one in `map`");
  }
  const Step& now = *to_->by_index[*place];
  if (run.open_fan_out() && !is_same_fan_out_[step.index]) {
    return stays(Kind::fan_out_changed, &step,
                 quoted(step) + " is open, and it or what stands before it has changed");
  }
  if (!run.can_stand_at(now)) {
    return stays(Kind::step_kind_changed, &step,
                 quoted(step) + " has fetched pages, and fetches none there");
  }
  if (request_of(step) != nullptr && step.id != now.id) {
    return stays(Kind::step_renamed, &step,
                 quoted(step) +
                     " may have been sent, and its id is part of the Idempotency-Key by which the "
                     "other side knows a repeat");
  }
  return std::nullopt;
}

std::optional<Obstacle> Migration::obstacle_of_outputs(const BranchMachine& run) const {
  const auto& outputs = run.scope().outputs();
  for (StepIndex index = 0; index < outputs.size(); ++index) {
    const Step& step = *from_->by_index[index];
    if (outputs[index] != nullptr && is_other_kind_[index]) {
      return stays(Kind::step_kind_changed, &step,
                   quoted(step) + " has run, and is another kind of step there");
    }
    // A fan-out that is behind the run has kept what its own version read of it.
    const bool has_joined = !step.fan_outs.empty() && outputs[step.fan_outs.front()] != nullptr;
    const auto now = counterparts_[index];
    if (has_joined && now && outputs[index] == nullptr && to_->read_outside_fan_out[*now]) {
      return stays(Kind::fan_out_changed, &step,
                   "the outputs of " + quoted(step) +
                       " are read there behind its fan-out, and were not kept");
    }
  }
  return std::nullopt;
}

const Step* Migration::repetition_of(const Step& done, const Step& place) const {
  const auto now = counterparts_[done.index];
  if (now && *now > place.index) return to_->by_index[*now];
  if (request_of(done) == nullptr) return nullptr;
  // Another request, but the other side would take it for this one: its id is in the Idempotency-Key.
  const Step* const namesake = step_named(*to_, done.id.text);
  const bool is_ahead = namesake != nullptr && namesake->index > place.index;
  return is_ahead && request_of(*namesake) != nullptr ? namesake : nullptr;
}

const Step* Migration::repetition_of(const LeftStep& done, const Step& place) const {
  const Step* const namesake = step_named(*to_, done.id);
  if (namesake == nullptr || namesake->index <= place.index) return nullptr;
  // One that `from` has as well was new there, which the move to `from` has looked at.
  const Step* const before = step_named(*from_, done.id);
  if (before != nullptr && counterparts_[before->index] == namesake->index) return nullptr;
  if (done.is_request && request_of(*namesake) != nullptr) return namesake;
  // What it has done may have another name by now, and keeps it: then the old one is free.
  const bool is_kept = done.now != no_step && counterparts_[done.now].has_value();
  return !is_kept && definition_type(*namesake) == done.type ? namesake : nullptr;
}

std::optional<Obstacle> Migration::obstacle_of_repeats(const BranchMachine& run,
                                                       const Step& place) const {
  const auto& outputs = run.scope().outputs();
  for (const Step* const step : from_->by_index) {
    if (outputs[step->index] == nullptr) continue;
    const Step* const again = repetition_of(*step, place);
    if (again == nullptr) continue;
    return stays(Kind::step_repeated, step,
                 quoted(*step) + " has run, and " + quoted(*again) + " is behind " + quoted(place) +
                     " there and would run it again: a step that is to run has a new id");
  }
  for (const LeftStep& done : run.left_steps()) {
    const Step* const again = repetition_of(done, place);
    if (again == nullptr) continue;
    return stays(Kind::step_repeated, again,
                 quoted(*again) + " has run under a version before this one, and is behind " +
                     quoted(place) +
                     " there and would run again: a step that is to run has a new id");
  }
  return std::nullopt;
}

std::optional<Obstacle> Migration::obstacle_of_choices(const BranchMachine& run,
                                                       const Step& place) const {
  const auto& outputs = run.scope().outputs();
  for (const Step* const around : to_->by_index) {
    if (around->index >= place.index) break;
    const auto* const conditional = std::get_if<ConditionalStep>(&around->config);
    if (conditional == nullptr || place.index >= around->end) continue;
    const auto then = std::find(counterparts_.begin(), counterparts_.end(),
                                std::optional<StepIndex>(around->index));
    const bool is_known = then != counterparts_.end();
    const std::string& label = label_of_way_to(*conditional, place.index);
    if (!is_known ||
        !has_chosen(outputs[static_cast<std::size_t>(then - counterparts_.begin())], label)) {
      return stays(Kind::choice_changed, around,
                   quoted(place) + " is behind the choice \"" + label + "\" of " + quoted(*around) +
                       " there, which the run has not made");
    }
  }
  return std::nullopt;
}

}  // namespace millrace
