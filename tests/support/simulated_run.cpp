#include "tests/support/simulated_run.h"

#include "runtime/base/check.h"
#include "runtime/execution/branch_snapshot.h"
#include "runtime/execution/mask_event.h"
#include "runtime/requests/response_value.h"

#include <algorithm>

namespace millrace {
namespace {

// Far more than any test needs: a machine that asks for the same thing for ever fails its test.
constexpr std::size_t moves_max = 200'000;

}  // namespace

struct SimulatedRun::Branch {
  enum class State : std::uint8_t {
    ready,    // to be planned
    calling,  // a function runs, or a request has been sent
    waiting,  // until `due`
    fan_out,  // children run
    ended,
  };
  struct FanOut {
    FanOut(const BranchMachine& machine, const Step& fan_out_step, std::uint32_t count)
        : step(fan_out_step),
          progress(machine.workflow(), fan_out_step, count),
          items(machine.fan_out_items()),
          scope(machine.freeze_scope()) {}

    const Step& step;
    FanOutProgress progress;
    Json items;
    std::shared_ptr<const BranchScope> scope;
    std::map<std::uint32_t, std::unique_ptr<Branch>> children;
  };

  Branch(BranchPath branch_path, BranchMachine branch_machine)
      : path(std::move(branch_path)), machine(std::move(branch_machine)) {}

  bool has_call() const {
    if (state == State::calling) return true;
    if (!fan_out) return false;
    return std::any_of(fan_out->children.begin(), fan_out->children.end(),
                       [](const auto& child) { return child.second->has_call(); });
  }

  bool is_delayed() const {
    if (!fan_out) return machine.is_delayed();
    return !fan_out->children.empty() &&
           std::all_of(fan_out->children.begin(), fan_out->children.end(),
                       [](const auto& child) { return child.second->is_delayed(); });
  }

  BranchPath path;
  BranchMachine machine;
  State state = State::ready;
  Instant due{};
  struct Request {
    Attempt attempt;
    HttpRequest http;
  };
  const Attempt& attempt() const {
    const auto* const request = std::get_if<Request>(&call);
    return request != nullptr ? request->attempt : std::get<RunFunction>(call).attempt;
  }
  std::variant<RunFunction, Request> call;
  Instant call_started{};
  std::unique_ptr<FanOut> fan_out;
};

SimulatedRun::SimulatedRun(std::shared_ptr<const Workflow> workflow, SimulatedWorld world,
                           Options options)
    : workflow_(std::move(workflow)),
      world_(std::move(world)),
      options_(options),
      random_(options.seed) {}

SimulatedRun::SimulatedRun(std::shared_ptr<const Workflow> workflow, SimulatedWorld world)
    : SimulatedRun(std::move(workflow), std::move(world), Options{}) {}

SimulatedRun::~SimulatedRun() = default;

ExecutionId SimulatedRun::id() {
  return *ExecutionId::parse("019b76da-a800-8007-8000-000000000001");
}

void SimulatedRun::start(const RunStart& start) {
  root_ = std::make_unique<Branch>(BranchPath{}, BranchMachine(workflow_, id()));
  ExecutionStarted started;
  started.project = workflow_->project;
  started.user = UserId("ada");
  started.workflow = workflow_->id;
  started.version = workflow_->version;
  Json trigger = start.trigger;
  const auto interned = intern_files(trigger, files_.keeper());
  CHECK(interned.ok(), "a run was started with a file that is none");
  started.trigger = share(std::move(trigger));
  started.is_test = start.is_test;
  started.trace = start.trace;
  started.settings = share(start.settings);
  started.user_meta = share(start.user_meta);
  record(*root_, std::move(started));
}

const BranchMachine& SimulatedRun::root() const {
  CHECK(root_ != nullptr, "the run has not been started");
  return root_->machine;
}

ExecutionStatus SimulatedRun::status() const {
  return root_ && root_->is_delayed() ? ExecutionStatus::delayed : root().status();
}

// --- moves
// ------------------------------------------------------------------------------------------

bool SimulatedRun::move() {
  std::vector<Branch*> movable;
  collect_movable(*root_, false, movable);
  if (movable.empty()) return false;
  CHECK(++moves_ < moves_max, "a run does not come to rest");
  const std::size_t chosen =
      options_.order == Order::sequential ? 0 : random_.below(movable.size());
  move_branch(*movable[chosen]);
  const bool has_progress = journal_.size() > events_at_crash_;
  if (options_.crashes == Crashes::often && has_progress && random_.one_of(1, 2)) {
    crash_and_reopen(random_.one_of(1, 2) ? Reopen::by_replay : Reopen::through_snapshot);
  }
  return true;
}

void SimulatedRun::collect_movable(Branch& branch, bool is_stopping,
                                   std::vector<Branch*>& movable) {
  using State = Branch::State;
  switch (branch.state) {
    case State::ready:
      if (!is_stopping) movable.push_back(&branch);
      return;
    case State::calling:
      if (!held_.contains(workflow().by_index[branch.attempt().step]->id.text)) {
        movable.push_back(&branch);
      }
      return;
    case State::waiting:
      if (!is_stopping && branch.due <= now_) movable.push_back(&branch);
      return;
    case State::fan_out: {
      if (!is_stopping && has_timed_out(branch)) {
        movable.push_back(&branch);
        return;
      }
      // Under a failing fan-out, running steps are finished and nothing else begins.
      const bool stops_children = is_stopping || branch.fan_out->progress.is_failing();
      const std::size_t before = movable.size();
      for (auto& [index, child] : branch.fan_out->children) {
        collect_movable(*child, stops_children, movable);
      }
      const bool has_nothing_to_do = branch.fan_out->children.empty() && before == movable.size();
      if (!is_stopping && has_nothing_to_do) movable.push_back(&branch);
      return;
    }
    case State::ended:
      return;
  }
}

bool SimulatedRun::has_timed_out(const Branch& branch) const {
  const auto deadline = branch.machine.waiting_until();
  return deadline && *deadline <= now_;
}

void SimulatedRun::move_branch(Branch& branch) {
  if (branch.state == Branch::State::calling) {
    answer(branch);
  } else if (branch.state == Branch::State::fan_out && has_timed_out(branch)) {
    const Effect effect = branch.machine.plan(now_, world_.values);
    leave_fan_out(branch);
    record(branch, std::get<RecordEvent>(effect).event);
  } else if (branch.state == Branch::State::fan_out) {
    const auto& fan_out = *branch.fan_out;
    auto joined = fan_out.progress.conclude(branch.machine.step_started(),
                                            to_text(branch.machine.current_input()).size());
    branch.fan_out.reset();
    record(branch, std::move(joined));
  } else {
    const Effect effect = branch.machine.plan(now_, world_.values);
    std::visit([&](const auto& each) { carry_out(branch, each); }, effect);
  }
  settle_children(*root_);
}

void SimulatedRun::carry_out(Branch& branch, const RecordEvent& effect) {
  record(branch, effect.event);
}

void SimulatedRun::carry_out(Branch& branch, const RunFunction& effect) {
  RunFunction call = effect;
  world_.values.redact(call.attempt.accounts, call.attempt.redaction);
  branch.call = std::move(call);
  branch.call_started = now_;
  branch.state = Branch::State::calling;
}

void SimulatedRun::carry_out(Branch& branch, const SendRequest& effect) {
  branch.call_started = now_;
  Attempt attempt = effect.attempt;
  world_.values.redact(attempt.accounts, attempt.redaction);
  auto request = request_to_send(effect, attempt.redaction);
  if (!request) {
    record(branch,
           branch.machine.attempt_failed(attempt, now_, {request.error()}, now_, options_.jitter));
    return;
  }
  note_sent(branch, *request, attempt.number);
  branch.call = Branch::Request{std::move(attempt), std::move(*request)};
  branch.state = Branch::State::calling;
}

Result<HttpRequest> SimulatedRun::request_to_send(const SendRequest& effect,
                                                  Redaction& redaction) const {
  auto request = send_with(effect.request, files_.reader());
  if (!request || !effect.credential) return request;
  const auto credential = world_.values.credential(effect.credential->credential.integration);
  if (!credential) return credential.error();
  auto authorized = authorize(*request, effect.credential->auth, **credential, redaction);
  if (!authorized) return authorized.error();
  return request;
}

void SimulatedRun::carry_out(Branch& branch, const WaitUntil& effect) {
  if (effect.due > now_) {
    branch.due = effect.due;
    branch.state = Branch::State::waiting;
    return;
  }
  CHECK(effect.why == WaitUntil::Why::delay, "a retry that is due was not planned as a call");
  record(branch, DelayElapsed{effect.step});
}

void SimulatedRun::carry_out(Branch& branch, const RunFanOut&) { open_fan_out(branch); }

void SimulatedRun::carry_out(Branch& branch, const BranchEnded&) {
  branch.state = Branch::State::ended;
}

void SimulatedRun::answer(Branch& branch) {
  secrets_.add_all(branch.attempt().redaction);
  if (std::holds_alternative<Branch::Request>(branch.call)) {
    answer_request(branch);
  } else {
    answer_function(branch);
  }
}

void SimulatedRun::answer_function(Branch& branch) {
  const auto& call = std::get<RunFunction>(branch.call);
  FunctionOutcome outcome = world_.functions.answer(
      *call.source, expand_file_handles(call.parameters, files_.reader()), call.attempt.number);
  Result<Json> value =
      outcome.result.ok() ? parse_json(*outcome.result) : Result<Json>(outcome.result.error());
  if (value) {
    if (auto interned = intern_files(*value, files_.keeper()); !interned) {
      value = interned.error();
    }
  }
  if (value) {
    record(branch,
           BranchMachine::function_completed(call.attempt, branch.call_started, std::move(*value),
                                             std::move(outcome.console)));
    return;
  }
  const Error error = outcome.result.ok() ? Error(ErrorCode::function_output,
                                                  "the result is " + value.error().message)
                                          : outcome.result.error();
  record(branch,
         branch.machine.attempt_failed(call.attempt, branch.call_started,
                                       {error, std::move(outcome.console)}, now_, options_.jitter));
}

void SimulatedRun::answer_request(Branch& branch) {
  const auto& [attempt, request] = std::get<Branch::Request>(branch.call);
  const std::string& step = workflow().by_index[attempt.step]->id.text;
  // One that was paused asks again within its attempt.
  const std::uint32_t asked = attempt.number + branch.machine.pauses();
  const HttpOutcome outcome = world_.requests.answer({step, request, asked});
  if (!outcome) {
    record(branch, branch.machine.attempt_failed(attempt, branch.call_started, {outcome.error()},
                                                 now_, options_.jitter));
    return;
  }
  auto body = body_of(*outcome, request.url);
  if (!body) {
    record(branch, branch.machine.attempt_failed(attempt, branch.call_started, {body.error()}, now_,
                                                 options_.jitter));
    return;
  }
  record(branch, branch.machine
                     .request_answered(attempt, branch.call_started, *outcome, std::move(*body),
                                       now_, options_.jitter)
                     .event);
}

/// As the workflow sees it.
Result<Json> SimulatedRun::body_of(const HttpResponse& response, const std::string& url) {
  auto body = read_body(response, url);
  if (!body) return body.error();
  if (auto* const value = std::get_if<Json>(&*body)) {
    ignore_result(intern_files(*value, files_.keeper()), "what only looks like one stays");
    return std::move(*value);
  }
  const auto& file = std::get<FileContent>(*body);
  return file_object({file.name, file.mime_type, files_.keep(*response.body)});
}

void SimulatedRun::note_sent(const Branch& branch, const HttpRequest& request,
                             std::uint32_t attempt) {
  const std::string& step = branch.machine.current_step()->id.text;
  auto& requests = sent_[step][branch.path];
  const auto is_same = [&](const Sent& each) {
    return each.attempt == attempt && each.request.url == request.url &&
           idempotency_key_of(each.request) == idempotency_key_of(request);
  };
  const auto again = std::find_if(requests.begin(), requests.end(), is_same);
  if (again == requests.end()) {
    requests.push_back({attempt, request});
  } else {
    again->request = request;
  }
}

std::vector<HttpRequest> SimulatedRun::sent(const std::string& step) const {
  std::vector<HttpRequest> all;
  const auto found = sent_.find(step);
  if (found == sent_.end()) return all;
  for (const auto& [path, requests] : found->second) {
    for (const auto& each : requests) all.push_back(each.request);
  }
  return all;
}

void SimulatedRun::record(Branch& branch, EventBody body) {
  mask_shown(body, secrets_);
  const Event event{now_, std::move(body)};
  branch.machine.apply(event);
  journal_.append(branch.path, event);
  branch.state = branch.machine.has_ended() ? Branch::State::ended : Branch::State::ready;
}

// --- fan-out
// ----------------------------------------------------------------------------------------

void SimulatedRun::open_fan_out(Branch& branch) {
  const StepIndex number = *branch.machine.open_fan_out_number();
  const auto count = static_cast<std::uint32_t>(branch.machine.fan_out_items().get_array().size());
  branch.fan_out =
      std::make_unique<Branch::FanOut>(branch.machine, *branch.machine.current_step(), count);
  branch.state = Branch::State::fan_out;
  Branch::FanOut& fan_out = *branch.fan_out;
  for (const auto index : journal_.children(branch.path, number)) {
    fan_out.progress.mark_started(index);
    const BranchMachine fresh(branch.machine.shared_workflow(), fan_out.scope, fan_out.step,
                              fan_out.items.get_array()[index], index);
    fan_out.children[index] = load(branch.path.child(number, index), fresh);
  }
}

void SimulatedRun::leave_fan_out(Branch& branch) {
  if (!branch.fan_out) return;
  for (const auto& [index, child] : branch.fan_out->children) {
    if (child->machine.events_applied() == 0) journal_.note_begun(child->path);
    leave_fan_out(*child);
  }
  branch.fan_out.reset();
}

void SimulatedRun::start_children(Branch& branch) {
  Branch::FanOut& fan_out = *branch.fan_out;
  while (const auto index = fan_out.progress.start_next()) {
    BranchMachine machine(branch.machine.shared_workflow(), fan_out.scope, fan_out.step,
                          fan_out.items.get_array()[*index], *index);
    fan_out.children[*index] = std::make_unique<Branch>(
        branch.path.child(*branch.machine.open_fan_out_number(), *index), std::move(machine));
  }
  most_children_ = std::max(most_children_, fan_out.children.size());
}

void SimulatedRun::settle_children(Branch& branch) {
  if (!branch.fan_out) return;
  Branch::FanOut& fan_out = *branch.fan_out;
  for (auto& [index, child] : fan_out.children) settle_children(*child);
  std::erase_if(fan_out.children, [&](const auto& entry) {
    const auto& [index, child] = entry;
    if (!child->machine.has_ended()) return false;
    fan_out.progress.settle(index, result_of(child->machine, fan_out.step));
    return true;
  });
  if (fan_out.progress.is_failing()) {
    std::erase_if(fan_out.children, [&](const auto& entry) {
      const auto& [index, child] = entry;
      if (child->has_call()) return false;
      fan_out.progress.abandon(index);
      return true;
    });
  }
  start_children(branch);
}

// --- time
// -------------------------------------------------------------------------------------------

void SimulatedRun::run_until_waiting() {
  while (move()) {
  }
}

std::optional<Instant> SimulatedRun::next_due() const {
  std::optional<Instant> earliest;
  const auto visit = [&](const auto& self, const Branch& branch) -> void {
    const std::optional<Instant> due = branch.state == Branch::State::waiting ? branch.due
                                       : branch.state == Branch::State::fan_out
                                           ? branch.machine.waiting_until()
                                           : std::nullopt;
    if (due && (!earliest || *due < *earliest)) earliest = due;
    if (!branch.fan_out) return;
    for (const auto& [index, child] : branch.fan_out->children) self(self, *child);
  };
  visit(visit, *root_);
  return earliest;
}

void SimulatedRun::advance(Millis by) {
  const Instant target = now_ + by;
  run_until_waiting();
  for (auto due = next_due(); due && *due <= target; due = next_due()) {
    now_ = std::max(now_, *due);
    run_until_waiting();
  }
  now_ = target;
}

void SimulatedRun::run_to_end() {
  run_until_waiting();
  while (!root().has_ended()) {
    const auto due = next_due();
    CHECK(due.has_value(), "the run neither ends nor waits for anything");
    now_ = std::max(now_, *due);
    run_until_waiting();
  }
}

// --- interruptions
// ----------------------------------------------------------------------------------

void SimulatedRun::cancel() {
  if (root().has_ended()) return;
  leave_fan_out(*root_);  // late answers find nobody
  record(*root_, CancelRequested{});
}

std::optional<Obstacle> SimulatedRun::migrate(const Migration& migration) {
  auto moved = migration.of_run(root_->machine, journal_.size() > 1);
  if (auto* const obstacle = std::get_if<Obstacle>(&moved)) return std::move(*obstacle);
  versions_[migration.to().version] = std::get<ExecutionMigrated>(moved).workflow;
  record(*root_, std::move(std::get<ExecutionMigrated>(moved)));
  // It was not in memory, and neither are its elements.
  crash_and_reopen(reopen_);
  return std::nullopt;
}

std::vector<Event> SimulatedRun::root_events() const {
  auto events = journal_.events({});
  const auto found = put_in_versions(
      events, [this](WorkflowVersion version) -> Result<std::shared_ptr<const Workflow>> {
        return versions_.at(version);
      });
  CHECK(found.ok(), "a run moved to a version that nobody knows");
  return events;
}

std::shared_ptr<const VersionsOfRun> SimulatedRun::versions() const {
  return std::make_shared<const VersionsOfRun>(workflow_, root_events());
}

void SimulatedRun::crash_and_reopen(Reopen how, std::size_t lost_events) {
  root_.reset();
  journal_.lose_last(std::min(lost_events, journal_.size() - 1));
  events_at_crash_ = journal_.size();
  reopen_ = how;
  root_ = load(BranchPath{}, BranchMachine(workflow_, id()));
}

std::unique_ptr<SimulatedRun::Branch> SimulatedRun::load(const BranchPath& path,
                                                         const BranchMachine& fresh) {
  const auto events = path.is_root() ? root_events() : journal_.events(path);
  BranchMachine machine = fresh;
  for (const auto& event : events) machine.apply(event);
  if (reopen_ == Reopen::through_snapshot) {
    const std::size_t first = path.is_root() ? 1 : 0;
    const std::size_t covered = first + random_.below(events.size() - first + 1);
    BranchMachine before = fresh;
    for (std::size_t i = 0; i < covered; ++i) before.apply(events[i]);
    BranchMachine restored = path.is_root() ? BranchMachine(before.shared_workflow(), id()) : fresh;
    const auto outcome = BranchSnapshotCodec::restore(restored, BranchSnapshotCodec::write(before));
    CHECK(outcome.ok(), "a snapshot that was written cannot be read");
    for (std::size_t i = covered; i < events.size(); ++i) restored.apply(events[i]);
    CHECK(BranchSnapshotCodec::write(restored) == BranchSnapshotCodec::write(machine),
          "a snapshot led to another state than the replay of the journal");
    machine = std::move(restored);
  }
  auto branch = std::make_unique<Branch>(path, std::move(machine));
  if (branch->machine.has_ended()) branch->state = Branch::State::ended;
  return branch;
}

}  // namespace millrace
