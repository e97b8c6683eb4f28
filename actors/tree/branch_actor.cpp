#include "actors/tree/branch_actor.h"

#include "actors/supervision/crash_reason.h"
#include "actors/tree/run_dispatch.h"
#include "runtime/base/check.h"
#include "runtime/execution/response_answer.h"
#include "storage/tables/file_table.h"

#include <utility>

namespace millrace {
namespace {

using storage::Urgency;

/// Unloading is worth a snapshot only if it saves a replay of some length.
constexpr std::uint64_t snapshot_before_sleep_events = 16;

/// Holds the actor by its address only: parts of the actor hold this.
class ActorMail final : public BranchMail {
 public:
  explicit ActorMail(caf::actor_addr to) : to_(std::move(to)) {}
  void deliver(BranchNews news) override {
    const auto actor = caf::actor_cast<caf::actor>(to_);
    if (!actor) return;
    std::visit([&](auto& each) { caf::anon_send(actor, std::move(each)); }, news);
  }

 private:
  const caf::actor_addr to_;
};

JournalPorts journal_ports(const NodeServices& services) {
  return {services.store,  services.commits,  services.timers,
          services.reader, services.reminder, services.observer};
}

CallPorts call_ports(const NodeServices& services) {
  return {services.functions,
          services.http,
          services.reader,
          services.store,
          services.clock,
          services.random,
          services.stats.late_results};
}

}  // namespace

// --- what messages it takes -----------------------------------------------------------------------

caf::message_handler BranchActor::branch_messages() {
  return {
      [this](const CallIsDurable& message) { go_on(call_.take(message)); },
      [this](FilesRead& message) { go_on(call_.take(message)); },
      [this](CredentialAnswered& message) { go_on(call_.take(message)); },
      [this](FunctionFinished& message) { go_on(call_.take(message)); },
      [this](RequestAnswered& message) { go_on(call_.take(message)); },
      [this](const TimerFired& message) { handle(message); },
      [this](const CommitDone& message) { handle(message); },
      [this](FlushDue) {
        if (journal_.is_lingering()) flush();
      },
      [this](const CommitFailed& message) { handle(message); },
      [this](ShardMoved) { quit(ExitReason::moved); },
      [this](ChildSettled& message) {
        auto* const open = open_fan_out(message.fan_out);
        if (open == nullptr) return;
        open->actors.forget(message.index);
        follow(open->run.settled(message.index, std::move(*message.result)));
      },
      [this](const ChildAsleep& message) {
        auto* const open = open_fan_out(message.fan_out);
        if (open == nullptr) return;
        open->actors.forget(message.index);
        follow(open->run.asleep(message.index, message.is_delayed));
      },
      [this](const ChildAbandoned& message) {
        auto* const open = open_fan_out(message.fan_out);
        if (open == nullptr) return;
        open->actors.forget(message.index);
        follow(open->run.abandoned(message.index));
      },
      [this](ChildLoaded& message) {
        auto* const open = open_fan_out(message.fan_out);
        if (open != nullptr) follow(open->run.loaded(message.index, std::move(*message.loaded)));
      },
  };
}

// --- its life -------------------------------------------------------------------------------------

BranchActor::BranchActor(caf::actor_config& config, const NodeServices& services,
                         SharedIdentity identity, LoadedBranch branch)
    : caf::event_based_actor(config),
      services_(services),
      identity_(std::move(identity)),
      mail_(std::make_shared<ActorMail>(address())),
      machine_(std::move(branch.machine)),
      journal_(journal_ports(services), identity_, machine_, branch.events_in_snapshot, mail_),
      credentials_(identity_->tenant),
      call_(call_ports(services), identity_->execution, machine_, credentials_, mail_),
      found_(std::move(branch.children)) {
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { handle(message); });
}

void BranchActor::on_exit() {
  // What was recorded before a crash is true, and whoever is rebuilt goes on from there.
  if (journal_.is_lingering()) flush(Urgency::lazy);
  abandon_call();
  leave_fan_out();
}

void BranchActor::advance() {
  falling_asleep_ = false;
  bool go_on = true;
  // Workflows have no loops, so a branch records a few events per step at most.
  std::size_t rounds_left = 4 * machine_.workflow().by_index.size() + 8;
  const RunDispatch dispatch(*identity_->tenant, machine_.scope().facts()->started.credential,
                             machine_.workflow());
  while (go_on) {
    CHECK(rounds_left-- > 0, "a machine does not come to rest");
    if (must_stop() && !machine_.has_ended()) {
      flush(Urgency::lazy);
      on_stopped();
      return;
    }
    // One time for the decision and the event that records it: a delay's wait begins when it says so.
    const Instant planned = now();
    Effect effect = machine_.plan(planned, dispatch);
    go_on = std::visit([&](auto& each) { return carry_out(each, planned); }, effect);
  }
}

void BranchActor::stop_after_step() {
  CHECK(must_stop(), "a branch stops that was not told to");
  if (call_.is_open()) return;  // advance() looks again when it has ended
  if (fan_out_) {
    follow(fan_out_->run.stop());
  } else {
    on_stopped();
  }
}

// --- journal --------------------------------------------------------------------------------------

void BranchActor::record(EventBody body, Instant at) {
  const Event event{at, std::move(body)};
  if (services_.options.before_record) {
    services_.options.before_record(identity_->execution, event);
  }
  machine_.apply(event);  // refuses what does not fit before it is written
  journal_.add(event);
  // The fan-out may have ended without its children: its time was over, or its run was cancelled.
  if (!machine_.open_fan_out()) leave_fan_out();
  answer_if_response(event);
  on_recorded(event);
}

void BranchActor::answer_if_response(const Event& event) {
  if (!identity_->reply) return;
  if (machine_.scope().facts()->started.is_test) return;  // it is answered at its end
  auto answer = response_answer(machine_.workflow(), event);
  if (!answer) return;
  RunResponded reply{identity_->execution, answer->status, std::move(answer->headers),
                     std::move(answer->body), std::nullopt};
  if (answer->file) {
    reply.file = RunResponded::File{std::move(answer->file->name),
                                    std::move(answer->file->mime_type), nullptr};
    if (auto* const bytes = std::get_if<SharedBytes>(&answer->file->content)) {
      reply.file->bytes = std::move(*bytes);
    }
  }
  journal_.reply(std::move(reply), std::move(answer->files));
}

void BranchActor::flush() { flush(journal_.urgency()); }

void BranchActor::flush(Urgency urgency) {
  journal_.snapshot_if_due(limits::snapshot_every_events);
  add_rows(journal_.rows());
  // A root stays until its end is durable: if that is lost, somebody must know.
  const bool is_leaving = falling_asleep_ || (machine_.has_ended() && identity_->path.is_root());
  if (is_leaving) journal_.tell_done();
  journal_.flush(urgency);
}

void BranchActor::handle(const CommitFailed& message) {
  // What this incarnation believes is ahead of the disk. Its parent has it rebuilt.
  services_.log(
      LogLevel::warning,
      "execution " + identity_->execution.text() + ": its journal could not be written, " +
          (message.is_start ? "it was refused: " : "it will be rebuilt: ") + message.error.message);
  quit(message.is_start ? ExitReason::lost : ExitReason::dropped);
}

// --- effects --------------------------------------------------------------------------------------

bool BranchActor::carry_out(RecordEvent& effect, Instant planned) {
  record(std::move(effect.event), planned);
  return true;
}

bool BranchActor::carry_out(RunFunction& effect, Instant planned) {
  if (const auto call = call_.begin(std::move(effect), planned)) {
    journal_.tell_call(*call);
    flush(Urgency::urgent);
  } else if (!journal_.may_linger()) {
    flush();
  }
  return false;
}

bool BranchActor::carry_out(SendRequest& effect, Instant planned) {
  journal_.tell_call(call_.begin(std::move(effect), planned));
  flush(Urgency::urgent);
  return false;
}

void BranchActor::go_on(CallInFlight::MaybeEnd end) {
  if (!end) return;
  for (const auto& [file, bytes] : end->files.all()) {
    storage::FileTable::put(journal_.rows(), identity_->execution, file, *bytes);
  }
  record(std::move(end->event));
  advance();
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

bool BranchActor::carry_out(const BranchEnded&, Instant) {
  CHECK(!call_.is_open() && !fan_out_, "a branch has ended while something of it runs");
  // The result of a child, and the reply of a root, must not overtake the events: flush first.
  flush();
  on_branch_ended();
  return false;
}

// --- fan-outs -------------------------------------------------------------------------------------

bool BranchActor::carry_out(const RunFanOut& effect, Instant planned) {
  if (fan_out_) {  // it runs; what woke the branch was a hint
    follow(fan_out_->run.look());
    return false;
  }
  // That it is open must not come to the disk behind what its elements record.
  flush();
  fan_out_ = std::make_unique<RunningFanOut>(*this, effect.step);
  follow(fan_out_->run.open(std::exchange(found_, {}), planned + services_.options.stay_awake));
  return false;
}

BranchActor::RunningFanOut::RunningFanOut(BranchActor& branch, StepIndex step)
    : actors(branch, branch.services_, branch.identity_, branch.mail_, step),
      run(OpenFanOut(branch.machine_), actors,
          {branch.services_.options.fan_out_children_live_max, [&branch] {
             branch.falling_asleep_ = false;
             branch.flush();
           }}) {}

BranchActor::RunningFanOut* BranchActor::open_fan_out(StepIndex step) {
  return fan_out_ && fan_out_->run.step().index == step ? fan_out_.get() : nullptr;
}

void BranchActor::leave_fan_out() {
  if (!fan_out_) return;
  fan_out_->actors.end_all();
  fan_out_.reset();
}

void BranchActor::follow(FanOutNews news) {
  if (auto* const concluded = std::get_if<FanOutConcluded>(&news)) {
    record(std::move(concluded->event));
    advance();
  } else if (std::holds_alternative<FanOutAsleep>(news)) {
    fall_asleep();
  } else if (std::holds_alternative<FanOutStopped>(news)) {
    on_stopped();
  }
}

void BranchActor::handle(const caf::down_msg& message) {
  const auto reason = exit_reason_of(message.reason);
  // Whoever ended on purpose has sent its last message before.
  if (reason == ExitReason::ended || reason == ExitReason::asleep) return;
  if (!fan_out_) return;
  const auto index = fan_out_->actors.index_of(caf::actor_cast<caf::actor_addr>(message.source));
  if (!index) return;
  if (reason) {  // dropped or moved: its branch is in the same position
    quit(*reason);
    return;
  }
  ++services_.stats.actor_crashes;
  const std::string why = caf::to_string(message.reason);
  services_.log(LogLevel::error, "execution " + identity_->execution.text() + ": element " +
                                     std::to_string(*index) + " crashed: " + why);
  fan_out_->actors.forget(*index);
  follow(fan_out_->run.crashed(*index, why));
}

// --- waiting --------------------------------------------------------------------------------------

bool BranchActor::is_delayed() const {
  return machine_.is_delayed() || (fan_out_ && fan_out_->run.is_delayed());
}

void BranchActor::handle(const TimerFired& message) {
  const auto depth = identity_->path.elements.size();
  const auto& target = message.timer.branch.elements;
  CHECK(target.size() >= depth, "a timer of an outer branch came to an element");
  if (target.size() > depth) {
    auto* const open = open_fan_out(target[depth].fan_out);
    if (open == nullptr || !open->run.wake(target[depth].index, message.timer)) {
      journal_.forget(message.timer);
    }
  } else if (!journal_.is_armed(message.timer)) {
    journal_.forget(message.timer);
  } else if (!call_.is_open()) {
    advance();  // a wake-up is a hint: the machine knows what it waits for
  }
}

void BranchActor::fall_asleep() {
  falling_asleep_ = true;
  journal_.snapshot_if_due(snapshot_before_sleep_events);
  flush(Urgency::urgent);
}

void BranchActor::handle(const CommitDone& message) {
  if (!journal_.is_latest(message)) return;
  if (machine_.has_ended()) {
    on_end_durable();
  } else if (falling_asleep_) {  // otherwise something woke it in between
    on_asleep();
  }
}

}  // namespace millrace
