// RunDetails::steps and open_steps: a run's steps, page by page.

#include "actors/gateway/run_reading.h"
#include "storage/tables/step_rows.h"

#include <set>

namespace millrace {

using storage::ExecutionTable;
using storage::FailedStep;
using storage::StepRows;

Result<RunDetails::Page> RunDetails::steps(const ProjectId& project, const ExecutionId& execution,
                                           const StepQuery& query) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  const auto fan_outs = run->branches->fan_outs({});
  if (!fan_outs) return fan_outs.error();
  const bool are_listed =
      std::all_of((*fan_outs)->begin(), (*fan_outs)->end(),
                  [](const auto& each) { return each->opened().lists_failures; });
  const bool wants_failed = query.statuses == std::vector<std::string>{"FAILED"};
  Page page;
  if (wants_failed && are_listed && query.indexes.empty()) {
    auto failed = failed_page(*run, query);
    if (!failed) return failed.error();
    page = std::move(*failed);
  } else {
    ReadBudget budget{limits::step_page_elements_max};
    auto walked = walk_of(*run, budget).page(query);
    if (!walked) return walked.error();
    page.steps = std::move(walked->steps);
    page.next = std::move(walked->next);
  }
  mask(page.steps, *run->secrets);
  auto total = total_of(*run, query);
  if (!total) return total.error();
  page.total = *total;
  return page;
}

/// What matches, outside of fan-outs by looking, inside by the counts.
Result<std::optional<std::size_t>> RunDetails::total_of(Run& run, const StepQuery& query) const {
  std::optional<std::size_t> total;
  if (!query.indexes.empty()) return total;
  auto inside = counts_inside(run);
  if (!inside) return inside.error();
  if (inside->is_partial()) return total;
  const auto matches = [&](std::string_view step, std::string_view status) {
    const auto& statuses = query.statuses;
    return (!query.step || *query.step == step) &&
           (statuses.empty() ||
            std::find(statuses.begin(), statuses.end(), status) != statuses.end());
  };
  std::size_t found = matches(trigger_step_id, "SUCCEEDED") ? 1 : 0;
  Finder finder(Finder::Sizes::left_out, [&](StepFinding&& finding) {
    if (matches(finding.step.step.text, finding.step.status)) ++found;
  });
  auto replayed = run.branches->replay({}, finder);
  if (!replayed) return replayed.error();
  for (StepCount count : inside->all()) {
    const std::string& step = run.versions->at(count.step).shown;
    for (const char* status : {"SUCCEEDED", "FAILED", "CANCELLED", "EXECUTING", "DELAYED"}) {
      if (matches(step, status)) {
        found += static_cast<std::size_t>(std::max<std::int64_t>(0, count.of_status(status)));
      }
    }
  }
  total = found;
  return total;
}

Result<RunDetails::Page> RunDetails::failed_page(Run& run, const StepQuery& query) const {
  // Rows of elements go by their step's index in the version that their fan-out was opened under.
  std::set<std::optional<StepIndex>> rows_of;
  if (query.step) {
    for (const StepIndex number : run.versions->named(*query.step)) {
      rows_of.insert(run.versions->at(number).step.index);
    }
  } else {
    rows_of.insert(std::nullopt);
  }
  const auto is_wanted = [&](StepIndex, const std::string& id) {
    return !query.step || id == *query.step;
  };
  std::optional<FailedStep> after;
  if (query.after && query.after->step) after = FailedStep{*query.after->step, query.after->branch};
  std::vector<FailedStep> failed;
  Finder finder(is_wanted, Finder::Sizes::left_out, [&](StepFinding&& finding) {
    FailedStep step{*finding.index, {}};
    if (finding.step.status == "FAILED" && (!after || step > *after)) {
      failed.push_back(std::move(step));
    }
  });
  auto replayed = run.branches->replay({}, finder);
  if (!replayed) return replayed.error();
  for (const auto& only : rows_of) {
    std::size_t found = 0;
    auto read = StepRows(store_).failed(run.summary.id, only, after, [&](FailedStep step) {
      if (!is_wanted(step.step, run.versions->at(step.branch, step.step).shown)) return true;
      failed.push_back(std::move(step));
      return ++found <= query.limit;
    });
    if (!read) return read.error();
  }
  std::sort(failed.begin(), failed.end());
  Page page;
  if (failed.size() > query.limit) {
    failed.resize(query.limit);
    page.next = StepPosition{failed.back().branch, failed.back().step};
  }
  for (const FailedStep& each : failed) {
    Finder taker(each.step, Finder::Sizes::measured,
                 [&](StepFinding&& finding) { page.steps.push_back(std::move(finding.step)); });
    auto found = run.branches->replay(each.branch, taker);
    if (!found) return found.error();
  }
  return page;
}

StepWalk RunDetails::walk_of(Run& run, ReadBudget& budget) const {
  const ExecutionId id = run.summary.id;
  const auto children = [this, id, &run, &budget](const BranchPath& parent, StepIndex fan_out,
                                                  std::uint32_t from,
                                                  const StepHistory::TakeChild& take) -> Outcome {
    Outcome problem = Done{};
    auto scanned = ExecutionTable(store_).children(
        id, parent, fan_out,
        [&](std::uint32_t index, std::vector<storage::JournalPage> pages) {
          budget.read(pages);
          auto events = events_of(pages, *run.secrets);
          if (!events) problem = events.error();
          return problem.ok() && take(index, *events);
        },
        from);
    return scanned ? problem : scanned;
  };
  const auto begun_end = [this, &run](const BranchPath& parent, const OpenedFanOut& fan_out) {
    return this->begun_end(run, parent, fan_out);
  };
  return StepWalk(*run.branches, children, begun_end, [&budget] { return budget.may_go_on(); });
}

Result<RunDetails::OpenStepList> RunDetails::open_steps(const ProjectId& project,
                                                        const ExecutionId& execution) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  OpenStepList open{run->summary, {}};
  if (is_final(run->summary.status)) return open;
  StepQuery query;
  query.statuses = {"EXECUTING", "DELAYED"};
  query.limit = limits::step_executions_shown_max;
  ReadBudget budget{limits::counted_elements_max};
  auto page = walk_of(*run, budget).page(query);
  if (!page) return page.error();
  open.steps = std::move(page->steps);
  open.is_partial = page->next.has_value();
  return open;
}

}  // namespace millrace
