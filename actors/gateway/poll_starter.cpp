#include "actors/gateway/poll_starter.h"

#include "actors/gateway/admission_passage.h"
#include "actors/gateway/joint_starter.h"
#include "actors/runs/start_rows.h"
#include "actors/tenants/follow_poll.h"
#include "actors/tenants/fresh_credentials.h"
#include "runtime/base/check.h"
#include "runtime/integrations/account_text.h"
#include "runtime/polls/poll_pace.h"
#include "runtime/requests/response_value.h"
#include "runtime/webhooks/delivery.h"
#include "storage/keys.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

using storage::PolledAccountRow;
using storage::PollTable;
using storage::WakeRow;

// Wakes that are no rows: they are due before anything is.
constexpr Instant asked_for{Millis(0)};             // somebody wants a look now
constexpr Instant answered_until{Millis(1 << 30)};  // an answer has come; each at another time
/// However often somebody asks: what fails is asked for no more often, so that no storm defeats the waits.
constexpr Millis asked_again_after{60'000};

bool is_row(const WakeRow& wake) { return wake.due > answered_until; }
bool is_asked_for(const WakeRow& wake) { return wake.due == asked_for; }

Result<PollPosition> position_of(const PolledAccountRow& row) {
  PollPosition position;
  position.has_begun = row.has_begun;
  if (!row.cursor.empty()) {
    auto cursor = parse_json(row.cursor);
    if (!cursor) return Error(ErrorCode::corrupt_data, "the cursor of a poll is no JSON");
    position.cursor = std::move(*cursor);
  }
  constexpr std::size_t size = std::tuple_size_v<SeenId>;
  if (row.seen.size() % size != 0) {
    return Error(ErrorCode::corrupt_data, "the seen ids of a poll are cut off");
  }
  for (std::size_t at = 0; at < row.seen.size(); at += size) {
    SeenId id{};
    std::transform(row.seen.begin() + static_cast<std::ptrdiff_t>(at),
                   row.seen.begin() + static_cast<std::ptrdiff_t>(at + size), id.begin(),
                   [](char byte) { return static_cast<std::uint8_t>(byte); });
    position.seen.push_back(id);
  }
  return position;
}

void put_position(PolledAccountRow& row, const PollPosition& position) {
  row.has_begun = position.has_begun;
  row.cursor = position.cursor.is_null() ? std::string() : to_text(position.cursor);
  row.seen.clear();
  for (const SeenId& id : position.seen) row.seen.append(id.begin(), id.end());
}

const Json& parameters_of(const Workflow& workflow) {
  const auto* const offered = std::get_if<IntegrationTrigger>(&workflow.trigger);
  return offered == nullptr ? *shared_null() : offered->parameters;
}

/// What keeps an account from its poll until somebody changes it, and with it the poll.
bool ends_poll(ErrorCode code) {
  return code == ErrorCode::workflow_disabled || code == ErrorCode::credential_missing;
}

bool is_gone(ErrorCode code) {
  return code == ErrorCode::workflow_not_deployed || code == ErrorCode::not_found;
}

EventLogEntry entry_for(const Workflow& workflow, const UserId& user) {
  // Also where an integration offers the poll under a name: it is its looks that are told of.
  return {workflow.project,     user, workflow.id, std::string(poll_trigger_kind.type),
          workflow.integration, {}};
}

Error told(const Error& why, const std::string& before) {
  Error error = why;
  error.message = before + why.message;
  return error;
}

Result<Json> records_in(const HttpResponse& response, const std::string& url) {
  auto body = read_body(response, url);
  if (!body) return body.error();
  if (auto* const value = std::get_if<Json>(&*body)) return std::move(*value);
  return Error(ErrorCode::type_mismatch, "the provider has answered with a file, not with JSON");
}

}  // namespace

PollStarter::PollStarter(PollDependencies dependencies, const PollOptions& options)
    : uses_(std::move(dependencies)),
      options_(options),
      table_(uses_.store),
      notes_(uses_.log_of_events, uses_.clock),
      states_(uses_.store),
      walk_({uses_.store, uses_.commits, uses_.ownership, uses_.clock, locks_, uses_.schedule},
            options),
      trouble_("polls", uses_.clock, uses_.log) {}

std::optional<Instant> PollStarter::serve(const WakeRow& wake) {
  if (!unsettled_.settle(uses_.commits)) return uses_.clock.now() + options_.retry_pause;
  const auto part = storage::keys::poll_part(wake.target_key);
  const auto served =
      part == storage::keys::PollPart::workflow ? walk_.serve(wake) : serve_account(wake);
  if (served || means_shard_moved(served.error().code)) {  // then its owner reads the row
    trouble_.over(wake.target_key);
    if (served) return *served;
    forget_look(wake.target_key);
    return std::nullopt;
  }
  trouble_.failed(wake.target_key, served.error());
  return uses_.clock.now() + options_.retry_pause;
}

Outcome PollStarter::look_now(const PolledAccount& account) {
  const auto rows = table_.list(account.project, account.user);
  if (!rows) return rows.error();
  for (const PolledAccountRow& row : *rows) {
    if (account_place(row.credential).credential != account.credential) continue;
    const auto workflow = uses_.workflows.deployed(row.project, row.workflow);
    if (!workflow) continue;  // its next look says what is wrong
    const auto& trigger = (*workflow)->trigger;
    const auto& named = account.triggers;
    const std::string name = kind_of(trigger).name(trigger);
    const bool is_meant = std::holds_alternative<IntegrationTrigger>(trigger) &&
                          std::find(named.begin(), named.end(), name) != named.end();
    if (is_meant) uses_.serve_soon(PollTable::wake_of(row, asked_for));
  }
  return Done{};
}

Result<PollStarter::Again> PollStarter::serve_account(const WakeRow& wake) {
  const SharedLook look = find_look(wake.target_key);
  if (look == nullptr) return is_row(wake) || is_asked_for(wake) ? begin(wake) : Again();
  // One that was asked for is in the air: it does what its row's wake is for as well.
  if (is_row(wake) && !is_row(look->wake)) look->wake = wake;
  if (!look->end) {
    std::optional<AccountCall::Answer> answer;
    {
      const std::lock_guard lock(mutex_);
      answer = std::exchange(look->answer, std::nullopt);
    }
    if (!answer) return Again();  // it has it served again
    take(look, std::move(*answer));
    if (!look->end) return Again();
  }
  return store(*look);
}

// --- beginning ------------------------------------------------------------------------------------

Result<PollStarter::Again> PollStarter::begin(const WakeRow& wake) {
  auto row = table_.find_account(wake.target_key);
  if (!row) return row.error();
  if (!*row) {
    states_.note_through(wake.target_key);
    return drop(wake);
  }
  const bool is_waiting = (*row)->failures > 0 && (*row)->due != wake.due;
  if (is_waiting && !is_asked_for(wake)) return drop(wake);
  if (is_waiting) {
    const Instant from = soonest(**row);
    if (from >= (*row)->due) return Again();  // its own wake comes first
    if (uses_.clock.now() < from) return Again(from);
  }
  const auto live = table_.find((*row)->project, (*row)->workflow);
  if (!live) return live.error();
  if (!*live) return end_poll(wake, **row);
  auto workflow = uses_.workflows.deployed((*row)->project, (*row)->workflow);
  if (!workflow && is_gone(workflow.error().code)) return end_poll(wake, **row);
  if (!workflow && workflow.error().code == ErrorCode::format_not_supported) {
    return rest(wake, **row, (*live)->interval);  // it was logged
  }
  if (!workflow) return workflow.error();
  if (poll_of((*workflow)->trigger) == nullptr) return end_poll(wake, **row);
  return begin_look(wake, std::move(**row), **live, std::move(*workflow));
}

Instant PollStarter::soonest(const PolledAccountRow& row) {
  return std::max(row.failed + asked_again_after, row.held_until);
}

Result<PollStarter::Again> PollStarter::begin_look(const WakeRow& wake, PolledAccountRow row,
                                                   const storage::PolledWorkflowRow& live,
                                                   std::shared_ptr<const Workflow> workflow) {
  const auto tenant = uses_.tenants.view(row.project, row.user);
  if (!tenant && tenant.error().code != ErrorCode::corrupt_data) return tenant.error();
  auto grant =
      tenant ? (*tenant)->grant(*workflow, row.credential) : Result<RunGrant>(tenant.error());
  if (!grant && ends_poll(grant.error().code)) return end_poll(wake, row);
  if (!grant) return wait(wake, row, *workflow, live.interval, grant.error());
  // Another poll than the one that it has come so far with begins anew.
  auto from = row.begun == live.begun ? position_of(row) : Result<PollPosition>(PollPosition());
  if (!from) return wait(wake, row, *workflow, live.interval, from.error());
  auto place = places_.take(row.project, options_.looks_per_project_max);
  const bool is_crowded =
      !place.is_taken() || looking_ > static_cast<std::int64_t>(options_.looks_max);
  if (is_crowded) return Again(uses_.clock.now() + options_.crowded_pause);

  CHECK(workflow->frozen_integration != nullptr, "a poll without an integration was deployed");
  if (const Again until = held_back(row, *workflow->frozen_integration)) return until;

  PollFacts facts{row.project, row.user, std::move(grant->user_meta), std::move(grant->settings),
                  parameters_of(*workflow)};
  const Poll& poll = *poll_of(workflow->trigger);
  PollLook pages(poll, *from);
  const auto look = std::make_shared<Look>(Look{wake, std::move(row), live.begun, std::move(*from),
                                                std::move(workflow), *tenant, std::move(facts),
                                                std::move(pages), std::move(place)});
  {
    const std::lock_guard lock(mutex_);
    looks_[wake.target_key] = look;
  }
  if (uses_.counts != nullptr) ++uses_.counts->looks_in_air;
  ask(look);
  return look->end ? store(*look) : Result<Again>(Again());
}

// --- asking ---------------------------------------------------------------------------------------

namespace {

AskingAccount asking(const PolledAccountRow& row) {
  return {{row.project, row.user}, account_place(row.credential).credential};
}

}  // namespace

PollStarter::Again PollStarter::held_back(const PolledAccountRow& row,
                                          const Integration& integration) const {
  if (uses_.gate == nullptr || !integration.rate_limit) return std::nullopt;
  const std::uint64_t ticket = std::hash<std::string>()(PollTable::key_of(row));
  return uses_.gate->admit(asking(row), *integration.rate_limit, ticket);
}

void PollStarter::note_pause(const Look& look, const Json& output) const {
  const Integration& integration = *look.workflow->frozen_integration;
  if (uses_.gate == nullptr || !integration.rate_limit) return;
  uses_.gate->note_answer(asking(look.stored), *integration.rate_limit, output,
                          code_in(integration.answers, output));
}

void PollStarter::ask(const SharedLook& look) {
  if (auto asked = try_to_ask(look); !asked) {
    look->pages.fail(asked.error());
    look->end = look->pages.end();
  }
}

Outcome PollStarter::try_to_ask(const SharedLook& look) {
  const Poll& poll = *poll_of(look->workflow->trigger);
  const auto& integration = look->workflow->frozen_integration;
  auto self = look->pages.self();
  if (!self) return self.error();
  Redaction secret = look->redaction;
  auto secrets = poll_secrets(
      poll, *integration, [&](const std::string& name) { return look->tenant->secret(name); },
      secret);
  if (!secrets) return secrets.error();
  auto request = poll_request(poll, *integration, look->facts,
                              PollScope(look->facts, std::move(*self), std::move(*secrets)),
                              look->pages.pages());
  if (!request) return request.error();
  const PolledAccountRow& row = look->stored;
  const UserKey owner{row.project, row.user};
  const WakeRow answered = PollTable::wake_of(row, Instant(Millis(++look->requests)));
  AccountCall::start(
      uses_.http,
      {std::move(*request),
       owner,
       {{integration->type, row.credential}, integration->auth},
       std::make_shared<FreshCredentials>(look->tenant, owner, uses_.clock, uses_.tokens),
       std::move(secret)},
      [this, look, answered](AccountCall::Answer answer) {
        {
          const std::lock_guard lock(mutex_);
          look->answer = std::move(answer);
        }
        uses_.serve_soon(answered);
      });
  return Done{};
}

void PollStarter::take(const SharedLook& look, AccountCall::Answer answer) {
  look->redaction.add_all(answer.redaction);
  states_.note_look(look->wake.target_key, uses_.clock.now());
  const auto fail = [&](const Error& why) {
    look->pages.fail(why);
    look->end = look->pages.end();
  };
  if (!answer.outcome) return fail(answer.outcome.error());
  const HttpResponse& response = *answer.outcome;
  auto body = records_in(response, {});
  // An answer that is no success may have any body, or none that can be read.
  const bool is_unreadable = !body && is_success(response.status);
  Json value = body ? std::move(*body) : Json();
  look->redaction.apply_to(value);
  Json output = JsonObject{{"response", response_value(response, std::move(value))}};
  note_pause(*look, output);
  if (const auto problem = judge(*look, answer, output)) {
    look->wait = retry_after(response, uses_.clock.now());
    return fail(is_unreadable ? body.error() : *problem);
  }
  if (is_unreadable) return fail(body.error());
  const PollScope scope(look->facts, JsonObject(), JsonObject());
  const auto next =
      look->pages.take(output.get_object().at("response"), response.body->size(), scope);
  if (next == PollLook::Next::ask_next) {
    ask(look);
  } else {
    look->end = look->pages.end();
  }
}

std::optional<Error> PollStarter::judge(const Look& look, const AccountCall::Answer& answer,
                                        const Json& output) const {
  const AnswerRules& rules = look.workflow->frozen_integration->answers;
  const PollScope scope(look.facts, JsonObject(), JsonObject());
  const AnswerVerdict verdict = judge_answer(rules, RetryPolicy::none(), output, scope);
  if (uses_.refused == nullptr || !answer.used) return verdict.error;
  if (verdict.must_reconnect) {
    uses_.refused->invalidate(*answer.used, look.redaction.apply(verdict.error->message));
  } else {
    uses_.refused->note_answer(*answer.used, answer.outcome->status, answer.fields);
  }
  return verdict.error;
}

// --- storing --------------------------------------------------------------------------------------

Result<PollStarter::Again> PollStarter::store(Look& look) {
  const std::string& key = look.wake.target_key;
  const KeyedLocks::Hold held(locks_, key);
  auto batch = uses_.commits.begin(look.wake.shard);
  if (!batch) return batch.error();
  const auto now = table_.find_account(key);
  if (!now) return now.error();
  if (!*now || **now != look.stored) {  // what it has found is for nobody any more
    const WakeRow wake = look.wake;
    forget_look(key);
    return drop(wake);
  }
  return store_part(look, std::move(*batch));
}

Result<PollStarter::Again> PollStarter::store_part(Look& look, storage::WriteBatch opened) {
  const auto& found = look.end->found;
  const std::size_t part =
      std::min(found.size() - look.runs_stored, limits::poll_runs_per_commit_max);
  const std::size_t until = look.runs_stored + part;
  const bool is_last = until == found.size();
  AdmissionDoor::Passage passage(uses_.admission, look.stored.project, look.stored.user,
                                 std::move(opened));
  storage::WriteBatch& batch = passage.batch();
  bool has_found = false;
  for (std::size_t i = look.runs_stored; i < until; ++i) {
    auto order = order_of(look, found[i]);
    if (!order && is_passed_over(order.error().code)) {
      // The project has no room, or something was switched off while the look was in the air: what it has found is
      // not seen.
      const auto workflow = look.workflow;
      const WakeRow wake = look.wake;
      const PolledAccountRow row = look.stored;
      forget_look(wake.target_key);
      return wait(wake, row, *workflow, poll_of(workflow->trigger)->interval, order.error());
    }
    if (!order) return order.error();  // and tried again
    if (*order == nullptr) continue;
    has_found = true;
    if (auto passed = passage.admit(std::move(*order)); !passed) {
      if (passed.error().code == ErrorCode::admission_full) {
        states_.note_wait(look.wake.target_key, passed.error());
      }
      return passed.error();
    }
  }
  passage.put();
  const JointStarter::Orders orders = passage.fresh();
  JointStarter::add(orders, batch);
  PolledAccountRow row = row_after(look, until);
  std::vector<WakeRow> wakes;
  if (is_last) {
    const Instant now = uses_.clock.now();
    const Millis interval = poll_of(look.workflow->trigger)->interval;
    const bool is_failing = row.failures > 0;
    const bool has_failed =
        look.stored.failures > 0;  // its wait is over, whoever has asked for the look
    if (is_row(look.wake)) storage::WakeTable::remove(batch, look.wake);
    if (has_failed) storage::WakeTable::remove(batch, PollTable::wake_of(row, look.stored.due));
    if (is_failing || has_failed || look.end->goes_on || is_row(look.wake)) {
      const Instant due = is_failing          ? row.due
                          : look.end->goes_on ? now + Millis(1)
                                              : next_look(look.wake.target_key, interval, now);
      wakes.push_back(PollTable::wake_of(row, due));
      storage::WakeTable::put(batch, wakes.back());
    }
    if (is_failing && row.failures == 1) note_failure(look, *look.end->problem);
  }
  const bool is_news = row != look.stored || has_found;
  if (row != look.stored) PollTable::put(batch, row);
  if (!is_news) {
    // Only wakes change, and nobody waits: what is lost on its way is looked for once more.
    if (!uses_.commits.submit(std::move(batch))) {
      return Again(uses_.clock.now() + options_.crowded_pause);
    }
  } else if (auto stored = commit(std::move(batch)); !stored) {
    passage.done(stored);
    forget_look(look.wake.target_key);  // it begins again from what is on the disk then
    return stored.error();
  }
  passage.done(Done{});
  for (const auto& order : orders) {
    tell_stored(*order, uses_.observer);
    uses_.resume(*order);
  }
  for (const WakeRow& wake : wakes) uses_.schedule(wake);
  if (is_last) {
    count(*look.end);
    states_.note_through(look.wake.target_key);
    forget_look(look.wake.target_key);
    return Again();
  }
  look.runs_stored = until;
  look.stored = std::move(row);
  return Again(uses_.clock.now());
}

PolledAccountRow PollStarter::row_after(const Look& look, std::size_t runs) const {
  PolledAccountRow row = look.stored;
  const auto& end = *look.end;
  row.begun = look.begun;
  if (runs < end.found.size()) {
    PollPosition position = look.from;
    for (std::size_t i = 0; i < runs; ++i) position.seen.push_back(end.found[i].id);
    put_position(row, position);
    return row;
  }
  put_position(row, end.next);
  if (!end.problem) {
    row.failures = 0;
    row.due = row.failed = row.held_until = Instant{};
    row.code.clear();
    row.message.clear();
    return row;
  }
  constexpr std::size_t message_bytes_max = 1'000;
  row.failures = std::min<std::uint32_t>(row.failures + 1, 1'000'000);
  row.failed = uses_.clock.now();
  const Millis interval = poll_of(look.workflow->trigger)->interval;
  row.due = row.failed + std::max(wait_after_failure(interval, row.failures, jitter()),
                                  look.wait.value_or(Millis(0)));
  row.held_until = look.wait ? row.failed + *look.wait : Instant{};
  row.code = wire_name(end.problem->code);
  row.message = look.redaction.apply(end.problem->message).substr(0, message_bytes_max);
  return row;
}

Result<bool> PollStarter::is_meant(const Workflow& workflow, const Json& record) const {
  const auto* const trigger = std::get_if<IntegrationTrigger>(&workflow.trigger);
  if (trigger == nullptr || trigger->when.empty()) return true;
  DeliveryParts parts;
  parts.body = record;
  return holds(trigger->when, parts, record, trigger->parameters);
}

Result<std::shared_ptr<RunOrder>> PollStarter::order_of(const Look& look,
                                                        const FoundRecord& found) const {
  const std::shared_ptr<RunOrder> none;
  const auto meant = is_meant(*look.workflow, found.record);
  if (!meant) note_record(look, meant.error());
  if (!meant || !*meant) return none;
  RunFiles files;
  Json record = found.record;
  const auto kept = intern_files(
      record, [&](std::string bytes) { return files.keep(std::move(bytes)); },
      HandlesInData::refused);
  if (!kept) {
    note_record(look, kept.error());
    return none;
  }
  if (to_text(record).size() > limits::poll_record_bytes_max) {
    note_record(look, Error(ErrorCode::limit_exceeded,
                            "it has more than " + std::to_string(limits::poll_record_bytes_max) +
                                " bytes"));
    return none;
  }
  return uses_.starter.prepare({.workflow = look.workflow,
                                .kind = &kind_of(look.workflow->trigger),
                                .user = look.stored.user,
                                .output = poll_output(std::move(record)),
                                .files = std::move(files),
                                .credential = look.stored.credential});
}

// --- without a look -------------------------------------------------------------------------------

Result<PollStarter::Again> PollStarter::wait(const WakeRow& wake, const PolledAccountRow& row,
                                             const Workflow& workflow, Millis interval,
                                             const Error& why) {
  note_unmet(workflow, row, why);
  states_.note_wait(wake.target_key, why);
  return rest(wake, row, interval);
}

Result<PollStarter::Again> PollStarter::rest(const WakeRow& wake, const PolledAccountRow& row,
                                             Millis interval) {
  if (!is_row(wake)) return Again();
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  PolledAccountRow next = row;
  Instant due = next_look(wake.target_key, interval, uses_.clock.now());
  if (next.failures > 0) {
    next.due = due;
    PollTable::put(*batch, next);
  }
  storage::WakeTable::remove(*batch, wake);
  const WakeRow again = PollTable::wake_of(next, due);
  storage::WakeTable::put(*batch, again);
  if (auto stored = commit(std::move(*batch)); !stored) return stored.error();
  uses_.schedule(again);
  return Again();
}

Result<PollStarter::Again> PollStarter::end_poll(const WakeRow& wake, const PolledAccountRow& row) {
  states_.note_through(wake.target_key);
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  PollTable::remove_account(*batch, row.project, row.user, row.workflow, row.credential);
  if (is_row(wake)) storage::WakeTable::remove(*batch, wake);
  if (auto stored = commit(std::move(*batch)); !stored) return stored.error();
  return Again();
}

Result<PollStarter::Again> PollStarter::drop(const WakeRow& wake) {
  if (!is_row(wake)) return Again();
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  storage::WakeTable::remove(*batch, wake);
  if (auto stored = commit(std::move(*batch)); !stored) return stored.error();
  // An account that was begun meanwhile may have had the same wake.
  const auto row = table_.find_account(wake.target_key);
  if (!row) return row.error();
  if (!*row) return Again();
  const bool is_failing = (*row)->failures > 0;
  if (is_failing && (*row)->due != wake.due) return Again();  // it has a wake of its own
  auto more = uses_.commits.begin(wake.shard);
  if (!more) return more.error();
  const WakeRow again = PollTable::wake_of(
      **row, is_failing
                 ? (*row)->due
                 : first_look(wake.target_key, limits::poll_interval_standard, uses_.clock.now()));
  storage::WakeTable::put(*more, again);
  if (auto stored = commit(std::move(*more)); !stored) return stored.error();
  uses_.schedule(again);
  return Again();
}

Outcome PollStarter::commit(storage::WriteBatch batch) {
  auto stored = uses_.commits.commit(std::move(batch));
  if (!stored) unsettled_.note();
  return stored;
}

// --- telling --------------------------------------------------------------------------------------

void PollStarter::note_unmet(const Workflow& workflow, const PolledAccountRow& row,
                             const Error& why) {
  notes_.note(entry_for(workflow, row.user), row.credential, told(why, "a look of its poll: "));
}

void PollStarter::note_record(const Look& look, const Error& why) const {
  if (uses_.log_of_events == nullptr) return;
  uses_.log_of_events->note(entry_for(*look.workflow, look.stored.user),
                            told(why, "a record that its poll has found: "));
}

void PollStarter::note_failure(const Look& look, const Error& why) const {
  if (uses_.log_of_events == nullptr) return;
  EventLogEntry entry = entry_for(*look.workflow, look.stored.user);
  entry.level = "error";
  Error error = told(why, "its poll fails: ");
  error.message = look.redaction.apply(std::move(error.message));
  uses_.log_of_events->note(entry, error);
}

double PollStarter::jitter() const {
  std::uint16_t bits = 0;
  uses_.random.fill({reinterpret_cast<std::uint8_t*>(&bits), sizeof bits});
  return static_cast<double>(bits) / 32767.5 - 1.0;
}

PollStarter::SharedLook PollStarter::find_look(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = looks_.find(key);
  return found == looks_.end() ? nullptr : found->second;
}

void PollStarter::forget_look(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const bool was_there = looks_.erase(key) > 0;
  if (was_there && uses_.counts != nullptr) --uses_.counts->looks_in_air;
}

void PollStarter::count(const LookEnd& end) const {
  if (uses_.counts == nullptr) return;
  using Ended = ProviderCounts::Look;
  uses_.counts->count(end.problem ? Ended::failed : Ended::done);
  uses_.counts->records += end.found.size();
}

}  // namespace millrace
