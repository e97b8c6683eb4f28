#pragma once
// A whole node without network, disk or JavaScript: the real actors over the memory store, scripted
// functions, servers and tenants, and a clock that the test moves. `restart` is a process that dies and comes back: all
// actors are gone, only the store is left.

#include "actors/gateway/actor_gateway.h"
#include "actors/gateway/task_history.h"
#include "runtime/integrations/integration_set.h"
#include "runtime/triggers/request_trigger.h"
#include "storage/memory/memory_store.h"
#include "storage/usage/task_counts.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_functions.h"
#include "tests/support/scripted_http.h"
#include "tests/support/scripted_tenants.h"
#include "tests/support/seeded_random.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace millrace {

class ActorTestBed {
 public:
  explicit ActorTestBed(ActorOptions options = {}, RunObserver* observer = nullptr)
      : options_(std::move(options)), observer_(observer) {
    start();
  }
  ~ActorTestBed() { stop(); }

  void restart() {
    stop();
    start();
  }

  /// Saves and deploys; the function codes are irrelevant, the script answers by step id.
  void deploy(const std::string& id, const std::string& steps) {
    deploy_on(R"({"type":"request"})", id, steps);
  }
  void deploy_on(const std::string& trigger, const std::string& id, const std::string& steps) {
    const std::string text =
        R"({"name":")" + id + R"(","trigger":)" + trigger + R"(,"steps":)" + steps + "}";
    auto definition = parse_json(text);
    CHECK(definition.ok(), definition.ok() ? "" : definition.error().message);
    auto saved = workflows->put_draft(project, WorkflowId(id), *definition);
    CHECK(saved.ok(), saved.ok() ? "" : saved.error().message);
    auto deployed = workflows->deploy(project, WorkflowId(id));
    if (!deployed) {
      std::string all = deployed.error().message;
      for (const auto& detail : deployed.error().details) all += "; " + detail.message;
      CHECK(false, all);
    }
  }

  Result<TriggerReply> trigger(const std::string& workflow, Json body = JsonObject{},
                               const std::string& user = "user-1", Millis hold = Millis(10'000)) {
    JsonObject request;
    request.emplace("headers", JsonObject{});
    request.emplace("params", JsonObject{});
    request.emplace("body", std::move(body));
    return gateway->trigger(
        {project, UserId(user), WorkflowId(workflow), request_output(std::move(request))}, hold);
  }

  /// Triggers a workflow that is expected to be accepted, and returns the run.
  ExecutionId accept(const std::string& workflow, Json body = JsonObject{},
                     const std::string& user = "user-1") {
    auto reply = trigger(workflow, std::move(body), user);
    CHECK(reply.ok(), reply.ok() ? "" : reply.error().message);
    const auto* accepted = std::get_if<RunAccepted>(&*reply);
    CHECK(accepted != nullptr, "the run was not accepted");
    return accepted->execution;
  }

  /// Waits for something that other threads bring about; false if it takes longer than a test
  /// should.
  static bool eventually(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::yield();
    }
    return true;
  }

  ExecutionSummary summary(const ExecutionId& execution) const {
    auto summary = storage::ExecutionTable(store).summary(execution);
    CHECK(summary.ok() && summary->has_value(), "the execution has no summary");
    return std::move(**summary);
  }
  ExecutionStatus status(const ExecutionId& execution) const { return summary(execution).status; }
  /// Why a run that could go on is not in memory.
  std::optional<PlaceWait> place_wait(const ExecutionId& execution) const {
    return gateway->place_wait(summary(execution));
  }
  /// Whether anything is going to be woken, by a row.
  bool has_timer() const {
    bool any = false;
    const auto read = storage::visit_due(store, ShardSet::all(), Instant::max(), [&](const auto&) {
      any = true;
      return false;
    });
    CHECK(read.ok(), "the timers cannot be read");
    return any;
  }
  bool reaches(const ExecutionId& execution, ExecutionStatus wanted) const {
    return eventually([&] { return status(execution) == wanted; });
  }

  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  const storage::Sealer sealer{storage::SealingKey::make()};
  ProjectId project{"demo"};
  ScriptedTenants tenants;
  /// What workflows are deployed with.
  std::shared_ptr<IntegrationSet> integrations = std::make_shared<IntegrationSet>();
  std::unique_ptr<ScriptedFunctions> functions;
  std::unique_ptr<ScriptedHttp> http;
  std::unique_ptr<storage::TaskCounts> task_counts;
  std::unique_ptr<storage::GroupCommit> commits;
  std::unique_ptr<ShardOwnership> ownership;
  std::unique_ptr<WorkflowLibrary> workflows;
  std::unique_ptr<TaskHistory> history;
  std::unique_ptr<RequestGate> gate;
  std::unique_ptr<ActorGateway> gateway;
  FunctionScript script;   // taken at the next start
  RequestScript requests;  // taken at the next start
  /// Set before anything runs.
  LogSink log = [](LogLevel, const std::string&) {};

 private:
  void start() {
    ownership = std::make_unique<ShardOwnership>();
    CHECK(ownership->claim(store, ShardSet::all()).ok(), "the memory store gave no epochs");
    task_counts = std::make_unique<storage::TaskCounts>(store);
    commits = std::make_unique<storage::GroupCommit>(
        store, storage::GroupCommitOptions{.followers = {task_counts.get()}});
    functions = std::make_unique<ScriptedFunctions>(script);
    http = std::make_unique<ScriptedHttp>(requests);
    workflows = std::make_unique<WorkflowLibrary>(
        store, *commits, *ownership, clock, random, *functions, [this](const ProjectId&) {
          return std::shared_ptr<const IntegrationCatalog>(integrations);
        });
    history = std::make_unique<TaskHistory>(store, *workflows, sealer);
    gate = std::make_unique<RequestGate>(store, FencedCommits(*commits, *ownership), clock, log);
    CHECK(gate->load(ShardSet::all()).ok(), "the pauses cannot be read");
    gateway =
        make_actor_gateway({store,
                            *commits,
                            *ownership,
                            clock,
                            random,
                            *functions,
                            *http,
                            tenants,
                            *workflows,
                            sealer,
                            [this](LogLevel level, const std::string& text) { log(level, text); },
                            options_,
                            observer_,
                            nullptr,
                            nullptr,
                            nullptr,
                            {},
                            gate.get()});
    gateway->wait_until_ready();
  }

  void stop() {
    gateway.reset();
    gate.reset();
    history.reset();
    workflows.reset();
    functions.reset();
    http.reset();
    commits.reset();
    task_counts.reset();
  }

  ActorOptions options_;
  RunObserver* const observer_;
};

}  // namespace millrace
