#include "actors/tree/branch_actor.h"

#include <algorithm>

#include "actors/supervision/crash_reason.h"
#include "actors/tree/fan_out_child_actor.h"
#include "runtime/base/check.h"
#include "runtime/execution/branch_snapshot.h"

namespace millrace {
namespace {

using storage::ExecutionTable;
using storage::TimerTable;
using storage::Urgency;

/// Unloading is worth a snapshot only if it saves a replay of some length.
constexpr std::uint64_t snapshot_before_sleep_events = 16;

double random_jitter(Random& random) {
  std::uint16_t bits = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&bits), sizeof bits});
  return static_cast<double>(bits) / 32767.5 - 1.0;
}

}  // namespace

BranchActor::BranchActor(caf::actor_config& config, const NodeServices& services,
                         BranchIdentity identity, LoadedBranch branch)
    : caf::event_based_actor(config),
      services_(services),
      identity_(std::move(identity)),
      machine_(std::move(branch.machine)),
      events_in_snapshot_(branch.events_in_snapshot),
      found_(std::move(branch.children)) {
  if (const auto due = machine_.waiting_until()) {
    armed_ = timer_at(*due);
  }
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { handle(message); });
}

void BranchActor::on_exit() {
  // Children are part of this branch: without it nobody would join them.
  if (!fan_out_) return;
  for (auto& [index, child] : fan_out_->children) {
    if (child.actor) send_exit(child.actor, stopped_reason);
  }
  fan_out_.reset();
}

caf::message_handler BranchActor::branch_messages() {
  return {
      [this](FunctionFinished& message) { handle(message); },
      [this](const TimerFired& message) { handle(message); },
      [this](const CommitFailed& message) { handle(message); },
      [this](const CommitDone& message) { handle(message); },
      [this](ChildSettled& message) { handle(message); },
      [this](const ChildAsleep& message) { handle(message); },
      [this](const ChildAbandoned& message) { handle(message); },
      [this](ChildLoaded& message) { handle(message); },
  };
}

// --- the loop -------------------------------------------------------------------------------------

void BranchActor::advance() {
  falling_asleep_ = false;
  bool go_on = true;
  // Workflows have no loops, so a branch records a few events per step at most.
  std::size_t rounds_left = 4 * machine_.workflow().by_index.size() + 8;
  while (go_on) {
    CHECK(rounds_left-- > 0, "a machine does not come to rest");
    if (must_stop() && !machine_.has_ended()) {
      flush(Urgency::lazy);
      on_stopped();
      return;
    }
    // One time for the decision and the event that records it: a delay's wait begins when it says so.
    const Instant planned = now();
    Effect effect = machine_.plan(planned);
    go_on = std::visit([&](auto& each) { return carry_out(each, planned); }, effect);
  }
}

bool BranchActor::carry_out(RecordEvent& effect, Instant planned) {
  record(std::move(effect.event), planned);
  return true;
}

bool BranchActor::carry_out(RunFunction& effect, Instant planned) {
  const caf::actor self(this);
  FunctionCall call{effect.source, effect.parameters};
  in_flight_ = InFlight{std::move(effect), planned};
  services_.functions.run(
      std::move(call), [self, step = in_flight_->call.step,
                        attempt = in_flight_->call.attempt](FunctionOutcome outcome) {
        caf::anon_send(self, FunctionFinished{step, attempt,
                                              std::make_shared<FunctionOutcome>(std::move(outcome))});
      });
  flush();
  return false;
}

bool BranchActor::carry_out(const WaitUntil& effect, Instant planned) {
  if (effect.due <= planned) {
    if (effect.why == WaitUntil::Why::delay) record(DelayElapsed{effect.step}, planned);
    return true;
  }
  if (effect.due - planned > services_.options.stay_awake) {
    fall_asleep();
  } else {
    flush();
  }
  return false;
}

bool BranchActor::carry_out(const RunFanOut& effect, Instant) {
  CHECK(!fan_out_, "a fan-out was opened twice");
  open_fan_out(effect);
  flush();
  fan_out_changed();
  return false;
}

bool BranchActor::carry_out(const BranchEnded&, Instant) {
  // The result of a child, and the reply of a root, must not overtake the events: flush first.
  flush();
  on_branch_ended();
  return false;
}

// --- journal --------------------------------------------------------------------------------------

void BranchActor::record(EventBody body, Instant at) {
  const Event event{at, std::move(body)};
  if (services_.options.before_record) {
    services_.options.before_record(identity_.execution, event);
  }
  machine_.apply(event);  // refuses what does not fit before it is written
  page_.add(event);
  keep_timer_rows(event);
  respond_if_response(event);
  on_recorded(event);
}

storage::TimerRow BranchActor::timer_at(Instant due) const {
  return {due,
          identity_.execution,
          identity_.path,
          machine_.current_step()->index,
          identity_.project,
          identity_.user};
}

void BranchActor::keep_timer_rows(const Event& event) {
  // Any event of the waiting step ends its wait; the events that begin one arm the next timer.
  if (armed_ && kind_of(event) != EventKind::cancel_requested) {
    TimerTable::remove(batch_, *armed_);
    armed_.reset();
  }
  const auto due = machine_.waiting_until();
  if (!due || armed_) return;
  armed_ = timer_at(*due);
  TimerTable::put(batch_, *armed_);
  services_.timers.schedule(*armed_);
}

void BranchActor::respond_if_response(const Event& event) {
  const auto* completed = std::get_if<StepCompleted>(&event.body);
  if (completed == nullptr || !identity_.reply) return;
  const Step& step = *machine_.workflow().by_index[completed->step];
  if (!std::holds_alternative<ResponseStep>(step.config)) return;
  const auto& output = completed->output->get_object();
  reply_when_durable(RunResponded{identity_.execution,
                                  output.at("statusCode").to_number<int>(), output.at("headers"),
                                  output.at("body")});
}

void BranchActor::reply_when_durable(TriggerReply reply) {
  // The first answer wins (behaviour 2): a later Response step is recorded and does nothing.
  if (!identity_.reply || reply_) return;
  reply_ = std::move(reply);
}

void BranchActor::confirm_when_durable(std::shared_ptr<OutcomeSlot> slot) {
  confirmation_ = std::move(slot);
}

void BranchActor::flush() {
  flush(reply_ || confirmation_ ? Urgency::urgent : Urgency::lazy);
}

void BranchActor::snapshot_if_due(std::uint64_t after_events) {
  if (machine_.events_applied() < events_in_snapshot_ + after_events) return;
  events_in_snapshot_ = machine_.events_applied();
  ExecutionTable::put_snapshot(
      batch_, identity_.execution, identity_.path,
      {machine_.events_applied(), BranchSnapshotCodec::write(machine_)});
}

void BranchActor::flush(Urgency urgency) {
  snapshot_if_due(limits::snapshot_every_events);
  if (!page_.empty()) {
    const auto count = static_cast<std::uint32_t>(page_.count());
    ExecutionTable::put_page(batch_, identity_.execution, identity_.path,
                             {machine_.events_applied() - count + 1, page_.take(), count});
  }
  add_rows(batch_);
  if (batch_.empty() && !reply_ && !falling_asleep_) return;
  batch_.require(services_.ownership.fence(identity_.execution.shard()));
  const caf::actor self(this);
  services_.commits.submit(
      std::exchange(batch_, {}), urgency,
      [self, slot = identity_.reply, reply = std::exchange(reply_, std::nullopt),
       confirmation = std::exchange(confirmation_, nullptr),
       tell = falling_asleep_](const Outcome& outcome) mutable {
        if (!outcome) {
          caf::anon_send(self, CommitFailed{outcome.error()});
          return;
        }
        if (reply) slot->give(std::move(*reply));
        if (confirmation) confirmation->give(Done{});
        if (tell) caf::anon_send(self, CommitDone{});
      },
      identity_.generation);
}

void BranchActor::handle(const CommitFailed& message) {
  // What this incarnation believes is ahead of the disk. Its parent has it rebuilt.
  services_.log(LogLevel::warning, "execution " + identity_.execution.text() +
                                       ": its journal could not be written, it will be rebuilt: " +
                                       message.error.message);
  quit(dropped_reason);
}

// --- functions ------------------------------------------------------------------------------------

void BranchActor::handle(FunctionFinished& message) {
  if (!in_flight_ || in_flight_->call.step != message.step ||
      in_flight_->call.attempt != message.attempt || machine_.has_ended()) {
    ++services_.stats.late_results;
    return;
  }
  const InFlight finished = std::move(*in_flight_);
  in_flight_.reset();
  FunctionOutcome& outcome = *message.outcome;
  Result<Json> value = outcome.result.ok() ? parse_json(*outcome.result)
                                           : Result<Json>(outcome.result.error());
  if (value) {
    record(BranchMachine::function_completed(finished.call, finished.started, std::move(*value),
                                             std::move(outcome.console)));
  } else {
    // The result was not JSON within our bounds (too deep): the function's fault, not the input's.
    const Error error = outcome.result.ok()
                            ? Error(ErrorCode::function_output, "the result is " +
                                                                    value.error().message)
                            : outcome.result.error();
    record(machine_.attempt_failed(finished.call, finished.started, error, std::move(outcome.console),
                                   now(), random_jitter(services_.random)));
  }
  advance();
}

// --- waiting --------------------------------------------------------------------------------------

void BranchActor::handle(const TimerFired& message) {
  const auto depth = identity_.path.elements.size();
  const auto& target = message.timer.branch.elements;
  if (target.size() > depth) {
    wake_child(target[depth], message);
  } else if (armed_ != message.timer) {
    forget_timer(message.timer);
  } else if (!in_flight_) {
    advance();  // a wake-up is a hint: the machine knows what it waits for
  }
}

void BranchActor::wake_child(const BranchPath::Element& element, const TimerFired& message) {
  const bool is_open = fan_out_ && fan_out_->step.index == element.fan_out;
  if (!is_open || !fan_out_->children.contains(element.index)) {
    forget_timer(message.timer);
    return;
  }
  FanOutChild& child = fan_out_->children[element.index];
  if (child.state == FanOutChild::State::asleep) {
    load_child(element.index);
  } else {
    child.mail_sent = true;
    if (child.actor) send(child.actor, message);
  }
}

void BranchActor::forget_timer(const storage::TimerRow& timer) {
  storage::WriteBatch batch;
  batch.require(services_.ownership.fence(identity_.execution.shard()));
  TimerTable::remove(batch, timer);
  services_.commits.submit(std::move(batch), Urgency::lazy, {});
}

void BranchActor::fall_asleep() {
  falling_asleep_ = true;
  snapshot_if_due(snapshot_before_sleep_events);
  flush(Urgency::urgent);
}

void BranchActor::handle(const CommitDone&) {
  if (falling_asleep_) on_asleep();  // otherwise something woke it in between
}

// --- fan-out --------------------------------------------------------------------------------------

void BranchActor::open_fan_out(const RunFanOut& effect) {
  const Step& step = *machine_.workflow().by_index[effect.step];
  fan_out_ = std::make_unique<OpenFanOut>(machine_.workflow(), step, machine_.fan_out_items(),
                                          machine_.freeze_scope(), machine_.step_started());
  FoundChildren found = std::exchange(found_, {});
  for (auto& [index, result] : found.settled) {
    fan_out_->progress.mark_started(index);
    fan_out_->progress.settle(index, std::move(result));
  }
  for (const auto& child : found.begun) {
    fan_out_->progress.mark_started(child.index);
    fan_out_->children[child.index].state = FanOutChild::State::asleep;
  }
  if (fan_out_->progress.is_failing()) {
    stop_children_if_failing();
    return;
  }
  const Instant soon = now() + services_.options.stay_awake;
  for (const auto& child : found.begun) {
    if (!child.due || *child.due <= soon) load_child(child.index);
  }
}

void BranchActor::start_children() {
  while (fan_out_->awake < services_.options.fan_out_children_live_max) {
    const auto index = fan_out_->progress.start_next();
    if (!index) return;
    BranchMachine machine(machine_.shared_workflow(), fan_out_->scope, fan_out_->step,
                          fan_out_->items.get_array()[*index], *index);
    fan_out_->children[*index].state = FanOutChild::State::asleep;
    spawn_child(*index, LoadedBranch{std::move(machine), 0, {}});
  }
}

BranchIdentity BranchActor::child_identity(std::uint32_t index) const {
  BranchIdentity identity = identity_;
  identity.path = identity_.path.child(fan_out_->step.index, index);
  return identity;
}

void BranchActor::spawn_child(std::uint32_t index, LoadedBranch branch) {
  FanOutChild& child = fan_out_->children[index];
  if (child.state == FanOutChild::State::asleep) ++fan_out_->awake;
  child.state = FanOutChild::State::live;
  child.mail_sent = false;
  child.actor = spawn<FanOutChildActor, caf::monitored>(
      services_, child_identity(index), std::move(branch), caf::actor(this), index);
  fan_out_->index_of[child.actor.address()] = index;
}

void BranchActor::load_child(std::uint32_t index) {
  FanOutChild& child = fan_out_->children[index];
  CHECK(child.state == FanOutChild::State::asleep, "a child was loaded that is in memory");
  falling_asleep_ = false;
  child.state = FanOutChild::State::loading;
  ++fan_out_->awake;
  services_.reader.submit([self = caf::actor(this), &services = services_,
                           execution = identity_.execution, path = child_identity(index).path,
                           workflow = machine_.shared_workflow(), scope = fan_out_->scope,
                           item = fan_out_->items.get_array()[index], index] {
    ignore_result(services.commits.commit_and_wait({}), "what was lost is lost: read what is there");
    auto loaded = std::make_shared<Result<LoadedBranch>>(
        services.loader.load_child(execution, path, workflow, scope, item));
    caf::anon_send(self, ChildLoaded{index, std::move(loaded)});
  });
}

void BranchActor::handle(ChildLoaded& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  if (fan_out_->progress.is_failing()) {
    forget_child(message.index);
    fan_out_->progress.abandon(message.index);
    fan_out_changed();
    return;
  }
  if (!message.loaded->ok()) {
    fail_child(message.index, message.loaded->error());
    return;
  }
  spawn_child(message.index, std::move(**message.loaded));
}

void BranchActor::handle(ChildSettled& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  forget_child(message.index);
  fan_out_->progress.settle(message.index, std::move(*message.result));
  stop_children_if_failing();
  fan_out_changed();
}

void BranchActor::handle(const ChildAsleep& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  FanOutChild& child = fan_out_->children[message.index];
  fan_out_->index_of.erase(child.actor.address());
  child.actor = nullptr;
  child.state = FanOutChild::State::asleep;
  --fan_out_->awake;
  if (child.mail_sent) load_child(message.index);
  fan_out_changed();
}

void BranchActor::handle(const ChildAbandoned& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  forget_child(message.index);
  fan_out_->progress.abandon(message.index);
  fan_out_changed();
}

void BranchActor::handle(const caf::down_msg& message) {
  if (!fan_out_) return;
  const auto found =
      fan_out_->index_of.find(caf::actor_cast<caf::actor_addr>(message.source));
  // Whoever ended on purpose has sent its last message before.
  if (found == fan_out_->index_of.end()) return;
  const std::uint32_t index = found->second;
  if (message.reason == dropped_reason) {
    quit(dropped_reason);
    return;
  }
  ++services_.stats.actor_crashes;
  FanOutChild& child = fan_out_->children[index];
  const std::string reason = caf::to_string(message.reason);
  fan_out_->index_of.erase(found);
  child.actor = nullptr;
  child.state = FanOutChild::State::asleep;
  --fan_out_->awake;
  services_.log(LogLevel::error, "execution " + identity_.execution.text() + ": element " +
                                     std::to_string(index) + " crashed: " + reason);
  // A child does not say how far it was, so all its crashes count together.
  if (child.crashes.decide(ActorEnd::crash, 0) == RestartDecision::rebuild) {
    load_child(index);
  } else {
    fail_child(index, Error(ErrorCode::actor_crashed,
                            "crashed three times; this is a bug in Millrace: " + reason));
  }
}

void BranchActor::fail_child(std::uint32_t index, Error error) {
  forget_child(index);
  BranchResult result;
  result.failure = BranchFailure{fan_out_->step.index, std::move(error)};
  fan_out_->progress.settle(index, std::move(result));
  stop_children_if_failing();
  fan_out_changed();
}

void BranchActor::forget_child(std::uint32_t index) {
  const auto found = fan_out_->children.find(index);
  if (found->second.state != FanOutChild::State::asleep) --fan_out_->awake;
  if (found->second.actor) {
    fan_out_->index_of.erase(found->second.actor.address());
    }
  fan_out_->children.erase(found);
}

void BranchActor::stop_children_if_failing() {
  if (!fan_out_->progress.is_failing()) return;
  std::vector<std::uint32_t> sleeping;
  for (auto& [index, child] : fan_out_->children) {
    if (child.actor) send(child.actor, StopAfterStep{});
    if (child.state == FanOutChild::State::asleep) sleeping.push_back(index);
  }
  for (const auto index : sleeping) {
    forget_child(index);
    fan_out_->progress.abandon(index);
  }
}

void BranchActor::fan_out_changed() {
  start_children();
  if (fan_out_->progress.is_settled()) {
    const auto input_bytes = to_text(fan_out_->items).size();
    EventBody conclusion = fan_out_->progress.conclude(fan_out_->started, input_bytes);
    fan_out_.reset();
    record(std::move(conclusion));
    advance();
  } else if (fan_out_->awake == 0) {
    fall_asleep();
  }
}

}  // namespace millrace
