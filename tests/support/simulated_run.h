#pragma once
// A run of the pure machine without actors: virtual time, scripted functions and servers, encoded
// journals. It
// carries out what the machines plan as small moves (record an event, start a call, answer it, ...)
// and picks the next move with a seed, so that fan-out children interleave in as many ways as there
// are seeds. It can crash between any two moves. One thread; nothing here blocks.

#include "runtime/execution/branch_machine.h"
#include "runtime/execution/fan_out_progress.h"
#include "runtime/history/versions_of_run.h"
#include "runtime/migration/migration.h"
#include "tests/support/function_script.h"
#include "tests/support/manual_clock.h"
#include "tests/support/request_script.h"
#include "tests/support/scripted_dispatch.h"
#include "tests/support/seeded_random.h"
#include "tests/support/simulated_files.h"
#include "tests/support/simulated_journal.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace millrace {

struct RunStart {
  Json trigger = JsonObject();  // its files as hex, as they come in
  Json settings = JsonObject();
  Json user_meta = JsonObject();
  bool is_test = false;
  std::optional<TraceParent> trace{};
};

/// Everything around a run.
struct SimulatedWorld {
  SimulatedWorld() = default;
  /// Most runs need functions only.
  SimulatedWorld(FunctionScript script)  // NOLINT(google-explicit-constructor)
      : functions(std::move(script)) {}

  FunctionScript functions;
  RequestScript requests;
  ScriptedDispatch values;
};

class SimulatedRun {
 public:
  enum class Order : std::uint8_t {
    sequential,  // the first branch that can move does
    shuffled,    // any branch that can move may, by the seed
  };
  enum class Reopen : std::uint8_t {
    by_replay,         // every branch from its whole journal
    through_snapshot,  // from a snapshot at some point of it, and the rest
  };
  enum class Crashes : std::uint8_t {
    when_told,
    /// Also by the seed, between any two moves, but only after progress: at least one event was
    /// recorded since the last crash. Nothing comes to an end that crashes before each event.
    often,
  };
  struct Options {
    std::uint64_t seed = 1;
    Order order = Order::shuffled;
    double jitter = 0;  // of every retry
    Crashes crashes = Crashes::when_told;
  };

  SimulatedRun(std::shared_ptr<const Workflow> workflow, SimulatedWorld world, Options options);
  SimulatedRun(std::shared_ptr<const Workflow> workflow, SimulatedWorld world);
  ~SimulatedRun();
  SimulatedRun(const SimulatedRun&) = delete;
  SimulatedRun& operator=(const SimulatedRun&) = delete;

  void start(const RunStart& start);
  /// One move. False: everything has ended, or waits for time or for a call that is held back.
  bool move();
  void run_until_waiting();
  /// Moves time on, stopping at every instant at which something is due.
  void advance(Millis by);
  /// Moves time to whatever is due next, until the run has ended.
  void run_to_end();
  void cancel();
  /// Moves it to another version, as if it was asleep: its elements are loaded anew. Nothing: it has moved.
  std::optional<Obstacle> migrate(const Migration& migration);
  /// Drops everything in memory, and the last `lost_events` of the journals: those that were not on
  /// disk yet. At least the first event stays.
  void crash_and_reopen(Reopen how, std::size_t lost_events = 0);

  /// Calls of the step stay unanswered until `release`.
  void hold(const std::string& step) { held_.insert(step); }
  void release(const std::string& step) { held_.erase(step); }

  const BranchMachine& root() const;
  /// That it is on.
  const Workflow& workflow() const { return root().workflow(); }
  const std::shared_ptr<const Workflow>& shared_workflow() const {
    return root().shared_workflow();
  }
  /// With the versions that it has come to.
  std::vector<Event> root_events() const;
  std::shared_ptr<const VersionsOfRun> versions() const;
  const SimulatedJournal& journal() const { return journal_; }
  static ExecutionId id();
  /// As the task history shows it: DELAYED while the root sleeps, or all elements of its fan-out.
  ExecutionStatus status() const;
  Instant now() const { return now_; }
  /// When anything that waits is due next.
  std::optional<Instant> next_due() const;
  /// What the step sent: in the order of the branches, then of time. A request that was sent again
  /// because a crash lost its answer is listed once.
  std::vector<HttpRequest> sent(const std::string& step) const;
  const SimulatedFiles& files() const { return files_; }
  /// What must not be shown of what it has met.
  const Redaction& secrets() const { return secrets_; }
  /// The most fan-out children of one fan-out that were in the middle of their steps at once.
  std::size_t most_children() const { return most_children_; }

 private:
  struct Branch;

  std::unique_ptr<Branch> load(const BranchPath& path, const BranchMachine& fresh);
  void record(Branch& branch, EventBody body);
  void collect_movable(Branch& branch, bool is_stopping, std::vector<Branch*>& movable);
  /// A fan-out whose step's timeout has passed.
  bool has_timed_out(const Branch& branch) const;
  void move_branch(Branch& branch);
  void carry_out(Branch& branch, const RecordEvent& effect);
  void carry_out(Branch& branch, const RunFunction& effect);
  void carry_out(Branch& branch, const SendRequest& effect);
  void carry_out(Branch& branch, const WaitUntil& effect);
  void carry_out(Branch& branch, const RunFanOut& effect);
  void carry_out(Branch& branch, const BranchEnded& effect);
  /// With files and credential in it.
  Result<HttpRequest> request_to_send(const SendRequest& effect, Redaction& redaction) const;
  void answer(Branch& branch);
  void answer_function(Branch& branch);
  void answer_request(Branch& branch);
  Result<Json> body_of(const HttpResponse& response, const std::string& url);
  void note_sent(const Branch& branch, const HttpRequest& request, std::uint32_t attempt);
  void open_fan_out(Branch& branch);
  /// Drops its elements, and the calls that run in them.
  void leave_fan_out(Branch& branch);
  void start_children(Branch& branch);
  void settle_children(Branch& branch);

  const std::shared_ptr<const Workflow> workflow_;                       // that it began on
  std::map<WorkflowVersion, std::shared_ptr<const Workflow>> versions_;  // that it has come to
  const SimulatedWorld world_;
  const Options options_;
  SeededRandom random_;
  Instant now_ = test_epoch;
  SimulatedJournal journal_;
  SimulatedFiles files_;  // on disk, like the journal
  Redaction secrets_;
  struct Sent {
    std::uint32_t attempt = 1;
    HttpRequest request;
  };
  std::map<std::string, std::map<BranchPath, std::vector<Sent>>> sent_;  // by step
  std::set<std::string> held_;
  std::unique_ptr<Branch> root_;
  Reopen reopen_ = Reopen::by_replay;  // how branches are loaded since the last crash
  std::size_t moves_ = 0;
  std::size_t events_at_crash_ = 1;
  std::size_t most_children_ = 0;
};

}  // namespace millrace
