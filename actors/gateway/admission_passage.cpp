#include "actors/gateway/admission_passage.h"

#include "runtime/admission/admission_limits.h"
#include "runtime/base/check.h"
#include "runtime/base/utf8.h"
#include "runtime/digests/sha256.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

using storage::AdmissionLineRow;
using storage::AdmissionTable;
using storage::PlaceInLine;
using storage::WaitingTriggerRow;
using storage::WakeTable;

constexpr std::size_t shown_key_bytes_max = 200;

/// What a key may refer to.
class KeyScope final : public Scope {
 public:
  KeyScope(const Json& trigger, const UserId& user, const JsonObject& meta)
      : trigger_(trigger), user_(user, meta) {}

  const Json& root_value(const Reference& reference) const override {
    return reference.root == Reference::Root::trigger ? trigger_ : user_.root_value(reference);
  }

 private:
  const Json& trigger_;
  const UserScope user_;
};

/// Which line of a user's: each part with its length, or "a"+"bc" would be "ab"+"c".
std::string digest_of(AdmissionStage stage, const WorkflowId& workflow, const std::string& account,
                      const std::string& key) {
  std::string named(wire_name(stage));
  for (const std::string* part : {&workflow.text, &account, &key}) {
    named += '/' + std::to_string(part->size()) + ':';
    named += *part;
  }
  const Sha256 digest = sha256(named);
  return {digest.begin(), digest.end()};
}

std::uint8_t bit_of(AdmissionStage stage) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(stage));
}

std::string lock_of(const ProjectId& project, const UserId& user) {
  return project.text + '\0' + user.text;
}

std::uint64_t bytes_of(const std::string& output, const RunFiles& files) {
  std::uint64_t bytes = output.size();
  for (const auto& [file, content] : files.all()) bytes += content->size();
  return bytes;
}

Gathered gathered(const AdmissionLineRow& row) {
  return {static_cast<std::size_t>(row.size()), row.bytes};
}

}  // namespace

AdmissionDoor::Passage::Passage(AdmissionDoor& door, ProjectId project, UserId user,
                                storage::WriteBatch batch)
    : door_(door),
      project_(std::move(project)),
      user_(std::move(user)),
      batch_(std::move(batch)),
      now_(door.uses_.clock.now()) {}

AdmissionDoor::Passage::~Passage() = default;

void AdmissionDoor::Passage::hold() {
  if (hold_) return;
  hold_.emplace(door_.locks_, lock_of(project_, user_));
  // Not earlier than whatever was decided before: a throttle counts by these times.
  now_ = door_.uses_.clock.now();
}

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::admit(
    std::shared_ptr<RunOrder> order) {
  CHECK(order->started.project == project_ && order->started.user == user_,
        "a passage is of one user");
  if (!order->workflow->admission.holds_back()) {
    fresh_.push_back(order);
    return Passed(Started{order->execution});
  }
  hold();
  if (auto settled = door_.unsettled_.settle(door_.uses_.commits); !settled) return settled.error();
  Unit unit;
  unit.is_new = true;
  unit.output = *order->started.trigger;
  unit.account = order->started.credential;
  unit.meta = std::make_shared<const JsonObject>(order->started.user_meta->get_object());
  unit.files = order->files;
  unit.row.project = project_;
  unit.row.user = user_;
  unit.row.output = to_text(unit.output);
  for (const auto& [file, bytes] : unit.files.all()) unit.row.files.push_back(file);
  if (order->started.trace) unit.row.trace = order->started.trace->text();
  unit.row.received = now_;
  unit.row.bytes = bytes_of(unit.row.output, unit.files);
  const Workflow workflow = order->workflow;
  unit.order = std::move(order);
  return pass_debounce(std::move(unit), workflow);
}

// --- lines ----------------------------------------------------------------------------------------

Result<AdmissionDoor::Passage::Line*> AdmissionDoor::Passage::find_line(const std::string& digest) {
  const auto known = lines_.find(digest);
  if (known != lines_.end()) return &known->second;
  auto row = door_.table_.find(project_, user_, digest);
  if (!row) return row.error();
  Line line;
  if (*row) line.row = **row;
  line.before = std::move(*row);
  return &lines_.emplace(digest, std::move(line)).first->second;
}

Result<AdmissionDoor::Passage::Line*> AdmissionDoor::Passage::line_for(const Unit& unit,
                                                                       const Workflow& workflow,
                                                                       AdmissionStage stage,
                                                                       const Template& key) {
  std::string text;
  try {
    text = rendered_key(key, KeyScope(unit.output, user_, *unit.meta));
  } catch (const RenderedTooMuch& e) {
    return Error(ErrorCode::limit_exceeded, std::string("the key of its admission: ") + e.what());
  }
  const std::string digest = digest_of(stage, workflow->id, unit.account, text);
  auto line = find_line(digest);
  if (!line) return line;
  AdmissionLineRow& row = (*line)->row;
  row.project = project_;
  row.user = user_;
  row.digest = digest;
  row.workflow = workflow->id;
  row.account = unit.account;
  row.stage = stage;
  row.key = repair_utf8(text.substr(0, shown_key_bytes_max));
  (*line)->workflow = workflow;
  return line;
}

/// To the end of the line.
Outcome AdmissionDoor::Passage::push(Line& line, Unit unit) {
  AdmissionLineRow& row = line.row;
  if (unit.is_new) {
    const bool is_full = row.size() >= limits::admission_line_max ||
                         row.bytes + unit.row.bytes > limits::admission_line_bytes_max ||
                         !door_.has_room(project_, 1, unit.row.bytes);
    if (is_full) {
      Error full(ErrorCode::admission_full,
                 "as many triggers wait for the workflow's `admission` as may: try again later");
      const Millis wait = std::chrono::duration_cast<Millis>(row.wake - now_);
      full.retry_after = static_cast<std::uint32_t>(
          std::clamp<std::int64_t>((wait.count() + 999) / 1'000, 1, 3'600));
      return full;
    }
  }
  if (row.size() == 0) row.since = now_;
  row.last = now_;
  row.bytes += unit.row.bytes;
  unit.row.at = {row.digest, row.next++};
  unit.row.waited |= bit_of(row.stage);
  unit.order.reset();
  unit.is_new = false;
  AdmissionTable::put(batch_, unit.row);
  for (const auto& [file, bytes] : unit.files.all()) {
    AdmissionTable::put_file(batch_, unit.row, file, *bytes);
  }
  Counted& counted = counted_[row.stage];
  ++counted.triggers;
  counted.bytes += static_cast<std::int64_t>(unit.row.bytes);
  const std::uint64_t number = unit.row.at.number;
  line.units.emplace(number, std::move(unit));
  return Done{};
}

/// Out of the line, which the caller closes up.
Result<AdmissionDoor::Passage::Unit> AdmissionDoor::Passage::take(Line& line,
                                                                  std::uint64_t number) {
  AdmissionLineRow& row = line.row;
  Unit unit;
  if (const auto fresh = line.units.find(number); fresh != line.units.end()) {
    unit = std::move(fresh->second);
    line.units.erase(fresh);
  } else {
    auto stored = door_.table_.find_trigger(project_, user_, {row.digest, number});
    if (!stored) return stored.error();
    if (!*stored) return Error(ErrorCode::corrupt_data, "a trigger that waits is not there");
    unit.row = std::move(**stored);
    auto output = parse_json(unit.row.output);
    if (!output) return Error(ErrorCode::corrupt_data, "a trigger that waits is no JSON");
    unit.output = std::move(*output);
    for (const FileHandle& file : unit.row.files) {
      auto bytes = door_.table_.file(unit.row, file);
      if (!bytes) return bytes.error();
      unit.files.add(file, std::move(*bytes));
    }
    const auto tenant = door_.uses_.tenants.view(project_, user_);
    if (!tenant) return tenant.error();
    unit.meta = std::make_shared<const JsonObject>((*tenant)->user_meta());
    unit.account = row.account;
  }
  row.bytes -= std::min(row.bytes, unit.row.bytes);
  AdmissionTable::remove(batch_, unit.row);
  Counted& counted = counted_[row.stage];
  --counted.triggers;
  counted.bytes -= static_cast<std::int64_t>(unit.row.bytes);
  return unit;
}

/// One that is damaged is passed over: it costs nobody else his run.
Result<std::optional<AdmissionDoor::Passage::Unit>> AdmissionDoor::Passage::take_first(Line& line) {
  AdmissionLineRow& row = line.row;
  while (row.size() > 0) {
    auto unit = take(line, row.first);
    const bool is_damaged = !unit && unit.error().code == ErrorCode::corrupt_data;
    if (!unit && !is_damaged) return unit.error();
    const std::uint64_t number = row.first++;
    if (unit) return std::optional(std::move(*unit));
    door_.uses_.log(LogLevel::error, "a trigger that waits for workflow " + row.workflow.text +
                                         " of project " + project_.text +
                                         " is lost: " + unit.error().message);
    WaitingTriggerRow damaged;
    damaged.project = project_;
    damaged.user = user_;
    damaged.at = {row.digest, number};
    AdmissionTable::remove(batch_, damaged);
    --counted_[row.stage].triggers;
  }
  row.bytes = 0;
  return std::optional<Unit>();
}

/// All that wait, or as many as make a batch, as one.
Result<std::optional<AdmissionDoor::Passage::Unit>> AdmissionDoor::Passage::take_batch(Line& line) {
  const std::size_t size = line.workflow->admission.batch->size;
  JsonArray items;
  Unit all;
  while (items.size() < size) {
    auto taken = take_first(line);
    if (!taken) return taken.error();
    auto& unit = *taken;
    if (!unit) break;
    if (items.empty()) {
      all.row = unit->row;
      all.meta = unit->meta;
      all.account = unit->account;
      all.row.triggers = 0;
    }
    all.row.triggers += unit->row.triggers;
    for (const auto& [file, content] : unit->files.all()) all.files.add(file, content);
    items.push_back(std::move(unit->output));
  }
  if (items.empty()) return std::optional<Unit>();
  all.output = batch_output(std::move(items));
  all.row.output = to_text(all.output);
  all.row.files.clear();
  for (const auto& [file, content] : all.files.all()) all.row.files.push_back(file);
  all.row.bytes = bytes_of(all.row.output, all.files);
  all.row.is_batch = true;
  return std::optional(std::move(all));
}

// --- the stages -----------------------------------------------------------------------------------

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::pass_debounce(
    Unit unit, const Workflow& workflow) {
  const auto& rule = workflow->admission.debounce;
  if (!rule) return pass_batch(std::move(unit), workflow);
  auto found = line_for(unit, workflow, AdmissionStage::debounce, rule->key);
  if (!found) return found.error();
  Line& line = **found;
  AdmissionLineRow& row = line.row;
  const Instant received = unit.row.received;
  if (row.size() > 0 && debounce_end(*rule, row.since, row.last) <= now_) {
    // Its time was over before this one came, only nobody has looked yet.
    if (auto served = serve_debounce(line); !served) return served.error();
  }
  const Instant since = row.size() > 0 ? row.since : now_;
  if (row.size() > 0) {
    const auto before = take_first(line);
    if (!before) return before.error();
    if (*before) {
      unit.row.triggers += (*before)->row.triggers;
      unit.row.received = (*before)->row.received;
    }
  }
  if (auto pushed = push(line, std::move(unit)); !pushed) return pushed.error();
  row.since = since;  // of the first one
  return Passed(HeldBack{.by = AdmissionStage::debounce,
                         .received = received,
                         .until = debounce_end(*rule, row.since, row.last)});
}

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::pass_batch(
    Unit unit, const Workflow& workflow) {
  const auto& rule = workflow->admission.batch;
  if (!rule) return pass_singleton(std::move(unit), workflow);
  auto found = line_for(unit, workflow, AdmissionStage::batch, rule->key);
  if (!found) return not_placed(unit, workflow, found.error());
  Line& line = **found;
  AdmissionLineRow& row = line.row;
  const Instant received = unit.row.received;
  if (row.size() > 0 &&
      (row.since + rule->wait <= now_ || batch_is_too_large_with(gathered(row), unit.row.bytes))) {
    if (auto let_go = let_batch_go(line, workflow); !let_go) return let_go;
  }
  if (auto pushed = push(line, std::move(unit)); !pushed) return pushed.error();
  if (!batch_is_full(*rule, gathered(row))) {
    return Passed(HeldBack{
        .by = AdmissionStage::batch, .received = received, .until = row.since + rule->wait});
  }
  return let_batch_go(line, workflow);
}

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::let_batch_go(
    Line& line, const Workflow& workflow) {
  auto batch = take_batch(line);
  if (!batch) return batch.error();
  if (!*batch) {  // all of it was damaged
    return Passed(HeldBack{.by = AdmissionStage::batch, .is_left_out = true, .received = now_});
  }
  return pass_singleton(std::move(**batch), workflow);
}

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::pass_singleton(
    Unit unit, const Workflow& workflow) {
  // What has waited for the place under other rules keeps none.
  unit.row.singleton.clear();
  const auto& rule = workflow->admission.singleton;
  if (!rule) return pass_throttle(std::move(unit), workflow);
  auto found = line_for(unit, workflow, AdmissionStage::singleton, rule->key);
  if (!found) return not_placed(unit, workflow, found.error());
  Line& line = **found;
  const auto holder = holder_of(line);
  if (!holder) return holder.error();
  const Instant received = unit.row.received;
  const ExecutionId running = line.row.running;
  const auto behind = running == ExecutionId{} ? std::nullopt : std::optional(running);
  switch (decide(rule->on_conflict, *holder, static_cast<std::size_t>(line.row.size()))) {
    case SingletonAnswer::pass:
      unit.row.singleton = line.row.digest;
      return pass_throttle(std::move(unit), workflow);
    case SingletonAnswer::skip:
      note(*workflow, Error(ErrorCode::conflict,
                            behind ? "it starts nothing: execution " + behind->text() +
                                         " of this singleton is going on"
                                   : "it starts nothing: another trigger of this singleton waits"));
      return Passed(HeldBack{.by = AdmissionStage::singleton,
                             .is_left_out = true,
                             .received = received,
                             .behind = behind});
    case SingletonAnswer::queue:
      break;
    case SingletonAnswer::replace:
      return take_over(std::move(unit), line);
    case SingletonAnswer::cancel:
      if (auto dropped = drop_all(
              line, Error(ErrorCode::conflict, "a later trigger of this singleton replaces it"));
          !dropped) {
        return dropped.error();
      }
      if (behind) cancels_.emplace_back(*behind, workflow->id);
      break;
  }
  if (auto pushed = push(line, std::move(unit)); !pushed) return pushed.error();
  return Passed(HeldBack{.by = AdmissionStage::singleton, .received = received, .behind = behind});
}

/// In place of the trigger that has the singleton's place, and waits for its throttle.
Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::take_over(Unit unit, Line& line) {
  const PlaceInLine place = line.row.holder;
  auto found = find_line(place.line);
  if (!found) return found.error();
  Line& throttle = **found;
  if (!throttle.workflow) throttle.workflow = line.workflow;
  if (auto replaced = take(throttle, place.number); !replaced) return replaced.error();
  note(*line.workflow, Error(ErrorCode::conflict, "a later trigger of this singleton replaces it"));
  const Instant received = unit.row.received;
  unit.row.singleton = line.row.digest;
  // It is put where the other one was.
  const std::uint64_t next = std::exchange(throttle.row.next, place.number);
  const Instant since = throttle.row.since;
  auto pushed = push(throttle, std::move(unit));
  throttle.row.next = next;
  throttle.row.since = since;
  if (!pushed) return pushed.error();
  return Passed(HeldBack{.by = AdmissionStage::throttle, .received = received});
}

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::pass_throttle(
    Unit unit, const Workflow& workflow) {
  const auto& rule = workflow->admission.throttle;
  if (!rule) return start(std::move(unit), workflow);
  auto found = line_for(unit, workflow, AdmissionStage::throttle, rule->key);
  if (!found) return not_placed(unit, workflow, found.error());
  Line& line = **found;
  const Instant free_at = throttle_free_at(*rule, line.row.starts, now_);
  const bool is_first = line.row.size() == 0;
  if (is_first && free_at <= now_) {
    auto started = start(std::move(unit), workflow);
    const bool has_started = started && std::holds_alternative<Started>(*started);
    if (has_started) note_start(*rule, line.row.starts, now_);
    return started;
  }
  const Instant received = unit.row.received;
  const std::string singleton = unit.row.singleton;
  if (auto pushed = push(line, std::move(unit)); !pushed) return pushed.error();
  if (!singleton.empty()) {
    const PlaceInLine place{line.row.digest, line.row.next - 1};
    if (auto given = give_place(singleton, place); !given) return given.error();
  }
  return Passed(HeldBack{.by = AdmissionStage::throttle,
                         .received = received,
                         .until = is_first ? std::optional(free_at) : std::nullopt});
}

Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::start(Unit unit,
                                                                     const Workflow& workflow) {
  const bool is_own = unit.order != nullptr;
  const std::string singleton = unit.row.singleton;
  auto order = is_own ? Result<std::shared_ptr<RunOrder>>(unit.order) : order_of(unit, workflow);
  if (!order && is_unmet_condition(order.error().code)) return drop(unit, workflow, order.error());
  if (!order) return order.error();
  RunOrder& run = **order;
  // It begins now, and not when it was prepared: a throttle counts these times.
  run.submitted = now_;
  run.execution = ExecutionId::make(run.execution.shard(), now_, door_.uses_.random);
  if (!singleton.empty()) {
    if (auto given = give_place(singleton, run.execution); !given) return given.error();
  }
  started_.insert(run.execution);
  ++let_go_;
  (is_own ? fresh_ : released_).push_back(*order);
  return Passed(Started{run.execution, is_own});
}

/// Whoever sends a trigger is told what is wrong with it. Of one that has waited nobody would hear: it would be tried
/// again for ever, in front of all that come behind it.
Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::not_placed(const Unit& unit,
                                                                          const Workflow& workflow,
                                                                          const Error& why) {
  const bool is_hopeless = unit.order == nullptr && why.code == ErrorCode::limit_exceeded;
  return is_hopeless ? drop(unit, workflow, why) : Result<Passed>(why);
}

/// It starts nothing, and the event log says why.
Result<AdmissionDoor::Passage::Passed> AdmissionDoor::Passage::drop(const Unit& unit,
                                                                    const Workflow& workflow,
                                                                    const Error& why) {
  note(*workflow, why);
  if (auto freed = free_place(unit.row.singleton); !freed) return freed.error();
  return Passed(
      HeldBack{.by = AdmissionStage::batch, .is_left_out = true, .received = unit.row.received});
}

Result<std::shared_ptr<RunOrder>> AdmissionDoor::Passage::order_of(Unit& unit,
                                                                   const Workflow& workflow) {
  // Rules may have changed since: a workflow with a batch sees one in any case.
  if (workflow->admission.batch && !unit.row.is_batch) {
    unit.output = batch_output(JsonArray{std::move(unit.output)});
  }
  return door_.uses_.starter.prepare(
      {.workflow = workflow,
       .kind = &kind_of(workflow->trigger),
       .user = user_,
       .output = std::move(unit.output),
       .origin = FromWaiting{{unit.row.received, unit.row.triggers, unit.row.waited}},
       .files = std::move(unit.files),
       .credential = unit.account,
       .trace = TraceParent::parse(unit.row.trace)});
}

// --- the place of a singleton ---------------------------------------------------------------------

Result<Holder> AdmissionDoor::Passage::holder_of(Line& line) {
  AdmissionLineRow& row = line.row;
  if (!row.holder.line.empty()) {
    const auto waits_in = find_line(row.holder.line);
    if (!waits_in) return waits_in.error();
    const AdmissionLineRow& throttle = (*waits_in)->row;
    const bool waits = row.holder.number >= throttle.first && row.holder.number < throttle.next;
    if (waits) return Holder::waiting;
    row.holder = {};  // it was damaged
  }
  if (row.running == ExecutionId{}) return Holder::nobody;
  if (started_.contains(row.running)) return Holder::running;
  const auto summary = door_.executions_.summary(row.running);
  if (!summary) return summary.error();
  if (*summary && !is_final((*summary)->status)) return Holder::running;
  row.running = ExecutionId{};
  row.looks = 0;
  return Holder::nobody;
}

Outcome AdmissionDoor::Passage::give_place(const std::string& singleton, const ExecutionId& run) {
  auto line = find_line(singleton);
  if (!line) return line.error();
  (*line)->row.running = run;
  (*line)->row.holder = {};
  (*line)->row.looks = 0;
  return Done{};
}

Outcome AdmissionDoor::Passage::give_place(const std::string& singleton,
                                           const PlaceInLine& waiting) {
  auto line = find_line(singleton);
  if (!line) return line.error();
  (*line)->row.running = ExecutionId{};
  (*line)->row.holder = waiting;
  return Done{};
}

Outcome AdmissionDoor::Passage::free_place(const std::string& singleton) {
  if (singleton.empty()) return Done{};
  auto line = find_line(singleton);
  if (!line) return line.error();
  (*line)->row.running = ExecutionId{};
  (*line)->row.holder = {};
  (*line)->soon = soon();
  return Done{};
}

// --- serving --------------------------------------------------------------------------------------

bool AdmissionDoor::Passage::is_part_full() const {
  return let_go_ >= door_.options_.part || batch_.bytes() >= door_.options_.part_bytes_max;
}

Outcome AdmissionDoor::Passage::serve(Line& line) {
  auto workflow = door_.uses_.workflows.deployed(project_, line.row.workflow);
  if (!workflow && !is_unmet_condition(workflow.error().code)) return workflow.error();
  if (!workflow) {
    if (auto dropped = drop_all(line, workflow.error()); !dropped) return dropped;
    if (line.row.size() > 0) line.soon = soon();
    const auto holder = holder_of(line);
    return holder ? Outcome(Done{}) : Outcome(holder.error());
  }
  line.workflow = std::move(*workflow);
  switch (line.row.stage) {
    case AdmissionStage::debounce:
      return serve_debounce(line);
    case AdmissionStage::batch:
      return serve_batch(line);
    case AdmissionStage::singleton:
      return serve_singleton(line);
    case AdmissionStage::throttle:
      return serve_throttle(line);
  }
  CHECK(false, "there is no such stage");
}

Outcome AdmissionDoor::Passage::serve_debounce(Line& line) {
  const auto& rule = line.workflow->admission.debounce;
  const Workflow workflow = line.workflow;
  while (line.row.size() > 0) {
    if (rule && debounce_end(*rule, line.row.since, line.row.last) > now_) return Done{};
    auto unit = take_first(line);
    if (!unit) return unit.error();
    if (!*unit) break;
    auto passed = pass_batch(std::move(**unit), workflow);
    if (!passed) return passed.error();
  }
  return Done{};
}

Outcome AdmissionDoor::Passage::serve_batch(Line& line) {
  const auto& rule = line.workflow->admission.batch;
  const Workflow workflow = line.workflow;
  while (line.row.size() > 0 && !is_part_full()) {
    if (rule && line.row.since + rule->wait > now_ && !batch_is_full(*rule, gathered(line.row))) {
      return Done{};
    }
    auto unit = rule ? take_batch(line) : take_first(line);
    if (!unit) return unit.error();
    if (!*unit) break;
    auto passed = pass_singleton(std::move(**unit), workflow);
    if (!passed) return passed.error();
  }
  return Done{};
}

Outcome AdmissionDoor::Passage::serve_singleton(Line& line) {
  const auto& rule = line.workflow->admission.singleton;
  const Workflow workflow = line.workflow;
  while (true) {
    const auto holder = holder_of(line);
    if (!holder) return holder.error();
    if (line.row.size() == 0 || is_part_full()) return Done{};
    if (rule && *holder != Holder::nobody) {
      const bool is_to_end =
          *holder == Holder::running && rule->on_conflict == Singleton::OnConflict::replace;
      // Whoever was to be cancelled may not have heard of it.
      if (is_to_end) cancels_.emplace_back(line.row.running, workflow->id);
      ++line.row.looks;
      return Done{};
    }
    auto unit = take_first(line);
    if (!unit) return unit.error();
    if (!*unit) continue;
    (*unit)->row.singleton = rule ? line.row.digest : std::string();
    auto passed = pass_throttle(std::move(**unit), workflow);
    if (!passed) return passed.error();
  }
}

Outcome AdmissionDoor::Passage::serve_throttle(Line& line) {
  const auto& rule = line.workflow->admission.throttle;
  const Workflow workflow = line.workflow;
  while (line.row.size() > 0 && !is_part_full()) {
    if (rule && throttle_free_at(*rule, line.row.starts, now_) > now_) return Done{};
    auto unit = take_first(line);
    if (!unit) return unit.error();
    if (!*unit) break;
    auto passed = start(std::move(**unit), workflow);
    if (!passed) return passed.error();
    if (rule && std::holds_alternative<Started>(*passed)) {
      note_start(*rule, line.row.starts, now_);
    }
  }
  return Done{};
}

/// Those that wait start nothing. One note for all: there may be many.
Outcome AdmissionDoor::Passage::drop_all(Line& line, const Error& why) {
  std::size_t dropped = 0;
  for (; line.row.size() > 0 && !is_part_full(); ++dropped) {
    const auto unit = take_first(line);
    if (!unit) return unit.error();
    if (!*unit) break;
    ++let_go_;
    if (auto freed = free_place((*unit)->row.singleton); !freed) return freed;
  }
  if (dropped == 0) return Done{};
  Error told = why;
  told.message = std::to_string(dropped) + " that waited for the workflow's `admission` (" +
                 std::string(wire_name(line.row.stage)) + "): " + why.message;
  const Workflow& workflow = line.workflow;
  const std::string type = workflow ? std::string(kind_of(workflow->trigger).type) : "admission";
  notes_.emplace_back(EventLogEntry{project_,
                                    user_,
                                    line.row.workflow,
                                    type,
                                    workflow ? workflow->integration : std::string(),
                                    {}},
                      std::move(told));
  return Done{};
}

// --- the commit -----------------------------------------------------------------------------------

/// At once, but at no time at which a wake has come that is served now: one that is there again would be taken for
/// that one.
Instant AdmissionDoor::Passage::soon() const { return now_ + Millis(1); }

/// When the line has something to do; nothing: it is nobody's.
std::optional<Instant> AdmissionDoor::Passage::next_look(Line& line) {
  AdmissionLineRow& row = line.row;
  const AdmissionOptions& options = door_.options_;
  if (line.soon) return line.soon;
  if (!line.workflow) {
    // Nothing is live, or its rules were not needed.
    if (row.size() == 0 && !row.is_held()) return std::nullopt;
    if (row.wake != Instant{}) return row.wake;
    return now_ + (row.size() > 0 ? options.first_look : options.idle_look);
  }
  const AdmissionRules& rules = line.workflow->admission;
  switch (row.stage) {
    case AdmissionStage::debounce:
      if (row.size() == 0) return std::nullopt;
      return rules.debounce ? debounce_end(*rules.debounce, row.since, row.last) : soon();
    case AdmissionStage::batch:
      if (row.size() == 0) return std::nullopt;
      // A version that makes smaller ones may leave some that are full.
      if (!rules.batch || batch_is_full(*rules.batch, gathered(row))) return soon();
      return row.since + rules.batch->wait;
    case AdmissionStage::singleton: {
      if (row.size() == 0) {
        return row.is_held() ? std::optional(now_ + options.idle_look) : std::nullopt;
      }
      if (!row.is_held() || !rules.singleton) return soon();
      const Millis pause = options.first_look * (std::int64_t{1} << std::min(row.looks, 16u));
      return now_ + std::min(pause, options.look_pause_max);
    }
    case AdmissionStage::throttle:
      if (row.size() > 0) {
        return rules.throttle ? throttle_free_at(*rules.throttle, row.starts, now_) : soon();
      }
      if (row.starts.empty() || !rules.throttle) return std::nullopt;
      if (row.starts.back() + rules.throttle->per <= now_) return std::nullopt;
      return row.starts.back() + rules.throttle->per;
  }
  CHECK(false, "there is no such stage");
}

void AdmissionDoor::Passage::put_line(Line& line) {
  AdmissionLineRow& row = line.row;
  if (row.digest.empty()) return;  // it was asked for, and is not there
  auto next = next_look(line);
  if (next) next = std::max(*next, soon());
  const bool has_wake = row.wake != Instant{};
  if (!next) {
    if (has_wake) WakeTable::remove(batch_, AdmissionTable::wake_of(row, row.wake));
    if (line.before) AdmissionTable::remove(batch_, row);
    return;
  }
  // One that comes too early is put off when it comes.
  if (!has_wake || *next < row.wake) {
    if (has_wake) WakeTable::remove(batch_, AdmissionTable::wake_of(row, row.wake));
    row.wake = *next;
    wakes_.push_back(AdmissionTable::wake_of(row, row.wake));
    WakeTable::put(batch_, wakes_.back());
  }
  if (!line.before || *line.before != row) AdmissionTable::put(batch_, row);
}

void AdmissionDoor::Passage::put() {
  for (auto& [digest, line] : lines_) {
    put_line(line);
    // Before it is durable: a short run may have ended as soon as it is.
    if (line.row.running != ExecutionId{}) {
      door_.remember(line.row.running, AdmissionTable::wake_of(line.row, Instant{}));
    }
  }
  JointStarter::add(released_, batch_);
}

Outcome AdmissionDoor::Passage::commit() {
  put();
  auto stored = door_.uses_.joint.start(fresh_, std::move(batch_));
  done(stored);
  return stored;
}

void AdmissionDoor::Passage::done(const Outcome& committed) {
  if (!committed) {
    if (hold_) door_.unsettled_.note();
    return;
  }
  for (const auto& [stage, counted] : counted_) {
    door_.count(project_, stage, counted.triggers, counted.bytes);
  }
  for (const auto& [digest, line] : lines_) {
    const auto& before = line.before;
    const bool was_running = before && before->running != ExecutionId{};
    if (was_running && before->running != line.row.running) door_.forget(before->running);
  }
  door_.uses_.joint.stored(released_);
  for (const auto& wake : wakes_) door_.uses_.schedule(wake);
  for (const auto& [entry, why] : notes_) {
    if (door_.uses_.log_of_events != nullptr) door_.uses_.log_of_events->note(entry, why);
  }
  for (const auto& [run, workflow] : cancels_) {
    const auto summary = door_.executions_.summary(run);
    if (!summary || !*summary) continue;  // looked at again
    door_.uses_.cancel(**summary, "the singleton of workflow " + workflow.text);
  }
}

void AdmissionDoor::Passage::note(const millrace::Workflow& workflow, Error why) {
  notes_.emplace_back(EventLogEntry{project_,
                                    user_,
                                    workflow.id,
                                    std::string(kind_of(workflow.trigger).type),
                                    workflow.integration,
                                    {}},
                      std::move(why));
}

}  // namespace millrace
