#include "actors/tree/branch.h"

#include "actors/runs/stored_files.h"
#include "actors/tree/run_dispatch.h"
#include "runtime/base/check.h"
#include "runtime/execution/mask_event.h"
#include "runtime/execution/response_answer.h"
#include "storage/tables/step_rows.h"

#include <exception>
#include <limits>
#include <utility>

namespace millrace {
namespace {

using storage::Urgency;

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
          services.stats.late_results,
          services.refused,
          services.gate};
}

/// What a rebuilt branch sees has not been measured.
constexpr std::uint64_t unknown_bytes = std::numeric_limits<std::uint64_t>::max() / 2;

}  // namespace

Branch::Branch(const NodeServices& services, SharedIdentity identity, LoadedBranch branch,
               Ends ends, std::uint64_t seen_bytes)
    : services_(services),
      identity_(std::move(identity)),
      mail_(std::move(ends.mail)),
      owner_(std::move(ends.owner)),
      mirror_(std::move(ends.mirror)),
      machine_(std::move(branch.machine)),
      journal_(journal_ports(services), identity_, machine_, branch.events_in_snapshot, mail_),
      credentials_(identity_->tenant, {identity_->project, identity_->user}, services.clock,
                   services.tokens),
      call_(call_ports(services), identity_->execution, machine_, credentials_, identity_->secrets,
            mail_),
      found_(std::move(branch.children)),
      is_new_(branch.is_new),
      outer_tally_(std::move(ends.outer_tally)),
      tally_(std::make_shared<TaskTally>(machine_.tasks() + found_.tasks(), outer_tally_)),
      steps_(machine_.shared_workflow(), StepCounter::Inside::left_out),
      seen_bytes_(machine_.events_applied() == 0 ? seen_bytes : unknown_bytes) {
  CHECK(owner_ != nullptr, "a branch belongs to nobody");
  // One that waited has not begun its attempt.
  if (branch.may_repeat && !machine_.waiting_until())
    may_repeat_behind_ = machine_.events_applied();
  tally_->steps().begin(found_.steps);
  if (is_root()) {
    // The row of what elements have done is this branch's: they would write it once for each of them.
    tally_->steps().when_changed(
        [&reminder = services_.reminder, mail = mail_] { reminder.remind(mail); });
    return;
  }
  ++services_.stats.children_live;
  const Step* const step = machine_.has_ended() ? nullptr : machine_.current_step();
  if (step == nullptr) return;
  if (branch.is_new) {
    // Told at once, though nothing of it is durable: it may be long until something is.
    steps_.begin(step->index, now());
    tell_steps();
  } else {
    steps_.begin_at(step->index, machine_.is_delayed());
  }
}

Branch::~Branch() {
  if (!is_root() && !is_closed_) --services_.stats.children_live;
}

// --- driven by others than its actor ----------------------------------------------------------------

template <class Work>
void Branch::drive(Work&& work) noexcept {
  try {
    work();
    while (auto news = turn_.next()) rest(take(std::move(*news)));
  } catch (const std::exception& problem) {
    close();
    turn_.leave();
    owner_->crashed(problem.what());
  }
}

void Branch::deliver(BranchTurn::News news) {
  if (!can_drive(news)) {
    turn_.leave_news(std::move(news));
    owner_->has_news();
  } else if (turn_.post(std::move(news))) {
    drive([] {});
  }
}

bool Branch::can_drive(const BranchTurn::News& news) const {
  const auto* const finished = std::get_if<FunctionFinished>(&news);
  if (finished == nullptr) return true;
  const Result<std::string>& result = finished->outcome->result;
  return seen_bytes_ + (result ? result->size() : 0) <= limits::driven_bytes_max;
}

void Branch::begin() {
  turn_.enter();
  drive([this] { rest(advance(driven_events_max)); });
}

void Branch::stop() {
  turn_.enter();
  // A call that runs ends its step first; without one its owner is about to hear of it.
  drive([this] { must_stop(); });
}

void Branch::forget(const storage::TimerRow& timer) {
  turn_.enter();
  drive([&] {
    if (!journal_.is_armed(timer)) journal_.forget(timer);
  });
}

void Branch::rest(const BranchRest& rest) {
  if (std::holds_alternative<std::monostate>(rest.need)) return;
  const bool is_over = std::holds_alternative<BranchEnded>(rest.need) ||
                       std::holds_alternative<BranchStopped>(rest.need);
  if (is_over) flush(journal_.urgency(), false, false);
  if (is_over && is_root()) return;  // its actor stays until that is durable
  owner_->rests(machine_, rest.need);
  if (is_over) close();
}

void Branch::leave() {
  turn_.enter();
  has_left_ = true;
  close();
  turn_.leave();
}

void Branch::close() {
  if (std::exchange(is_closed_, true)) return;
  if (!is_root()) --services_.stats.children_live;
  turn_.close();
  // Of one that was loaded something is on the disk.
  const bool is_unseen = is_new_ && machine_.events_applied() == 0 && !machine_.has_ended();
  if (is_unseen) journal_.note_begun();
  if (is_unseen || journal_.is_lingering()) flush(Urgency::lazy, false, false);
  call_.abandon();
}

// --- in turn ----------------------------------------------------------------------------------------

BranchRest Branch::advance(std::size_t events_max) {
  // Workflows have no loops, so a branch records a few events per step at most.
  std::size_t rounds_left = 4 * machine_.workflow().by_index.size() + 8;
  const RunDispatch dispatch(*identity_->tenant, machine_.scope().facts()->started.credential,
                             machine_.workflow());
  for (const std::uint64_t begun_at = machine_.events_applied();;) {
    CHECK(rounds_left-- > 0, "a machine does not come to rest");
    // One time for the decision and the event that records it: a delay's wait begins when it says so.
    const Instant planned = now();
    if (must_stop_ && !machine_.has_ended()) return {BranchStopped{}, planned};
    if (auto why = switched_off()) return {BranchSwitchedOff{std::move(*why)}, planned};
    if (machine_.events_applied() - begun_at >= events_max) return {BranchPauses{}, planned};
    Effect effect = machine_.plan(planned, dispatch);
    if (auto* const event = std::get_if<RecordEvent>(&effect)) {
      record(std::move(event->event), planned);
    } else if (auto* const function = std::get_if<RunFunction>(&effect)) {
      if (!find_file_handles(function->parameters).empty()) return {std::move(*function), planned};
      begin_function(std::move(*function), planned);
      return {};
    } else if (auto* const wait = std::get_if<WaitUntil>(&effect)) {
      if (wait->due > planned) return {*wait, planned};
      if (wait->why == WaitUntil::Why::delay) record(DelayElapsed{wait->step}, planned);
    } else if (auto* const request = std::get_if<SendRequest>(&effect)) {
      return {std::move(*request), planned};
    } else if (auto* const fan_out = std::get_if<RunFanOut>(&effect)) {
      return {*fan_out, planned};
    } else {
      CHECK(!call_.is_open(), "a branch has ended while a call of it runs");
      return {BranchEnded{}, planned};
    }
  }
}

std::optional<Error> Branch::switched_off() const {
  const bool goes_on = !machine_.has_ended() && !machine_.failure() && machine_.current_step();
  if (!goes_on) return std::nullopt;
  return identity_->rules->refusal(machine_.workflow(),
                                   machine_.scope().facts()->started.credential);
}

BranchRest Branch::take(BranchTurn::News news) {
  if (auto* const finished = std::get_if<FunctionFinished>(&news)) {
    auto end = call_.take(*finished);
    if (!end) return {};
    record(std::move(*end));
    return advance(driven_events_max);
  }
  if (journal_.is_lingering() || tally_->steps().has_changed()) {
    flush(journal_.urgency(), false, false);
  }
  return {};
}

void Branch::note_attempt(Instant at) {
  const std::uint64_t events = machine_.events_applied();
  if (may_repeat_behind_ == events) {
    storage::StepRows::put_repeated(journal_.rows(), identity_->execution,
                                    {identity_->path, events, at});
  }
  may_repeat_behind_.reset();
  journal_.attempt_begins();
}

void Branch::begin_function(RunFunction effect, Instant planned) {
  note_attempt(planned);
  CHECK(!call_.begin(std::move(effect), planned), "a function without files waits for the disk");
  if (!journal_.may_linger()) flush(journal_.urgency(), false, false);
}

void Branch::record(CallInFlight::End end) {
  for (const auto& [file, bytes] : end.files.all()) {
    StoredFiles::put(journal_.rows(), identity_->execution, file, *bytes, *identity_->secrets);
  }
  if (end.pause) {
    services_.timers.schedule(storage::PauseTable::put(journal_.rows(), *end.pause));
  }
  record(std::move(end.event), now());
}

void Branch::record(EventBody body, Instant at) {
  if (identity_->secrets->knows_any()) mask_shown(body, *identity_->secrets->known());
  count_inside(body);
  const Event event{at, std::move(body)};
  if (services_.options.before_record) {
    services_.options.before_record(identity_->execution, event);
  }
  machine_.apply(event);  // refuses what does not fit before it is written
  if (const auto tasks = settled_tasks(event.body)) tally_->add(tasks);
  seen_bytes_ += journal_.add(event);
  if (!is_root()) {
    steps_.meet(event);
    note_failed(event);
  }
  answer_if_response(event);
  if (mirror_) mirror_->recorded(event, machine_, journal_);
}

void Branch::count_inside(EventBody& event) {
  if (auto* const opened = std::get_if<FanOutOpened>(&event)) opened->lists_failures = true;
  if (!machine_.open_fan_out()) return;
  auto* const joined = std::get_if<FanOutJoined>(&event);
  auto* const failed = std::get_if<StepFailed>(&event);
  auto* const ended = std::get_if<ExecutionEnded>(&event);
  if (joined == nullptr && failed == nullptr && ended == nullptr) return;
  // Every element has told of what is on its way to the disk: it has settled, or was left before.
  auto closed = tally_->steps().close();
  steps_.add(closed.cut_off);
  auto inside = std::make_shared<const StepCounts>(std::move(closed.counts));
  if (joined != nullptr) {
    joined->inside = std::move(inside);
    return;
  }
  const std::uint32_t of_elements = tally_->tasks() - machine_.tasks();
  if (failed != nullptr) {
    failed->tasks = of_elements;
    failed->inside = std::move(inside);
  } else {
    ended->tasks = of_elements;
    ended->inside = std::move(inside);
  }
}

void Branch::note_failed(const Event& event) {
  const auto* const failed = std::get_if<StepFailed>(&event.body);
  if (failed == nullptr || failed->retry_at) return;
  storage::StepRows::put_failed(journal_.rows(), identity_->execution,
                                {failed->step, identity_->path});
}

void Branch::tell_steps() {
  if (is_root() || outer_tally_ == nullptr) return;
  outer_tally_->steps().add(steps_.take_changes());
}

void Branch::put_step_counts() {
  const auto fan_out = machine_.open_fan_out_number();
  if (!is_root() || !fan_out) return;
  if (auto counts = tally_->steps().take_changed()) {
    storage::StepRows::put_counts(journal_.rows(), identity_->execution,
                                  {*fan_out, std::move(*counts)});
  }
}

void Branch::answer_if_response(const Event& event) {
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

void Branch::flush(Urgency urgency, bool is_leaving, bool do_elements_sleep) {
  journal_.snapshot_if_due(limits::snapshot_every_events);
  if (mirror_) {
    // Elements that are awake may have done what they have not handed to group commit yet.
    const std::uint32_t tasks = do_elements_sleep ? tally_->tasks() : machine_.tasks();
    const auto status =
        mirror_->add_rows(journal_.rows(), machine_.is_delayed() || do_elements_sleep, tasks);
    if (status) journal_.note_standing({*status, now()});
  }
  // A root stays until its end is durable: if that is lost, somebody must know.
  if (is_leaving || (machine_.has_ended() && is_root())) journal_.tell_done();
  put_step_counts();
  journal_.flush(urgency);
  tell_steps();
}

}  // namespace millrace
