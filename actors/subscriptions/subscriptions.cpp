#include "actors/subscriptions/subscriptions.h"

#include "runtime/base/check.h"
#include "runtime/requests/response_value.h"
#include "runtime/text/time_text.h"
#include "runtime/triggers/trigger_catalog.h"
#include "storage/tables/schedule_audience.h"
#include "storage/tables/workflow_index_table.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <utility>

namespace millrace {
namespace {

using State = storage::SubscriptionState;
using Check = storage::SubscriptionCheck;

constexpr Millis retry_pause{5'000};
constexpr Millis crowded_pause{500};
/// When it is looked what has become of a request that has left. While this process waits for its answer nobody
/// looks, since a target is served by one thread at a time: so this is how long a crash delays it.
constexpr Millis looked_after{5'000};
constexpr std::array<Millis, 6> pauses{Millis(10'000),  Millis(30'000),    Millis(120'000),
                                       Millis(600'000), Millis(1'800'000), Millis(3'600'000)};
/// Where a subscription has been refused its renewal and nobody knows when it ends.
constexpr Millis look_again = std::chrono::hours(1);
constexpr std::size_t members_per_list = 1'000;
constexpr std::size_t checks_per_commit = 250;
constexpr Millis readying_max{5'000};

bool is_gone(int status) { return status == 404 || status == 410; }

bool is_live(const storage::SubscriptionRow& row) {
  return row.state != State::leaving && !row.is_unwanted;
}

bool is_of_same(const storage::SubscriptionRow& left, const storage::SubscriptionRow& right) {
  return left.credential == right.credential && left.webhook == right.webhook;
}

/// It has come to its end, as far as the provider has said.
bool is_over(const storage::SubscriptionRow& row, Instant now) {
  return row.state == State::active && row.expires != Instant() && row.expires <= now;
}

/// Before the `count`th in a row that lasts for less than a renewal is to wait: 1 s, and twice as long each time.
Millis pause_between_short(std::uint32_t count) {
  constexpr Millis shortest{1'000};
  const Millis pause = shortest * (std::int64_t{1} << std::min(count - 1, 16u));
  return std::min(pause, Subscriptions::renewed_again_after);
}

AskingAccount asking(const storage::SubscriptionRow& row) {
  return {{row.project, row.user}, row.credential};
}

Webhook::Scope scope_of(const SubscriptionAsking::Definition& by, const std::string& webhook) {
  return by.integration->webhooks.at(webhook).scope;
}

}  // namespace

Subscriptions::Subscriptions(Dependencies dependencies)
    : uses_(std::move(dependencies)),
      asking_({uses_.store, uses_.projects, uses_.users, uses_.tenants, uses_.http, uses_.refused,
               uses_.tokens, uses_.clock, uses_.sealer, uses_.address}),
      wishes_(uses_.projects, uses_.users, uses_.tenants, uses_.workflows),
      table_(uses_.store),
      trouble_("subscriptions", uses_.clock, uses_.log),
      work_(threads, held_max, uses_.clock, uses_.log,
            [this](const storage::WakeRow& wake) { return serve(wake); }) {}

void Subscriptions::schedule_by(std::function<void(const storage::WakeRow&)> schedule) {
  schedule_ = std::move(schedule);
}

std::optional<Instant> Subscriptions::serve(const storage::WakeRow& wake) {
  if (!unsettled_.settle(uses_.commits)) return uses_.clock.now() + retry_pause;
  const auto served =
      wake.target == storage::WakeTarget::subscription_check ? check(wake) : turn(wake);
  if (served || means_shard_moved(served.error().code)) {  // then its owner reads the row
    trouble_.over(wake.target_key);
    return served ? *served : std::nullopt;
  }
  trouble_.failed(wake.target_key, served.error());
  return uses_.clock.now() + retry_pause;
}

// --- what all of it is made of --------------------------------------------------------------------

SubscriptionChanges Subscriptions::changes_with(storage::WriteBatch batch) {
  return {uses_.hooks, asking_, uses_.random, uses_.clock.now(), std::move(batch)};
}

Outcome Subscriptions::commit(SubscriptionChanges& changes) {
  auto stored = uses_.commits.commit(changes.take());
  if (!stored) {
    unsettled_.note();
    return stored;
  }
  if (schedule_) {
    for (const storage::WakeRow& wake : changes.wakes()) schedule_(wake);
  }
  return stored;
}

Outcome Subscriptions::commit_for(const Row& row, SubscriptionChanges& changes) {
  const storage::LeftAccountTable accounts(uses_.store);
  auto left = accounts.find(row.project, row.user, row.credential);
  if (!left) return left.error();
  if (!*left) return commit(changes);
  const auto rows = table_.of_user(row.project, row.user);
  if (!rows) return rows.error();
  std::set<std::string> there;
  for (const Row& each : *rows) {
    if (each.credential == row.credential) there.insert(each.place());
  }
  for (const auto& operation : changes.batch().operations()) {
    if (operation.kind == storage::WriteBatch::Operation::Kind::remove) there.erase(operation.key);
  }
  if (!there.empty()) return commit(changes);
  storage::LeftAccountTable::remove(changes.batch(), row.project, row.user, row.credential);
  if (auto stored = commit(changes); !stored) return stored;
  const auto opened = uses_.users.open_credential(**left);
  if (opened && !opened->lock && uses_.ended) uses_.ended(row.project, *opened->credential);
  return Done{};
}

Result<bool> Subscriptions::is_connected(const Row& row) const {
  const auto user = uses_.users.now({row.project, row.user});
  if (!user) return user.error();
  return (*user)->find(row.integration, row.credential) != nullptr;
}

Outcome Subscriptions::drop(const storage::WakeRow& wake) {
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  storage::WakeTable::remove(*batch, wake);
  return uses_.commits.commit(std::move(*batch));
}

Millis Subscriptions::pause_after(std::uint32_t attempts) const {
  const Millis pause =
      pauses[std::min<std::size_t>(attempts, pauses.size()) - (attempts > 0 ? 1 : 0)];
  std::array<std::uint8_t, 1> byte{};
  uses_.random.fill(byte);
  // Up to a tenth longer, so that what failed together is not tried again together.
  return pause + pause * byte[0] / 2'560;
}

void Subscriptions::note(const Row& row, const Error& why) const {
  if (row.is_erased) return;
  const Error told(why.code,
                   "the subscription of the webhook \"" + row.webhook + "\": " + why.message);
  EventLogEntry entry{row.project,     row.user, {},     std::string(webhook_trigger_kind.type),
                      row.integration, {},       "error"};
  auto workflows = wishes_.concerned(row);
  if (workflows.empty()) workflows.emplace_back();  // nobody wants it any more
  for (WorkflowId& each : workflows) {
    entry.workflow = std::move(each);
    uses_.events.note(entry, told);
  }
}

bool Subscriptions::can_be_sent(const Row& row, const SubscriptionRequest& request) const {
  const auto known = asking_.known(row);
  return !known || !missing_for(request, *known);
}

/// Nobody looks after it any more.
Outcome Subscriptions::give_up(const Row& row, const Turn& turn, const Error& why,
                               SubscriptionChanges& changes) const {
  if (uses_.counts != nullptr) ++uses_.counts->subscriptions_given_up;
  if (row.is_erased) {
    // Neither the user nor the words of its provider.
    Row nobodys = row;
    nobodys.user = {};
    nobodys.is_erased = false;
    note(nobodys, Error(why.code,
                        "its user has been erased; it could not be ended, and is left to the "
                        "provider: what comes to its URL is answered 404"));
  } else {
    note(row, Error(why.code, "it could not be ended (" + why.message +
                                  "), and is left to the provider: what "
                                  "comes to its URL is answered 404"));
  }
  return changes.remove(row, scope_of(turn.by, row.webhook));
}

Result<std::vector<storage::SubscriptionRow>> Subscriptions::others_of(const Row& row) const {
  auto rows = table_.of_user(row.project, row.user);
  if (!rows) return rows.error();
  std::erase_if(*rows, [&](const Row& other) {
    return !is_of_same(other, row) || other.intent == row.intent;
  });
  return rows;
}

// --- what is wanted -------------------------------------------------------------------------------

Result<Subscriptions::Again> Subscriptions::check(const storage::WakeRow& wake) {
  const auto about = storage::parse_subscription_check(wake.target_key);
  if (about && about->of == Check::Of::user) {
    return check_user({about->project, UserId(about->name)}, wake);
  }
  if (about) {
    if (auto checked = check_all(*about); !checked) return checked.error();
  }
  // Behind the checks of the users, each of which has a wake of its own by now.
  auto dropped = drop(wake);
  return dropped ? Result<Again>(Again()) : Result<Again>(dropped.error());
}

Result<Subscriptions::Again> Subscriptions::check_user(const UserKey& owner,
                                                       const storage::WakeRow& wake) {
  uses_.projects.settle(owner.project);
  uses_.users.settle(owner);  // whoever wrote the wake may not have shown yet what he changed
  const auto held = uses_.hooks.hold(owner.project, owner.user);
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  const auto rows = table_.of_user(owner.project, owner.user);
  if (!rows) return rows.error();
  const auto wished = wishes_.of(owner);
  if (!wished) return wished.error();
  SubscriptionChanges changes = changes_with(std::move(*batch));
  if (auto compared = compare(owner, *wished, *rows, changes); !compared) return compared.error();
  storage::WakeTable::remove(changes.batch(), wake);
  if (auto stored = commit(changes); !stored) return stored.error();
  return Again();
}

Outcome Subscriptions::compare(const UserKey& owner, const WishedSubscriptions& wished,
                               const std::vector<Row>& rows, SubscriptionChanges& changes) {
  const Instant now = uses_.clock.now();
  for (const Row& row : rows) {
    if (wished.paused.contains(row.credential) || !is_live(row)) continue;
    if (wished.find(row) == nullptr) {
      const auto by = asking_.definition_of(row);
      const auto scope = by ? scope_of(*by, row.webhook) : Webhook::Scope::user;
      if (auto left = changes.leave(row, scope); !left) return left;
    } else if (row.state == State::subscribing && !row.is_asked && row.attempts > 0) {
      Row next = row;  // what stood in its way may be mended
      next.next = now;
      changes.change(row, next);
    }
  }
  for (const SubscriptionWish& wish : wished.wishes) {
    // One that asks for something else stays until the new one is there.
    const bool is_there = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
      return is_live(row) && wished.find(row) == &wish &&
             asks_for_the_same(row.definition, wish.definition);
    });
    if (is_there) continue;
    if (auto added = changes.add(owner, wish, rows); !added) return added;
  }
  return Done{};
}

Outcome Subscriptions::check_all(const Check& check) {
  std::vector<UserId> users;
  if (check.of == Check::Of::workflow) {
    const WorkflowId workflow(check.name);
    { const auto changing = uses_.workflows.hold(check.project, workflow); }
    if (auto found = check_enabled(check.project, workflow, users); !found) return found;
    return ask_for_checks(check.project, std::move(users));
  }
  uses_.projects.settle(check.project);
  auto read = table_.of_project(check.project, uses_.ownership.owned(), [&](Row row) -> Outcome {
    if (row.integration == check.name) users.push_back(std::move(row.user));
    return Done{};
  });
  if (!read) return read;
  const auto project = uses_.projects.now(check.project);
  if (!project) return project.error();
  const auto integration = (*project)->integrations->find_integration(check.name);
  const storage::WorkflowIndexTable index(uses_.store);
  std::set<std::string> workflows;
  const auto find = [&](std::string_view kind, const std::string& name) -> Outcome {
    const auto found = index.workflows_for(check.project, kind, name);
    if (!found) return found.error();
    for (const WorkflowId& each : *found) workflows.insert(each.text);
    return Done{};
  };
  if (integration != nullptr) {
    for (const auto& [name, webhook] : integration->webhooks) {
      if (webhook.subscription == nullptr) continue;
      if (auto found = find(webhook_trigger_kind.type, name); !found) return found;
    }
    for (const auto& [name, trigger] : integration->triggers) {
      auto names = names_of_intents(integration->type, name);
      names.push_back(name);
      for (const std::string& each : names) {
        if (each.empty()) continue;
        if (auto found = find(integration_trigger_kind.type, each); !found) return found;
      }
    }
  }
  for (const std::string& workflow : workflows) {
    if (auto found = check_enabled(check.project, WorkflowId(workflow), users); !found)
      return found;
  }
  return ask_for_checks(check.project, std::move(users));
}

Outcome Subscriptions::check_enabled(const ProjectId& project, const WorkflowId& workflow,
                                     std::vector<UserId>& users) {
  const storage::ScheduleAudience audience(uses_.store, uses_.ownership.owned(), project, workflow,
                                           storage::Audience::accounts);
  std::string after;
  while (true) {
    auto members = audience.list(after, members_per_list);
    if (!members) return members.error();
    for (auto& member : *members) {
      if (!member.user.empty()) users.push_back(std::move(member.user));
    }
    if (members->size() < members_per_list) return Done{};
    after = members->back().key;
  }
}

Outcome Subscriptions::ask_for_checks(const ProjectId& project, std::vector<UserId> users) {
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  const Instant now = uses_.clock.now();
  std::map<ShardId, std::vector<storage::WakeRow>> by_shard;
  for (const UserId& user : users) {
    auto wake = wake_of(Check{Check::Of::user, project, user.text}, now);
    by_shard[wake.shard].push_back(std::move(wake));
  }
  for (const auto& [shard, wakes] : by_shard) {
    for (std::size_t begin = 0; begin < wakes.size(); begin += checks_per_commit) {
      auto batch = uses_.commits.begin(shard);
      if (!batch) return batch.error();
      const std::size_t end = std::min(begin + checks_per_commit, wakes.size());
      for (std::size_t i = begin; i < end; ++i) storage::WakeTable::put(*batch, wakes[i]);
      if (auto stored = uses_.commits.commit(std::move(*batch)); !stored) return stored;
      for (std::size_t i = begin; i < end && schedule_; ++i) schedule_(wakes[i]);
    }
  }
  return Done{};
}

// --- the turn of a row ----------------------------------------------------------------------------

Result<Subscriptions::Again> Subscriptions::turn(const storage::WakeRow& wake) {
  const auto seen = table_.find(wake.target_key);
  if (!seen) return seen.error();
  if (!*seen || (*seen)->next != wake.due) {
    auto dropped = drop(wake);
    return dropped ? Result<Again>(Again()) : Result<Again>(dropped.error());
  }
  const auto place = places_.take((*seen)->project, asked_per_project_max);
  if (!place.is_taken()) return Again(uses_.clock.now() + crowded_pause);
  if (const Again until = held_back(**seen)) return until;
  const auto begun = begin_turn(wake);
  if (!begun) return begun.error();
  const SubscriptionRequest* request = nullptr;
  const Subscription* const by = begun->by.subscription.get();
  switch (begun->asked) {
    case Asked::nothing:
      return begun->again;
    case Asked::subscribe:
      request = &by->subscribe;
      break;
    case Asked::find:
      request = &by->find->request;
      break;
    case Asked::renew:
      request = &*by->renew;
      break;
    case Asked::unsubscribe:
      request = &*by->unsubscribe;
      break;
  }
  const auto answer = asking_.ask(begun->row, begun->by, *request);
  count(begun->asked, answer);
  note_pause(*begun, answer);
  if (auto settled = settle(*begun, answer); !settled) return settled.error();
  return Again();
}

Subscriptions::Again Subscriptions::held_back(const Row& row) const {
  const auto by = asking_.definition_of(row);
  if (uses_.gate == nullptr || !by || !by->integration->rate_limit) return std::nullopt;
  const std::uint64_t ticket = std::hash<std::string>()(row.place());
  return uses_.gate->admit(asking(row), *by->integration->rate_limit, ticket);
}

void Subscriptions::note_pause(const Turn& turn, const SubscriptionAsking::Answer& answer) const {
  const auto& limit = turn.by.integration->rate_limit;
  if (uses_.gate == nullptr || !limit || !answer.outcome) return;
  uses_.gate->note_answer(asking(turn.row), *limit, *answer.outcome);
}

void Subscriptions::count(Asked asked, const SubscriptionAsking::Answer& answer) const {
  if (uses_.counts == nullptr || !answer.has_left || asked == Asked::nothing) return;
  using Counts = ProviderCounts;
  const auto outcome = !answer.error                                 ? Counts::Answer::done
                       : answer.error == ErrorCode::request_rejected ? Counts::Answer::refused
                                                                     : Counts::Answer::failed;
  static constexpr std::array<Counts::Asked, 4> counted{Counts::Asked::subscribe,
                                                        Counts::Asked::find, Counts::Asked::renew,
                                                        Counts::Asked::unsubscribe};
  uses_.counts->count(counted[static_cast<std::size_t>(asked) - 1], outcome);
}

Result<Subscriptions::Turn> Subscriptions::begin_turn(const storage::WakeRow& wake) {
  const auto seen = table_.find(wake.target_key);
  if (!seen) return seen.error();
  if (!*seen) return Turn{};
  const auto held = uses_.hooks.hold((*seen)->project, (*seen)->user);
  auto row = table_.find(wake.target_key);
  if (!row) return row.error();
  if (!*row || (*row)->next != wake.due) return Turn{{}, {}, Asked::nothing, uses_.clock.now()};
  auto by = asking_.definition_of(**row);
  if (!by && by.error().code == ErrorCode::corrupt_data) {
    // Nobody knows how to ask about it: it can only be forgotten.
    auto batch = uses_.commits.begin(wake.shard);
    if (!batch) return batch.error();
    SubscriptionChanges changes = changes_with(std::move(*batch));
    if (auto done = changes.remove(**row, Webhook::Scope::user); !done) return done.error();
    if (auto stored = commit_for(**row, changes); !stored) return stored.error();
    note(**row, by.error());
    return Turn{};
  }
  if (!by) return by.error();
  const auto connected = is_connected(**row);
  if (!connected) return connected.error();
  if (!*connected && is_live(**row)) {  // it has been disconnected a moment ago
    auto batch = uses_.commits.begin(wake.shard);
    if (!batch) return batch.error();
    SubscriptionChanges changes = changes_with(std::move(*batch));
    if (auto left = changes.leave(**row, scope_of(*by, (*row)->webhook)); !left) {
      return left.error();
    }
    if (auto stored = commit_for(**row, changes); !stored) return stored.error();
    return Turn{{}, {}, Asked::nothing, uses_.clock.now()};
  }
  switch ((*row)->state) {
    case State::subscribing:
      return begin_subscribing(std::move(**row), std::move(*by));
    case State::active:
      return begin_renewing(std::move(**row), std::move(*by));
    case State::leaving:
      return begin_leaving(std::move(**row), std::move(*by));
  }
  return Turn{};
}

Result<Subscriptions::Turn> Subscriptions::begin_subscribing(Row row,
                                                             SubscriptionAsking::Definition by) {
  Turn turn{row, std::move(by), Asked::subscribe, {}};
  const auto scope = scope_of(turn.by, row.webhook);
  if (row.is_asked && turn.by.subscription->find) {
    turn.asked = Asked::find;
    return turn;
  }
  auto batch = uses_.commits.begin(shard_of(row.project, row.user));
  if (!batch) return batch.error();
  SubscriptionChanges changes = changes_with(std::move(*batch));
  if (row.is_asked && !turn.by.subscription->is_idempotent) {
    turn.asked = Asked::nothing;
    if (!row.is_unwanted) {
      if (auto added = add_successor(row, turn, changes); !added) {
        return added.error();
      }
    }
    if (row.is_erased) {
      const Error unknown(row.error.value_or(ErrorCode::overloaded), {});
      if (auto done = give_up(row, turn, unknown, changes); !done) return done.error();
    } else {
      if (auto removed = changes.remove(row, scope); !removed) return removed.error();
      note(row,
           Error(row.error.value_or(ErrorCode::overloaded),
                 "nobody knows whether the provider has made it: what it delivers to that URL is "
                 "answered 404, and another one is made"));
    }
  } else {
    // Durable before it leaves. Its wake comes when there is no answer any more.
    turn.row.is_asked = true;
    turn.row.next = uses_.clock.now() + looked_after;
    changes.change(row, turn.row);
  }
  if (auto stored = commit_for(row, changes); !stored) return stored.error();
  return turn;
}

Result<Subscriptions::Turn> Subscriptions::begin_renewing(Row row,
                                                          SubscriptionAsking::Definition by) {
  const Instant now = uses_.clock.now();
  Turn turn{row, std::move(by), Asked::renew, {}};
  const bool has_ended = is_over(row, now);
  const auto others = others_of(row);
  if (!others) return others.error();
  const bool has_successor = std::any_of(others->begin(), others->end(), [&](const Row& other) {
    return other.state == State::subscribing && is_live(other);
  });
  const auto& renew = turn.by.subscription->renew;
  if (!has_ended && !has_successor && renew && can_be_sent(row, *renew)) return turn;
  turn.asked = Asked::nothing;
  auto batch = uses_.commits.begin(shard_of(row.project, row.user));
  if (!batch) return batch.error();
  SubscriptionChanges changes = changes_with(std::move(*batch));
  if (!has_successor) {
    if (auto added = add_successor(row, turn, changes); !added) return added.error();
  }
  // It is ended when the other one is there, also where it has come to its end: that is what the provider says.
  Row next = row;
  next.next = !has_ended && row.expires != Instant() ? row.expires : now + look_again;
  changes.change(row, next);
  if (auto stored = commit(changes); !stored) return stored.error();
  return turn;
}

Result<Subscriptions::Turn> Subscriptions::begin_leaving(Row row,
                                                         SubscriptionAsking::Definition by) {
  Turn turn{row, std::move(by), Asked::unsubscribe, {}};
  const auto& unsubscribe = turn.by.subscription->unsubscribe;
  if (unsubscribe && can_be_sent(row, *unsubscribe)) return turn;
  if (unsubscribe) {
    note(row, Error(ErrorCode::bad_response,
                    "it cannot be ended, because the provider's answer had not all that it takes, "
                    "and is left to the provider: what comes to its URL is answered 404"));
  }
  turn.asked = Asked::nothing;
  auto batch = uses_.commits.begin(shard_of(row.project, row.user));
  if (!batch) return batch.error();
  SubscriptionChanges changes = changes_with(std::move(*batch));
  auto removed = changes.remove(row, scope_of(turn.by, row.webhook));
  if (!removed) return removed.error();
  if (auto stored = commit_for(row, changes); !stored) return stored.error();
  return turn;
}

// --- what the provider has answered ---------------------------------------------------------------

Outcome Subscriptions::settle(const Turn& turn, const SubscriptionAsking::Answer& answer) {
  const auto held = uses_.hooks.hold(turn.row.project, turn.row.user);
  auto batch = uses_.commits.begin(shard_of(turn.row.project, turn.row.user));
  if (!batch) return batch.error();
  // It may be wanted no longer by now; or its user is erased.
  auto row = table_.find(turn.row.place());
  if (!row) return row.error();
  if (!*row || (*row)->state != turn.row.state) return Done{};
  SubscriptionChanges changes = changes_with(std::move(*batch));
  Outcome settled = Done{};
  switch (turn.asked) {
    case Asked::nothing:
      return Done{};
    case Asked::subscribe:
      settled = settle_subscribing(std::move(**row), turn, answer, changes);
      break;
    case Asked::find:
      settled = settle_finding(std::move(**row), turn, answer, changes);
      break;
    case Asked::renew:
      settled = settle_renewing(std::move(**row), turn, answer, changes);
      break;
    case Asked::unsubscribe:
      settled = settle_leaving(std::move(**row), turn, answer, changes);
      break;
  }
  if (!settled) return settled;
  return commit_for(turn.row, changes);
}

Outcome Subscriptions::settle_subscribing(Row row, const Turn& turn,
                                          const SubscriptionAsking::Answer& answer,
                                          SubscriptionChanges& changes) {
  if (!answer.error) {
    const auto kept = kept_of(turn.by.subscription->keep, *answer.outcome);
    if (!kept) note(row, kept.error());
    return take_over(row, turn, kept ? *kept : JsonObject(), changes);
  }
  if (answer.is_refused && row.is_unwanted) {
    return changes.remove(row, scope_of(turn.by, row.webhook));
  }
  Row next = row;
  if (answer.is_refused) {
    next.is_asked = false;
    if (answer.outcome) ++next.refusals;
  }
  return put_off(row, std::move(next), turn, answer, changes);
}

Outcome Subscriptions::settle_finding(Row row, const Turn& turn,
                                      const SubscriptionAsking::Answer& answer,
                                      SubscriptionChanges& changes) {
  if (answer.error) {
    return put_off(row, row, turn, answer, changes);
  }
  const auto found =
      found_in(*turn.by.subscription, *answer.outcome, SubscriptionAsking::path_of(row));
  if (!found) {
    return put_off(row, row, turn, {found.error(), true, found.error().message, found.error().code},
                   changes);
  }
  if (!*found) {
    if (row.is_unwanted) return changes.remove(row, scope_of(turn.by, row.webhook));
    Row next = row;  // it was never made: asked again
    next.is_asked = false;
    next.next = uses_.clock.now();
    changes.change(row, next);
    return Done{};
  }
  const bool is_heard =
      !turn.by.subscription->keep.contains("secret") || (*found)->contains("secret");
  if (!is_heard && !row.is_unwanted) {
    // What it signs with was told once, and nobody heard it.
    row.is_unwanted = true;
    if (auto added = add_successor(row, turn, changes); !added) return added;
  }
  return take_over(row, turn, **found, changes);
}

Outcome Subscriptions::take_over(const Row& row, const Turn& turn, const JsonObject& kept,
                                 SubscriptionChanges& changes) {
  auto known = asking_.known(row);
  if (!known) return known.error();
  for (const auto& member : kept) known->insert_or_assign(member.key(), member.value());
  const auto missing = missing_for_care(*turn.by.subscription, *known);
  if (!missing) return confirm(row, turn, kept, changes);
  const Error why(ErrorCode::bad_response,
                  "the provider's answer has no `" + *missing +
                      "` where `keep` says it is, and without it the subscription can be neither "
                      "renewed nor ended");
  return put_off(row, row, turn, {why, true, why.message, why.code}, changes);
}

Outcome Subscriptions::confirm(const Row& before, const Turn& turn, const JsonObject& kept,
                               SubscriptionChanges& changes) {
  const Instant now = uses_.clock.now();
  const Subscription& by = *turn.by.subscription;
  auto known = asking_.known(before);
  if (!known) return known.error();
  for (const auto& member : kept) known->insert_or_assign(member.key(), member.value());
  Row next = before;
  next.is_asked = false;
  if (!before.is_erased) next.attempts = 0;  // of an erased user's, all count together
  next.error.reset();
  next.why.clear();
  next.expires = next.next = Instant();
  std::optional<Instant> expires;
  if (const Json* const told = kept.if_contains("expires")) expires = expiry_of(*told, now);
  if (!expires && by.lifetime) expires = now + *by.lifetime;
  if (expires) {
    next.attempts = before.attempts;
    plan_renewal(next, by, *expires);
    if (next.error) note(next, Error(*next.error, next.why));
  }
  asking_.seal(next, *known);
  for (const auto& [name, path] : by.keep) {
    if (known->contains(name) || name == "expires") continue;
    next.error = ErrorCode::bad_response;
    next.why = "the provider's answer has no `" + name + "` where `keep` says it is";
    note(next, Error(*next.error, next.why));
  }
  const bool is_unwanted = before.is_unwanted;
  next.state = is_unwanted ? State::leaving : State::active;
  next.is_unwanted = false;
  if (is_unwanted) next.next = now;
  changes.change(before, next);
  if (is_unwanted || before.state == State::active) return Done{};
  // It has the place of those before it.
  const auto others = others_of(before);
  if (!others) return others.error();
  for (const Row& other : *others) {
    auto left = changes.leave(other, scope_of(turn.by, other.webhook));
    if (!left) return left;
  }
  return Done{};
}

void Subscriptions::plan_renewal(Row& row, const Subscription& by, Instant expires) const {
  const Instant now = uses_.clock.now();
  row.expires = expires;
  row.next = renewal_of(by, expires, now);
  if (row.next >= now + renewed_again_after) {
    row.attempts = 0;
    return;
  }
  ++row.attempts;
  const bool has_ended = expires <= now;
  row.next = std::max(
      row.next, now + (has_ended ? pause_after(row.attempts) : pause_between_short(row.attempts)));
  if (row.next < expires) return;
  row.error = ErrorCode::bad_response;
  row.why = has_ended ? "the provider says that it has ended already, at " + to_text(expires)
                      : "the provider lets it last until " + to_text(expires) +
                            ", and again and again no longer";
}

Outcome Subscriptions::settle_renewing(Row row, const Turn& turn,
                                       const SubscriptionAsking::Answer& answer,
                                       SubscriptionChanges& changes) {
  const Subscription& by = *turn.by.subscription;
  if (!answer.error) {
    const auto kept = kept_of(by.renew_keep.empty() ? by.keep : by.renew_keep, *answer.outcome);
    return confirm(row, turn, kept ? *kept : JsonObject(), changes);
  }
  const int status = answer.outcome ? answer.outcome->status : 0;
  const bool is_refused = answer.outcome && answer.error == ErrorCode::request_rejected &&
                          status != 401 && status != 429;
  if (!is_refused) {
    return put_off(row, row, turn, answer, changes);
  }
  if (auto added = add_successor(row, turn, changes); !added) return added;
  Row next = row;
  next.next = row.expires > uses_.clock.now() ? row.expires : uses_.clock.now() + look_again;
  changes.change(row, next);
  note(row, Error(ErrorCode::request_rejected,
                  "its renewal is refused (" + answer.why + "): another one takes its place"));
  return Done{};
}

Outcome Subscriptions::settle_leaving(Row row, const Turn& turn,
                                      const SubscriptionAsking::Answer& answer,
                                      SubscriptionChanges& changes) {
  const int status = answer.outcome ? answer.outcome->status : 0;
  if (!answer.error || is_gone(status)) {
    return changes.remove(row, scope_of(turn.by, row.webhook));
  }
  return put_off(row, row, turn, answer, changes);
}

Outcome Subscriptions::put_off(const Row& before, Row next, const Turn& turn,
                               const SubscriptionAsking::Answer& answer,
                               SubscriptionChanges& changes) {
  const Instant now = uses_.clock.now();
  ++next.attempts;
  Millis pause = pause_after(next.attempts);
  if (answer.outcome) {
    pause = std::max(pause, retry_after(*answer.outcome, now).value_or(Millis(0)));
  }
  next.error = answer.error;
  if (!is_live(before) && next.attempts >= leave_attempts_max) {
    return give_up(before, turn, Error(*next.error, answer.why), changes);
  }
  if (before.is_erased) {
    pause = std::min(pause, pauses.back());
  } else {
    next.why = answer.why;
  }
  next.next = now + pause;
  changes.change(before, next);
  note(next, Error(*next.error, next.why));
  return Done{};
}

Outcome Subscriptions::add_successor(const Row& row, const Turn& turn,
                                     SubscriptionChanges& changes) {
  const auto rows = table_.of_user(row.project, row.user);
  if (!rows) return rows.error();
  const SubscriptionWish wish{row.integration, row.credential, row.webhook,
                              scope_of(turn.by, row.webhook),
                              definition_for(*turn.by.integration, row.webhook)};
  return changes.add({row.project, row.user}, wish, *rows, row.attempts > 0 ? &row : nullptr);
}

// --- for others -----------------------------------------------------------------------------------

Result<JsonObject> Subscriptions::shown(const ProjectId& project, const UserId& user,
                                        std::string_view credential) const {
  const auto rows = table_.of_user(project, user);
  if (!rows) return rows.error();
  const Instant now = uses_.clock.now();
  const auto serves = [&](const Row& row) {
    return row.state == State::active && !is_over(row, now);
  };
  std::map<std::string, const Row*> newest;
  for (const Row& row : *rows) {
    if (row.credential != credential) continue;
    const Row*& chosen = newest[row.webhook];
    // The one that serves, else the newest of those that are wanted.
    const auto rank = [&](const Row& each) {
      return std::pair(serves(each) ? 2 : is_live(each) ? 1 : 0, each.created);
    };
    if (chosen == nullptr || rank(row) > rank(*chosen)) chosen = &row;
  }
  JsonObject all;
  for (const auto& [webhook, row] : newest) {
    JsonObject shape;
    shape["state"] = !is_live(*row)           ? "unsubscribing"
                     : serves(*row)           ? "active"
                     : row->error.has_value() ? "failed"
                                              : "subscribing";
    if (row->expires != Instant()) shape["expires"] = to_text(row->expires);
    if (row->error) {
      shape["error"] = JsonObject{{"code", wire_name(*row->error)}, {"message", row->why}};
    }
    if (row->next != Instant()) shape["nextAt"] = to_text(row->next);
    all.emplace(webhook, std::move(shape));
  }
  return all;
}

Result<std::string> Subscriptions::secret(const ProjectId& project, const UserId& user,
                                          std::string_view hook) const {
  const auto rows = table_.of_user(project, user);
  if (!rows) return rows.error();
  for (const Row& row : *rows) {
    if (row.hook != hook) continue;
    const auto known = asking_.known(row);
    if (!known) return known.error();
    const Json* const secret = known->if_contains("secret");
    if (secret != nullptr && secret->is_string()) return std::string(secret->get_string());
  }
  return Error(ErrorCode::secret_missing, "nothing has been subscribed to at this URL");
}

bool Subscriptions::prepare_to_leave(const ProjectId& project, const Credential& account) {
  const auto rows = table_.of_user(project, account.user);
  const bool has_any = rows && std::any_of(rows->begin(), rows->end(), [&](const Row& row) {
                         return row.credential == account.id;
                       });
  if (!has_any) return false;
  const auto tenant = uses_.tenants.view(project, account.user);
  if (tenant) {
    ignore_result(
        asking_.caller().fresh(
            {*tenant, {project, account.user}, {account.integration, account.id}}, readying_max),
        "what there is has to do then");
  }
  return true;
}

Result<std::string> Subscriptions::begin_anew(const storage::HookPlace& place) {
  const auto held = uses_.hooks.hold(place.project, place.user);
  auto batch = uses_.commits.begin(place.shard());
  if (!batch) return batch.error();
  const auto rows = table_.of_user(place.project, place.user);
  if (!rows) return rows.error();
  SubscriptionChanges changes = changes_with(std::move(*batch));
  std::optional<SubscriptionWish> wish;
  for (const Row& row : *rows) {
    if (row.credential != place.credential || row.webhook != place.webhook || !is_live(row))
      continue;
    wish = SubscriptionWish{row.integration, row.credential, row.webhook, Webhook::Scope::user,
                            row.definition};
    storage::HookTable::remove_id(changes.batch(), row.hook);
    if (auto left = changes.leave(row, Webhook::Scope::user); !left) return left.error();
  }
  if (!wish) return Error(ErrorCode::not_found, "nothing has been subscribed to");
  auto added = changes.add({place.project, place.user}, *wish, *rows);
  if (!added) return added.error();
  if (auto stored = commit(changes); !stored) return stored.error();
  const auto hook = uses_.hooks.find(place);
  if (!hook) return hook.error();
  CHECK(*hook, "a subscription was begun and has no URL");
  return (*hook)->id;
}

}  // namespace millrace
