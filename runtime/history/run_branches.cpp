#include "runtime/history/run_branches.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// Wants nothing: the branch is replayed for its fan-outs.
class Nobody final : public BranchListener {
 public:
  bool wants(StepIndex, const std::string&) override { return false; }
  void found(StepFinding&&) override {}
};

BranchPath parent_of(const BranchPath& path) {
  BranchPath parent = path;
  parent.elements.pop_back();
  return parent;
}

}  // namespace

Result<const JsonArray*> RunBranches::FanOut::items() {
  if (!items_) {
    items_ = std::get<FanOutStep>(opened_.step->config).items.render(*opened_.scope);
    if (!items_->is_array() || items_->get_array().size() != opened_.count) {
      return Error(ErrorCode::corrupt_data,
                   "the elements of a fan-out are not those that it was opened with");
    }
  }
  return &items_->get_array();
}

/// Passes everything on, and keeps the fan-outs.
class RunBranches::Noting final : public BranchListener {
 public:
  Noting(Level& level, BranchListener& listener) : level_(level), listener_(listener) {}
  bool wants(StepIndex index, const std::string& id) override { return listener_.wants(index, id); }
  bool wants_sizes() const override { return listener_.wants_sizes(); }
  void found(StepFinding&& finding) override { listener_.found(std::move(finding)); }
  Outcome opened(const OpenedFanOut& fan_out, const BranchMachine& machine) override {
    level_.fan_outs.push_back(std::make_shared<FanOut>(fan_out));
    return listener_.opened(fan_out, machine);
  }

 private:
  Level& level_;
  BranchListener& listener_;
};

RunBranches::RunBranches(std::shared_ptr<const VersionsOfRun> versions, ExecutionId execution,
                         std::vector<Event> root_events, ReadBranch read,
                         std::shared_ptr<const RepeatedAttempts> repeated)
    : versions_(std::move(versions)),
      execution_(execution),
      root_events_(std::move(root_events)),
      read_(std::move(read)),
      repeated_(std::move(repeated)) {
  CHECK(!root_events_.empty(), "a run is read that has no journal");
}

BranchContext RunBranches::context() const { return root_context(root_events_, repeated_); }

RunBranches::Level& RunBranches::make_level(const BranchPath& path) {
  levels_.resize(std::max(levels_.size(), path.elements.size() + 1));
  auto& level = levels_[path.elements.size()];
  level = std::make_unique<Level>(Level{path, {}});
  return *level;
}

Outcome RunBranches::replay(const BranchPath& path, BranchListener& listener) {
  if (path.is_root()) return replay(path, root_events_, listener);
  const auto fan_out = around(path);
  if (!fan_out) return fan_out.error();
  const auto events = read_(path);
  if (!events) return events.error();
  if (!*events && !(*fan_out)->opened().is_open()) {
    return Error(ErrorCode::not_found, "an element had not begun when its fan-out ended");
  }
  return replay(path, events->value_or(std::vector<Event>()), listener);
}

Outcome RunBranches::replay(const BranchPath& path, const std::vector<Event>& events,
                            BranchListener& listener) {
  if (path.is_root()) {
    Noting noting(make_level(path), listener);
    BranchMachine machine(versions_->first(), execution_);
    return replay_branch(*versions_, machine, path, events, trigger_step_id, context(), noting);
  }
  const auto fan_out = around(path);
  if (!fan_out) return fan_out.error();
  const auto items = (*fan_out)->items();
  if (!items) return items.error();
  const std::uint32_t index = path.elements.back().index;
  if (index >= (*items)->size()) {
    return Error(ErrorCode::not_found, "a fan-out has no element " + std::to_string(index) +
                                           " of " + std::to_string((*items)->size()));
  }
  const OpenedFanOut& opened = (*fan_out)->opened();
  Noting noting(make_level(path), listener);
  BranchMachine machine(opened.workflow, opened.scope, *opened.step, (**items)[index], index);
  return replay_branch(*versions_, machine, path, events, opened.id, opened.inside, noting);
}

Result<const RunBranches::FanOuts*> RunBranches::fan_outs(const BranchPath& path) {
  const std::size_t depth = path.elements.size();
  const bool is_known =
      depth < levels_.size() && levels_[depth] != nullptr && levels_[depth]->path == path;
  if (!is_known) {
    Nobody nobody;
    if (auto replayed = replay(path, nobody); !replayed) return replayed.error();
  }
  return &levels_[depth]->fan_outs;
}

Result<std::shared_ptr<RunBranches::FanOut>> RunBranches::around(const BranchPath& path) {
  const auto opened = fan_outs(parent_of(path));
  if (!opened) return opened.error();
  for (const auto& each : **opened) {
    if (each->opened().number == path.elements.back().fan_out) return each;
  }
  return Error(ErrorCode::not_found, "a fan-out has not begun");
}

}  // namespace millrace
