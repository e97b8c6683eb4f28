#include "actors/tree/branch_actor.h"

#include "actors/runs/start_rows.h"
#include "actors/supervision/crash_reason.h"
#include "actors/tree/run_dispatch.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"
#include "runtime/execution/branch_snapshot.h"
#include "storage/tables/file_table.h"

#include <algorithm>

namespace millrace {
namespace {

using storage::ExecutionTable;
using storage::TimerTable;
using storage::Urgency;

/// Unloading is worth a snapshot only if it saves a replay of some length.
constexpr std::uint64_t snapshot_before_sleep_events = 16;

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
  abandon_call();
  // Children are part of this branch: without it nobody would join them.
  if (fan_out_) leave_children();
}

caf::message_handler BranchActor::branch_messages() {
  return {
      [this](FunctionFinished& message) { handle(message); },
      [this](RequestAnswered& message) { handle(message); },
      [this](FilesRead& message) { handle(message); },
      [this](const CallIsDurable& message) { handle(message); },
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
  const RunDispatch dispatch(*identity_.tenant, machine_.scope().facts()->started.credential,
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

bool BranchActor::carry_out(RecordEvent& effect, Instant planned) {
  record(std::move(effect.event), planned);
  return true;
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
  if (fan_out_ && !machine_.open_fan_out()) leave_children();
  keep_timer_rows(event);
  respond_if_response(event);
  on_recorded(event);
}

void BranchActor::add_rows_of(const RunOrder& order) { put_files(batch_, order); }

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
  if (machine_.scope().facts()->started.is_test) return;  // it is answered at its end
  const Step& step = *machine_.workflow().by_index[completed->step];
  if (!std::holds_alternative<ResponseStep>(step.config)) return;
  const auto& output = completed->output->get_object();
  RunResponded reply{identity_.execution, output.at("statusCode").to_number<int>(),
                     output.at("headers"), nullptr, std::nullopt};
  std::vector<FileHandle> files;
  if (const Json* const file = output.if_contains("file")) {
    const auto sent = file_to_send(*file);
    CHECK(sent && *sent, "a response was recorded with a file that is none");
    reply.file = RunResponded::File{(*sent)->name, (*sent)->mime_type, nullptr};
    if (const auto* const handle = std::get_if<FileHandle>(&(*sent)->content)) {
      files.push_back(*handle);
    } else {
      reply.file->bytes = std::get<SharedBytes>((*sent)->content);
    }
  } else {
    reply.body = output.at("body");
    files = find_file_handles(to_text(reply.body));
  }
  if (files.empty()) {
    reply_when_durable(std::move(reply));
  } else {
    reply_with_files(std::move(reply), std::move(files));
  }
}

void BranchActor::reply_with_files(RunResponded reply, std::vector<FileHandle> files) {
  if (!identity_.reply || has_replied_) return;
  has_replied_ = true;
  const auto is_durable = std::make_shared<std::atomic<bool>>(false);
  is_durable_ = is_durable;
  flush(Urgency::urgent);
  services_.reader.submit([&services = services_, slot = identity_.reply, reply = std::move(reply),
                           files = std::move(files), execution = identity_.execution,
                           is_durable]() mutable {
    // The fate of our own batch counts, which is known by then. An empty one may fail without it, and
    // may pass although ours was refused.
    ignore_result(services.commits.commit_and_wait({}), "it tells that ours was answered");
    if (!*is_durable) return;  // the run is rebuilt, and answers then
    slot->give(answer_of([&]() -> Result<TriggerReply> {
      RunFiles found;
      for (const FileHandle& file : files) {
        auto bytes = storage::FileTable(services.store).get(execution, file);
        if (bytes && *bytes != nullptr) found.add(file, std::move(*bytes));
      }
      const auto bytes_of = [&](const FileHandle& file) { return found.find(file); };
      if (reply.file) {
        reply.file->bytes = bytes_of(files.front());
        return TriggerReply(std::move(reply));
      }
      FileBudget budget(bytes_of, limits::files_sent_bytes_max);
      expand_file_handles(reply.body, std::ref(budget));
      if (!budget.is_exceeded()) return TriggerReply(std::move(reply));
      return TriggerReply(RunFailed{
          execution, {}, Error(ErrorCode::limit_exceeded, "the response's files are too much")});
    }));
  });
}

void BranchActor::reply_when_durable(TriggerReply reply) {
  // The first answer wins (docs/steps.md#response): a later Response step is recorded and does nothing.
  if (!identity_.reply || has_replied_) return;
  has_replied_ = true;
  reply_ = std::move(reply);
}

void BranchActor::confirm_when_durable(std::shared_ptr<OutcomeSlot> slot) {
  confirmation_ = std::move(slot);
}

void BranchActor::flush() { flush(reply_ || confirmation_ ? Urgency::urgent : Urgency::lazy); }

void BranchActor::snapshot_if_due(std::uint64_t after_events) {
  if (machine_.events_applied() < events_in_snapshot_ + after_events) return;
  events_in_snapshot_ = machine_.events_applied();
  ExecutionTable::put_snapshot(batch_, identity_.execution, identity_.path,
                               {machine_.events_applied(), BranchSnapshotCodec::write(machine_)});
}

void BranchActor::flush(Urgency urgency) {
  snapshot_if_due(limits::snapshot_every_events);
  bool is_start = false;  // of the run
  if (!page_.empty()) {
    const auto count = static_cast<std::uint32_t>(page_.count());
    is_start = identity_.path.is_root() && machine_.events_applied() == count;
    ExecutionTable::put_page(batch_, identity_.execution, identity_.path,
                             {machine_.events_applied() - count + 1, page_.take(), count});
  }
  add_rows(batch_);
  const auto call = std::exchange(tell_when_durable_, 0);
  // A root stays until its end is durable: if that is lost, somebody must know.
  const bool is_leaving = falling_asleep_ || (machine_.has_ended() && identity_.path.is_root());
  if (batch_.empty() && !reply_ && !is_leaving && call == 0) return;
  const std::uint64_t tell = is_leaving ? ++commits_to_tell_ : 0;
  batch_.require(services_.ownership.fence_or_refusal(identity_.execution.shard()));
  const caf::actor self(this);
  services_.commits.submit(
      std::exchange(batch_, {}), urgency,
      [self, slot = identity_.reply, reply = std::exchange(reply_, std::nullopt),
       confirmation = std::exchange(confirmation_, nullptr),
       is_durable = std::exchange(is_durable_, nullptr), tell, call,
       is_start](const Outcome& outcome) mutable {
        if (!outcome) {
          // A run that has begun is rebuilt and still answers.
          if (is_start && slot) slot->give(outcome.error());
          caf::anon_send(self, CommitFailed{outcome.error(), is_start});
          return;
        }
        if (is_durable) *is_durable = true;
        if (reply) slot->give(std::move(*reply));
        if (confirmation) confirmation->give(Done{});
        if (tell != 0) caf::anon_send(self, CommitDone{tell});
        if (call != 0) caf::anon_send(self, CallIsDurable{call});
      },
      identity_.generation);
}

void BranchActor::handle(const CommitFailed& message) {
  // What this incarnation believes is ahead of the disk. Its parent has it rebuilt.
  services_.log(LogLevel::warning,
                "execution " + identity_.execution.text() + ": its journal could not be written, " +
                    (message.is_start ? "it was refused: " : "it will be rebuilt: ") +
                    message.error.message);
  quit(message.is_start ? lost_reason : dropped_reason);
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
    make_ready(element.index);
    start_children();
  } else if (child.is_awake()) {
    child.mail_sent = true;
    if (child.actor) send(child.actor, message);
  }
}

void BranchActor::forget_timer(const storage::TimerRow& timer) {
  storage::WriteBatch batch;
  batch.require(services_.ownership.fence_or_refusal(identity_.execution.shard()));
  TimerTable::remove(batch, timer);
  services_.commits.submit(std::move(batch), Urgency::lazy, {});
}

void BranchActor::fall_asleep() {
  falling_asleep_ = true;
  snapshot_if_due(snapshot_before_sleep_events);
  flush(Urgency::urgent);
}

void BranchActor::handle(const CommitDone& message) {
  if (message.number != commits_to_tell_) return;
  if (machine_.has_ended()) {
    on_end_durable();
  } else if (falling_asleep_) {  // otherwise something woke it in between
    on_asleep();
  }
}

}  // namespace millrace
