// RunDetails::graph, and the counts that it shares with lists.

#include "actors/gateway/run_reading.h"
#include "runtime/base/check.h"
#include "runtime/execution/step_counter.h"
#include "storage/tables/project_table.h"
#include "storage/tables/step_rows.h"

namespace millrace {

using storage::ExecutionTable;
using storage::StepRows;

Result<StepCounts> RunDetails::counts_inside(Run& run) const {
  const auto fan_outs = run.branches->fan_outs({});
  if (!fan_outs) return fan_outs.error();
  StepCounts all;
  for (const auto& each : **fan_outs) {
    auto counts = counts_of(run, each->opened());
    if (!counts) return counts.error();
    all.add(*counts);
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
    is_known = *row && (*row)->fan_out == fan_out.step->index;
    if (is_known) counts = std::move((*row)->counts);
  }
  if (!is_known) {
    std::size_t elements_left = limits::counted_elements_max;
    auto read = read_counts_of(run, {}, fan_out.step->index, elements_left);
    if (!read) return read.error();
    counts = std::move(*read);
    // What stood when an old version ended the fan-out has no event of its own.
    if (!fan_out.is_open()) counts.cut_off();
  }
  const auto& body = std::get<FanOutStep>(fan_out.step->config).steps;
  if (!fan_out.is_open() || body.empty()) return counts;
  // Elements that may have begun, with nothing on the disk yet, run their first step. Of those that have
  // something, each is counted there.
  const auto last = ExecutionTable(store_).last_child(run.summary.id, {}, fan_out.step->index);
  if (!last) return last.error();
  const std::int64_t begun = (*last ? std::int64_t{**last} + 1 : 0) + may_have_begun(fan_out);
  StepCount& first = counts.of(body.front().index);
  const std::int64_t unseen = std::min(begun, std::int64_t{fan_out.count}) - first.all();
  if (unseen > 0) {
    first.executing += unseen;
    first.start = std::min(first.start.value_or(fan_out.inside.began), fan_out.inside.began);
  }
  return counts;
}

Result<StepCounts> RunDetails::read_counts_of(Run& run, const BranchPath& parent, StepIndex fan_out,
                                              std::size_t& elements_left) const {
  StepCounts counts;
  Outcome problem = Done{};
  std::vector<std::pair<std::uint32_t, StepIndex>> inner;
  const auto count = [&](std::uint32_t index, const std::vector<storage::JournalPage>& pages) {
    const auto events = events_of(pages, *run.secrets);
    if (!events) return Outcome(events.error());
    StepCounter counter(run.workflow, StepCounter::Inside::left_out);
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
    auto inside = read_counts_of(run, parent.child(fan_out, index), step, elements_left);
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
  graph.workflow = run->workflow;
  const auto version =
      storage::ProjectTable(store_).version(project, run->summary.workflow, run->summary.version);
  if (!version) return version.error();
  if (*version) {
    auto definition = parse_json((*version)->definition, limits::stored_depth_max);
    if (definition) graph.definition = std::move(*definition);
  }
  auto inside = counts_inside(*run);
  if (!inside) return inside.error();
  graph.is_partial = inside->is_partial();
  const StepFinding trigger = trigger_finding(*run->workflow, run->branches->root_events().front());
  StepCount triggered;
  triggered.succeeded = 1;
  triggered.start = trigger.step.start;
  triggered.end = trigger.step.end;
  graph.steps.push_back({trigger_step_id, trigger.step.type, triggered});
  for (const Step* const step : run->workflow->by_index) {
    graph.steps.push_back({step->id.text, std::string(history_type(*step)), inside->of(step->index),
                           std::holds_alternative<FanOutStep>(step->config)});
  }
  Finder finder(std::nullopt, Finder::Sizes::left_out, [&](StepFinding&& finding) {
    GraphStep& shown = graph.steps.at(1 + *finding.index);
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
    graph.steps.at(1 + each->opened().step->index).count.elements = each->opened().count;
  }
  return graph;
}

}  // namespace millrace
