// RunDetails::graph, and the counts that it shares with lists.

#include "actors/gateway/run_reading.h"
#include "runtime/base/check.h"
#include "runtime/execution/step_counter.h"
#include "runtime/history/begun_elements.h"
#include "storage/tables/project_table.h"
#include "storage/tables/step_rows.h"

#include <map>

namespace millrace {

using storage::ExecutionTable;
using storage::StepRows;

Result<StepCounts> RunDetails::counts_inside(Run& run) const {
  const auto fan_outs = run.branches->fan_outs({});
  if (!fan_outs) return fan_outs.error();
  StepCounts all;
  for (const auto& each : **fan_outs) {
    const OpenedFanOut& opened = each->opened();
    auto counts = counts_of(run, opened);
    if (!counts) return counts.error();
    if (counts->is_partial()) all.mark_partial();
    // What is counted inside goes by its version's steps.
    const StepIndex steps_before = opened.number - opened.step->index;
    for (const StepCount& count : counts->all()) all.of(steps_before + count.step).add(count);
  }
  return all;
}

Result<StepCounts> RunDetails::counts_of(Run& run, const OpenedFanOut& fan_out) const {
  if (fan_out.counts != nullptr) return *fan_out.counts;
  StepCounts counts;
  bool is_known = false;
  if (fan_out.is_open()) {
    auto row = StepRows(store_).counts(run.summary.id);
    if (!row) return row.error();
    is_known = *row && (*row)->fan_out == fan_out.number;
    if (is_known) counts = std::move((*row)->counts);
  }
  if (!is_known) {
    std::size_t elements_left = limits::counted_elements_max;
    auto read = read_counts_of(run, fan_out.workflow, {}, fan_out.number, elements_left);
    if (!read) return read.error();
    counts = std::move(*read);
    // What stood when an old version ended the fan-out has no event of its own.
    if (!fan_out.is_open()) counts.cut_off();
  }
  const auto& body = std::get<FanOutStep>(fan_out.step->config).steps;
  if (!fan_out.is_open() || body.empty()) return counts;
  // Elements that may have begun and are not counted yet run their first step. Of the others, each is counted there.
  const auto begun = begun_end(run, {}, fan_out);
  if (!begun) return begun.error();
  StepCount& first = counts.of(body.front().index);
  const std::int64_t unseen = std::int64_t{*begun} - first.all();
  if (unseen > 0) {
    first.executing += unseen;
    first.start = std::min(first.start.value_or(fan_out.inside.began), fan_out.inside.began);
  }
  return counts;
}

Result<std::uint32_t> RunDetails::begun_end(Run& run, const BranchPath& parent,
                                            const OpenedFanOut& fan_out) const {
  const ExecutionTable table(store_);
  const auto last = table.last_child(run.summary.id, parent, fan_out.number);
  if (!last) return last.error();
  const std::uint32_t stored = *last ? **last + 1 : 0;
  if (parent.is_root()) {
    auto row = StepRows(store_).counts(run.summary.id);
    if (!row) return row.error();
    const bool is_known = *row && (*row)->fan_out == fan_out.number && !(*row)->counts.is_partial();
    if (is_known) {
      // Elements are counted when they begin, at their first step.
      const StepIndex first = first_step_inside(*fan_out.step);
      const std::int64_t begun = first == no_step ? 0 : (*row)->counts.of(first).all();
      return static_cast<std::uint32_t>(
          std::clamp(begun, std::int64_t{stored}, std::int64_t{std::max(fan_out.count, stored)}));
    }
  }
  BegunElements begun(fan_out);
  ReadBudget budget{limits::step_page_elements_max};
  Outcome problem = Done{};
  auto scanned =
      table.children(run.summary.id, parent, fan_out.number,
                     [&](std::uint32_t index, const std::vector<storage::JournalPage>& pages) {
                       if (!budget.may_go_on()) return false;
                       budget.read(pages);
                       const auto events = events_of(pages, *run.secrets);
                       problem = events ? begun.meet(index, *events) : Outcome(events.error());
                       return problem.ok();
                     });
  if (!scanned) return scanned.error();
  if (!problem) return problem.error();
  if (stored > 0) begun.pass_to(stored - 1);
  return begun.end();
}

Result<StepCounts> RunDetails::read_counts_of(Run& run,
                                              const std::shared_ptr<const Workflow>& workflow,
                                              const BranchPath& parent, StepIndex fan_out,
                                              std::size_t& elements_left) const {
  StepCounts counts;
  Outcome problem = Done{};
  std::vector<std::pair<std::uint32_t, StepIndex>> inner;
  const auto count = [&](std::uint32_t index, const std::vector<storage::JournalPage>& pages) {
    const auto events = events_of(pages, *run.secrets);
    if (!events) return Outcome(events.error());
    StepCounter counter(workflow, StepCounter::Inside::left_out);
    try {
      for (const Event& event : *events) {
        counter.meet(event);
        const auto* const opened = std::get_if<FanOutOpened>(&event.body);
        if (opened != nullptr) inner.emplace_back(index, opened->step);
      }
    } catch (const BugFound& bug) {
      return Outcome(Error(ErrorCode::corrupt_data,
                           std::string("a journal does not fit its workflow: ") + bug.what()));
    }
    counts.add(counter.take_changes());
    return Outcome(Done{});
  };
  auto scanned = ExecutionTable(store_).children(
      run.summary.id, parent, fan_out,
      [&](std::uint32_t index, std::vector<storage::JournalPage> pages) {
        if (elements_left == 0) {
          counts.mark_partial();
          return false;
        }
        --elements_left;
        problem = count(index, pages);
        return problem.ok();
      });
  if (!scanned) return scanned.error();
  if (!problem) return problem.error();
  for (const auto& [index, step] : inner) {
    auto inside = read_counts_of(run, workflow, parent.child(fan_out, index), step, elements_left);
    if (!inside) return inside.error();
    counts.add(*inside);
  }
  return counts;
}

Result<RunDetails::Graph> RunDetails::graph(const ProjectId& project,
                                            const ExecutionId& execution) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  Graph graph;
  graph.summary = run->summary;
  const auto version = storage::ProjectTable(store_).version(project, run->summary.workflow,
                                                             run->versions->last().version);
  if (!version) return version.error();
  if (*version) {
    auto definition = parse_json((*version)->definition, limits::stored_depth_max);
    if (definition) graph.definition = std::move(*definition);
  }
  auto inside = counts_inside(*run);
  if (!inside) return inside.error();
  graph.is_partial = inside->is_partial();
  const VersionsOfRun& versions = *run->versions;
  const StepFinding trigger =
      trigger_finding(*versions.first(), run->branches->root_events().front());
  StepCount triggered;
  triggered.succeeded = 1;
  triggered.start = trigger.step.start;
  triggered.end = trigger.step.end;
  graph.steps.push_back({trigger_step_id, trigger.step.type, triggered});
  const auto add = [&](const std::string& id, const Step& step) {
    graph.steps.push_back({id, std::string(history_type(step)), StepCount{},
                           std::holds_alternative<FanOutStep>(step.config)});
  };
  for (const Step* const step : versions.last().by_index) add(step->id.text, *step);
  std::map<StepIndex, std::size_t> gone;  // where they are, once they were met
  const auto shown_of = [&](StepIndex number) -> GraphStep& {
    const VersionsOfRun::Place place = versions.at(number);
    if (!place.last && gone.try_emplace(number, graph.steps.size()).second) {
      add(place.shown, place.step);
    }
    GraphStep& shown = graph.steps.at(place.last ? 1 + *place.last : gone.at(number));
    if (versions.has_moved()) shown.version = place.workflow.version;
    return shown;
  };
  for (const StepCount& count : inside->all()) shown_of(count.step).count.add(count);
  Finder finder(Finder::Sizes::left_out, [&](StepFinding&& finding) {
    GraphStep& shown = shown_of(*finding.index);
    ++shown.count.of_status(finding.step.status);
    shown.count.start = finding.step.start;
    shown.count.end = finding.step.end;
    shown.selected_choice = finding.step.selected_choice;
  });
  auto replayed = run->branches->replay({}, finder);
  if (!replayed) return replayed.error();
  const auto fan_outs = run->branches->fan_outs({});
  if (!fan_outs) return fan_outs.error();
  for (const auto& each : **fan_outs) {
    shown_of(each->opened().number).count.elements = each->opened().count;
  }
  return graph;
}

}  // namespace millrace
