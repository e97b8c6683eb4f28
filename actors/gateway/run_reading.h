#pragma once
// What the parts of RunDetails share: a run that is read, and how its steps are taken.

#include "actors/gateway/run_details.h"
#include "actors/runs/run_secrets.h"
#include "runtime/history/step_walk.h"
#include "storage/tables/execution_table.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace millrace {

/// What is sealed and cannot be opened is shown as it stands in clear.
Result<std::vector<Event>> events_of(const std::vector<storage::JournalPage>& pages,
                                     RunSecrets& secrets);

/// Messages without the run's secrets: part of them is put together when they are read.
inline void mask(std::vector<StepExecution>& steps, const RunSecrets& secrets) {
  const auto known = secrets.known();
  for (StepExecution& step : steps) {
    if (step.error) step.error->message = known->apply(std::move(step.error->message));
  }
}

/// The steps of one branch that somebody asks for.
class Finder final : public BranchListener {
 public:
  using Take = std::function<void(StepFinding&&)>;
  enum class Sizes : std::uint8_t { measured, left_out };
  using Wants = std::function<bool(StepIndex index, const std::string& id)>;

  Finder(Sizes sizes, Take take) : sizes_(sizes), take_(std::move(take)) {}
  /// Nothing else is taken.
  Finder(Wants which, Sizes sizes, Take take)
      : wants_(std::move(which)), sizes_(sizes), take_(std::move(take)) {}
  Finder(StepIndex only, Sizes sizes, Take take)
      : Finder([only](StepIndex index, const std::string&) { return index == only; }, sizes,
               std::move(take)) {}
  bool wants(StepIndex index, const std::string& id) override {
    return !wants_ || wants_(index, id);
  }
  bool wants_sizes() const override { return sizes_ == Sizes::measured; }
  void found(StepFinding&& finding) override { take_(std::move(finding)); }

 private:
  const Wants wants_;  // null: everything
  const Sizes sizes_;
  const Take take_;
};

/// A run that is read.
struct RunDetails::Run {
  ExecutionSummary summary;
  std::shared_ptr<const VersionsOfRun> versions;
  std::shared_ptr<RunSecrets> secrets;
  std::shared_ptr<const RepeatedAttempts> repeated;  // null: none
  std::unique_ptr<RunBranches> branches;
};

/// Reading for one answer: so many elements, and so many bytes of journals.
struct RunDetails::ReadBudget {
  std::size_t elements_left = 0;
  std::size_t bytes_left = limits::step_page_bytes_max;

  void read(const std::vector<storage::JournalPage>& pages) {
    for (const auto& page : pages) bytes_left -= std::min(bytes_left, page.events.size());
  }
  bool may_go_on() {
    if (elements_left == 0 || bytes_left == 0) return false;
    --elements_left;
    return true;
  }
};

}  // namespace millrace
