#pragma once
// Subscriptions of webhooks: an account that has a workflow enabled on a webhook with a `subscribe` has told its
// provider of a URL of its own, and has taken that back when the last such workflow is gone.
//
//   a change of user, workflow, integration ── wake in the same commit ──► check: what is wanted, and is there
//                                                                             │ rows (subscription_table.h)
//   row ── its wake ──► turn: ask the provider (nothing is held meanwhile) ──► what it answered, in a row
//
// Before the provider is asked to subscribe, it is on the disk that it will be, with the URL and the secret that
// this intent alone has. Its answer is on the disk before anything else happens. What a crash in between leaves,
// or an answer that is lost, is a row of which nobody knows whether the provider did it:
//
// - with `find`, the provider is asked for its subscriptions, and one with the intent's URL is taken over;
// - with `idempotent`, it is asked again under the same `Idempotency-Key`, and gives the same answer;
// - with neither, the intent is given up with its URL, and another one is made: should the provider have made
//   the first as well, what it delivers there is answered 404 and starts nothing.
//
// Renewal is the same with a row that is there: before its end the provider is asked to prolong it, or, where
// that is not possible or refused, another subscription takes its place, and the old one is ended only then. So
// no delivery finds a closed door meanwhile. A provider that lets subscriptions last for moments is not asked again
// and again: the pause grows up to `renewed_again_after`, and as failures' do where each is over as it comes.
//
// What fails is tried again, later each time, up to an hour apart, and shown with the account (`shown`) and in
// the event log. One that cannot be ended is given up after `leave_attempts_max`; its URL is gone with it. What an
// erased user leaves behind: erased_subscriptions.h.
//
// A few threads of its own, which wait for providers; of one project at most `asked_per_project_max`. A target is
// served by one thread at a time. Two of one user meet in HookRegistry::hold, which each has from reading rows
// to committing them. Thread-safe.

#include "actors/runs/project_places.h"
#include "actors/scheduling/wake_work.h"
#include "actors/subscriptions/subscription_changes.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/provider_counts.h"
#include "actors/tenants/request_gate.h"
#include "actors/tenants/unsettled_commits.h"
#include "actors/workers/trouble_log.h"
#include "storage/tables/subscription_check.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class Subscriptions {
 public:
  static constexpr std::size_t threads = 8;
  static constexpr std::size_t held_max = 10'000;
  static constexpr std::size_t asked_per_project_max = 4;
  static constexpr std::uint32_t leave_attempts_max = 10;
  /// In the end nothing is renewed sooner than that, however short it lasts.
  static constexpr Millis renewed_again_after{60'000};

  /// An account that is gone, and all that it had subscribed to is ended: its tokens may be revoked.
  using Ended = std::function<void(const ProjectId&, const Credential&)>;
  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    const ShardOwnership& ownership;
    ProjectViews& projects;
    UserViews& users;
    const Tenants& tenants;
    WorkflowLibrary& workflows;
    HookRegistry& hooks;
    HttpCaller& http;
    RefusedCredentials& refused;
    TokenRefresh& tokens;
    EventLog& events;
    Clock& clock;
    Random& random;
    const storage::Sealer& sealer;
    LogSink log;
    std::function<std::string()> address;  // SubscriptionAsking::Dependencies
    Ended ended{};                         // may be empty
    ProviderCounts* counts = nullptr;      // null: nobody counts
    RequestGate* gate = nullptr;           // null: accounts may be asked at any time
  };

  explicit Subscriptions(Dependencies dependencies);
  ~Subscriptions() { stop(); }
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;

  /// Told of wakes that are stored, so that they come in time. Before the first one; must outlive `stop`.
  void schedule_by(std::function<void(const storage::WakeRow&)> schedule);
  /// A wake of one of the two kinds is due. Any thread; returns at once.
  void wake(const storage::WakeRow& wake) { work_.wake(wake); }
  /// Does what a wake is for. When to go on; nothing: it is through. Blocks.
  std::optional<Instant> serve(const storage::WakeRow& wake);
  /// Ends behind the requests at hand.
  void stop() { work_.stop(); }

  /// {"<webhook>": {"state", "expires", "error": {"code", "message"}, "nextAt"}} of one account. States:
  /// `subscribing`, `active`, `failed` (and tried again at `nextAt`), `unsubscribing`.
  Result<JsonObject> shown(const ProjectId& project, const UserId& user,
                           std::string_view credential) const;
  /// Of the subscription that has this URL. Errors: secret_missing, secrets_locked.
  Result<std::string> secret(const ProjectId& project, const UserId& user,
                             std::string_view hook) const;
  /// For whoever is about to disconnect an account: whether it has any. Then its tokens are made fresh, since
  /// they are the last that there are, and `ended` is called when they are needed no longer.
  bool prepare_to_leave(const ProjectId& project, const Credential& account);
  /// Makes another one in the place of the account's, whose URL is worth nothing from then on. Nothing happens
  /// when there is none. The URL's id that the new one has.
  Result<std::string> begin_anew(const storage::HookPlace& place);

 private:
  using Row = storage::SubscriptionRow;
  using Again = std::optional<Instant>;
  enum class Asked : std::uint8_t { nothing, subscribe, find, renew, unsubscribe };
  struct Turn {
    Row row;
    SubscriptionAsking::Definition by;
    Asked asked = Asked::nothing;
    Again again{};  // of nothing
  };

  Result<Again> check(const storage::WakeRow& wake);
  Result<Again> check_user(const UserKey& owner, const storage::WakeRow& wake);
  Outcome compare(const UserKey& owner, const WishedSubscriptions& wished,
                  const std::vector<Row>& rows, SubscriptionChanges& changes);
  Outcome check_all(const storage::SubscriptionCheck& check);
  Outcome check_enabled(const ProjectId& project, const WorkflowId& workflow,
                        std::vector<UserId>& users);
  Outcome ask_for_checks(const ProjectId& project, std::vector<UserId> users);
  Outcome drop(const storage::WakeRow& wake);

  Result<Again> turn(const storage::WakeRow& wake);
  /// When the account may be asked, if not now.
  Again held_back(const Row& row) const;
  /// The provider may have said when.
  void note_pause(const Turn& turn, const SubscriptionAsking::Answer& answer) const;
  void count(Asked asked, const SubscriptionAsking::Answer& answer) const;
  /// What is to be asked for the row; or what could be done without asking, which is done then.
  Result<Turn> begin_turn(const storage::WakeRow& wake);
  Result<Turn> begin_subscribing(Row row, SubscriptionAsking::Definition by);
  Result<Turn> begin_renewing(Row row, SubscriptionAsking::Definition by);
  Result<Turn> begin_leaving(Row row, SubscriptionAsking::Definition by);
  Outcome settle(const Turn& turn, const SubscriptionAsking::Answer& answer);
  Outcome settle_subscribing(Row row, const Turn& turn, const SubscriptionAsking::Answer& answer,
                             SubscriptionChanges& changes);
  Outcome settle_finding(Row row, const Turn& turn, const SubscriptionAsking::Answer& answer,
                         SubscriptionChanges& changes);
  Outcome settle_renewing(Row row, const Turn& turn, const SubscriptionAsking::Answer& answer,
                          SubscriptionChanges& changes);
  Outcome settle_leaving(Row row, const Turn& turn, const SubscriptionAsking::Answer& answer,
                         SubscriptionChanges& changes);
  /// The provider has made it. Confirmed, unless its answer lacks what it takes to end or renew it: then it is as
  /// if there had been no answer.
  Outcome take_over(const Row& row, const Turn& turn, const JsonObject& kept,
                    SubscriptionChanges& changes);
  /// The provider has it, with what was kept of its answer.
  Outcome confirm(const Row& before, const Turn& turn, const JsonObject& kept,
                  SubscriptionChanges& changes);
  /// Until when it lasts, and when it is to be renewed.
  void plan_renewal(Row& row, const Subscription& by, Instant expires) const;
  /// Another one in the row's place, to be asked for at once. What has been in vain so far counts on.
  Outcome add_successor(const Row& row, const Turn& turn, SubscriptionChanges& changes);
  /// Tried again later; or given up, when it was to be ended and has been tried often enough.
  Outcome put_off(const Row& before, Row next, const Turn& turn,
                  const SubscriptionAsking::Answer& answer, SubscriptionChanges& changes);
  Outcome give_up(const Row& row, const Turn& turn, const Error& why,
                  SubscriptionChanges& changes) const;
  /// Error: those of the store.
  Result<bool> is_connected(const Row& row) const;

  Result<std::vector<Row>> others_of(const Row& row) const;
  /// Nothing of an erased user's.
  void note(const Row& row, const Error& why) const;
  SubscriptionChanges changes_with(storage::WriteBatch batch);
  Outcome commit(SubscriptionChanges& changes);
  /// The same; and an account that is gone is forgotten when nothing is left of it.
  Outcome commit_for(const Row& row, SubscriptionChanges& changes);
  Millis pause_after(std::uint32_t attempts) const;
  /// It can be ended or renewed: what its row has for that is there, or cannot be read at the moment.
  bool can_be_sent(const Row& row, const SubscriptionRequest& request) const;

  Dependencies uses_;
  SubscriptionAsking asking_;
  SubscriptionWishes wishes_;
  const storage::SubscriptionTable table_;
  std::function<void(const storage::WakeRow&)> schedule_;
  std::atomic<std::int64_t> asking_now_{0};
  ProjectPlaces places_{asking_now_};
  UnsettledCommits unsettled_;
  TroubleLog trouble_;
  WakeWork work_;  // last: its threads use what is above
};

}  // namespace millrace
