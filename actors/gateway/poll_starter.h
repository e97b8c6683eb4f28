#pragma once
// Serves polls: looks at what an account's integration shows, and starts a run for each record that is new.
//
//   wake ──► begin: conditions, a place ──► request ··· answer ──► page by page ──► store, part by part
//            (a thread of WakeWork)         (nobody waits)         (a thread of WakeWork, woken by the answer)
//
// Exactly once. A record's run and the note that the record was seen are one commit, so a crash leaves both or
// neither: what was not stored is looked for again, and new then. While a look is in the air nobody else looks for the
// same account. A look is stored only upon the row that it began with: an account that was disabled, or begun anew,
// meanwhile is not changed by it.
//
// A look that finds nothing writes its next wake in the place of this one and no more, without waiting for the
// disk: a crash before it looks once more, and finds nothing once more. The times of a poll's
// wakes are those of its grid (polls/poll_pace.h): whoever works out the next one gets the same, so wakes that
// are doubled by a crash or a deploy become one.
//
// Bounded: `looks_max` requests at a time, of one project `looks_per_project_max`; others wait for a place, and
// so does what they look for. Thread-safe for different targets; blocks on the disk, never for a peer.

#include "actors/gateway/account_call.h"
#include "actors/gateway/admission_door.h"
#include "actors/gateway/gateway.h"
#include "actors/gateway/poll_states.h"
#include "actors/gateway/poll_walk.h"
#include "actors/gateway/starter.h"
#include "actors/gateway/unmet_notes.h"
#include "actors/observation/run_observer.h"
#include "actors/runs/project_places.h"
#include "actors/tenants/request_gate.h"
#include "actors/tenants/token_refresh.h"
#include "actors/tenants/unsettled_commits.h"
#include "actors/tenants/workflow_library.h"
#include "actors/workers/trouble_log.h"
#include "runtime/polls/poll_look.h"
#include "runtime/triggers/poll_request.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace millrace {

/// What the serving of polls uses.
struct PollDependencies {
  const storage::OrderedStore& store;
  FencedCommits commits;
  const ShardOwnership& ownership;
  WorkflowLibrary& workflows;
  const Tenants& tenants;
  const Starter& starter;
  AdmissionDoor& admission;
  HttpCaller& http;
  const Clock& clock;
  Random& random;
  LogSink log;
  /// Returns at once; a run that goes on already, or has ended, is left alone.
  std::function<void(const RunOrder&)> resume;
  /// A wake is durable. Returns at once.
  std::function<void(const storage::WakeRow&)> schedule;
  /// Has `serve` called for this target soon, as for a wake. Returns at once.
  std::function<void(const storage::WakeRow&)> serve_soon;
  RunObserver* observer = nullptr;        // may be null
  EventLog* log_of_events = nullptr;      // may be null
  TokenRefresh* tokens = nullptr;         // may be null
  RefusedCredentials* refused = nullptr;  // may be null
  RequestGate* gate = nullptr;            // null: requests leave as they come
  ProviderCounts* counts = nullptr;       // null: nobody counts
};

class PollStarter {
 public:
  PollStarter(PollDependencies dependencies, const PollOptions& options);

  /// Does a part of what the wake of a poll is for. When to go on; nothing: it is through, or an answer will
  /// have it served again.
  std::optional<Instant> serve(const storage::WakeRow& wake);

  /// Has the polls of an account look now; their next looks stay when they were. One that fails looks a minute
  /// after it has failed last, or when its provider takes requests again, and its wait begins anew. What is asked
  /// for is not stored: a crash leaves the next look. Errors: those of the store.
  Outcome look_now(const PolledAccount& account);

  PollStates& states() { return states_; }

 private:
  using Again = std::optional<Instant>;

  /// One look, from its first request to its last commit. Used by the thread that serves its target.
  struct Look {
    storage::WakeRow wake;
    storage::PolledAccountRow stored;  // its row, as it is on the disk
    Instant begun{};  // of the poll that it looks for, which may be another one when it ends
    PollPosition from;
    std::shared_ptr<const Workflow> workflow;
    SharedTenant tenant;
    PollFacts facts;
    PollLook pages;
    ProjectPlaces::Place place;
    Redaction redaction{};         // of what the answers may echo
    std::optional<Millis> wait{};  // that the peer has asked for
    std::optional<LookEnd> end{};  // nothing: requests are on their way
    std::size_t runs_stored = 0;   // of the end's records
    std::int64_t requests = 0;
    std::optional<AccountCall::Answer> answer{};  // guarded by mutex_
  };
  using SharedLook = std::shared_ptr<Look>;

  Result<Again> serve_account(const storage::WakeRow& wake);
  Result<Again> begin(const storage::WakeRow& wake);
  /// When a poll that fails may look because somebody asks for it.
  static Instant soonest(const storage::PolledAccountRow& row);
  Result<Again> begin_look(const storage::WakeRow& wake, storage::PolledAccountRow row,
                           const storage::PolledWorkflowRow& live,
                           std::shared_ptr<const Workflow> workflow);
  /// Until when the account's limit, or its provider, holds the look back; nothing: it may begin.
  Again held_back(const storage::PolledAccountRow& row, const Integration& integration) const;
  /// The provider may have said that the account is not to be asked for a while.
  void note_pause(const Look& look, const Json& output) const;
  void ask(const SharedLook& look);
  Outcome try_to_ask(const SharedLook& look);
  void take(const SharedLook& look, AccountCall::Answer answer);
  /// What the integration says of an answer: nothing, or why it is no success. Its account with it.
  std::optional<Error> judge(const Look& look, const AccountCall::Answer& answer,
                             const Json& output) const;
  Result<Again> store(Look& look);
  Result<Again> store_part(Look& look, storage::WriteBatch opened);
  storage::PolledAccountRow row_after(const Look& look, std::size_t runs) const;

  /// Adds the run of a record; nothing for one that starts none, which is in the event log. Error: no record
  /// starts a run at the moment.
  Result<std::shared_ptr<RunOrder>> order_of(const Look& look, const FoundRecord& found) const;
  Result<bool> is_meant(const Workflow& workflow, const Json& record) const;

  /// Something is to change before it may look, or before what it has found may run: that is told, and shown with the
  /// account. The next look is at its time.
  Result<Again> wait(const storage::WakeRow& wake, const storage::PolledAccountRow& row,
                     const Workflow& workflow, Millis interval, const Error& why);
  /// Nothing is looked for this time; the next look is at its time.
  Result<Again> rest(const storage::WakeRow& wake, const storage::PolledAccountRow& row,
                     Millis interval);
  /// The account is not polled any more.
  Result<Again> end_poll(const storage::WakeRow& wake, const storage::PolledAccountRow& row);
  /// The wake is of nothing.
  Result<Again> drop(const storage::WakeRow& wake);
  Outcome commit(storage::WriteBatch batch);

  void note_unmet(const Workflow& workflow, const storage::PolledAccountRow& row, const Error& why);
  void note_record(const Look& look, const Error& why) const;
  void note_failure(const Look& look, const Error& why) const;
  double jitter() const;

  SharedLook find_look(const std::string& key);
  void forget_look(const std::string& key);
  /// Of a look that is stored as a whole.
  void count(const LookEnd& end) const;

  PollDependencies uses_;
  const PollOptions& options_;
  const storage::PollTable table_;
  UnmetNotes notes_;
  PollStates states_;
  KeyedLocks locks_;  // of the rows of accounts
  PollWalk walk_;
  UnsettledCommits unsettled_;
  TroubleLog trouble_;
  std::atomic<std::int64_t> looking_{0};
  ProjectPlaces places_{looking_};
  std::mutex mutex_;                         // guards what follows
  std::map<std::string, SharedLook> looks_;  // by the keys of their rows
};

}  // namespace millrace
