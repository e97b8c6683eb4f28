// Deploying, and who waits for whom meanwhile.

#include "actors/tenants/workflow_library.h"

#include "actors/shards/shard_ownership.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/workflow_index_table.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"

#include <atomic>
#include <future>
#include <optional>

namespace millrace {
namespace {

/// Finds every code correct, but "slow" only when the test says so.
class SlowChecks final : public FunctionEngine {
 public:
  CallId run(FunctionCall, std::function<void(FunctionOutcome)>) override { return 0; }
  void cancel(CallId) override {}
  Outcome check(const std::string& code) override {
    ++checks;
    if (code == "slow") gate.stand();
    return Done{};
  }
  void stop() override {}

  Gate gate;
  std::atomic<int> checks{0};
};

struct Library {
  Library() {
    REQUIRE(ownership.claim(store, ShardSet::all()).ok());
    library.emplace(
        store, commits, ownership, clock, random, functions,
        [](const ProjectId&) -> Result<std::shared_ptr<const IntegrationCatalog>> {
          return std::shared_ptr<const IntegrationCatalog>(std::make_shared<IntegrationSet>());
        });
  }

  /// A workflow of one function.
  void put(const ProjectId& project, const std::string& id, const std::string& code) {
    const Json step = JsonObject{{"id", "f"}, {"type", "function"}, {"code", code}};
    put_definition(
        project, id,
        JsonObject{{"trigger", JsonObject{{"type", "request"}}}, {"steps", JsonArray{step}}});
  }
  void put_definition(const ProjectId& project, const std::string& id, const Json& definition) {
    const auto saved = library->put_draft(project, WorkflowId(id), definition);
    INFO((saved.ok() ? "" : saved.error().message));
    REQUIRE(saved.ok());
  }
  Result<WorkflowVersion> deploy(const ProjectId& project, const std::string& id) {
    const auto deployed = library->deploy(project, WorkflowId(id));
    if (!deployed) return deployed.error();
    return deployed->version;
  }
  /// In another thread, until the check of its JavaScript stands.
  std::future<Result<WorkflowVersion>> deploy_slowly(const ProjectId& project,
                                                     const std::string& id) {
    auto deployed = std::async(std::launch::async, [=, this] { return deploy(project, id); });
    REQUIRE(ActorTestBed::eventually([this] { return functions.gate.is_taken(); }));
    return deployed;
  }
  /// The code of the live version's function.
  std::string live(const ProjectId& project, const std::string& id) {
    const auto workflow = library->deployed(project, WorkflowId(id));
    if (!workflow) return std::string(wire_name(workflow.error().code));
    return std::get<FunctionStep>((*workflow)->by_index.front()->config).code;
  }

  const ProjectId acme{"acme"};
  const ProjectId other{"other"};
  SlowChecks functions;  // before whoever waits for its gate
  storage::MemoryStore store;
  ManualClock clock;
  storage::GroupCommit commits{store, {}};
  ShardOwnership ownership;
  SeededRandom random{11};
  std::optional<WorkflowLibrary> library;
};

TEST_CASE("a slow check of JavaScript delays neither triggers nor deploys of anybody else") {
  Library bed;
  bed.put(bed.acme, "slow", "slow");
  bed.put(bed.acme, "quick", "1");
  bed.put(bed.other, "quick", "2");
  auto slow = bed.deploy_slowly(bed.acme, "slow");
  const OpenAtEnd open{bed.functions.gate};

  CHECK(bed.deploy(bed.other, "quick").ok());
  CHECK(bed.live(bed.other, "quick") == "2");
  CHECK(bed.deploy(bed.acme, "quick").ok());
  CHECK(bed.live(bed.acme, "quick") == "1");
  CHECK(bed.live(bed.acme, "slow") == "workflow_not_deployed");
  CHECK(bed.library->undeploy(bed.acme, WorkflowId("quick")).ok());
  CHECK(bed.library->remove(bed.acme, WorkflowId("quick")).ok());

  bed.functions.gate.open();
  const auto deployed = slow.get();
  REQUIRE(deployed.ok());
  CHECK(*deployed == 1);
  CHECK(bed.live(bed.acme, "slow") == "slow");
}

TEST_CASE("a draft that changes while it is checked is checked again before it is deployed") {
  Library bed;
  bed.put(bed.acme, "w", "slow");
  auto slow = bed.deploy_slowly(bed.acme, "w");
  const OpenAtEnd open{bed.functions.gate};
  bed.put(bed.acme, "w", "changed");
  bed.functions.gate.open();
  const auto deployed = slow.get();
  REQUIRE(deployed.ok());
  CHECK(*deployed == 1);
  CHECK(bed.functions.checks == 2);
  CHECK(bed.live(bed.acme, "w") == "changed");
}

TEST_CASE("two deploys of one draft at once make one version that both of them name") {
  Library bed;
  bed.put(bed.acme, "w", "slow");
  auto first = bed.deploy_slowly(bed.acme, "w");
  const OpenAtEnd open{bed.functions.gate};
  auto second = std::async(std::launch::async, [&] { return bed.deploy(bed.acme, "w"); });
  REQUIRE(ActorTestBed::eventually([&] { return bed.functions.checks == 2; }));
  bed.functions.gate.open();
  const auto one = first.get();
  const auto two = second.get();
  REQUIRE((one.ok() && two.ok()));
  CHECK(*one + *two == 2);
  CHECK(bed.library->versions(bed.acme, WorkflowId("w"))->size() == 1);
}

TEST_CASE("deploying what is live already makes no version and says so") {
  Library bed;
  bed.put(bed.acme, "w", "1");
  REQUIRE(bed.deploy(bed.acme, "w").ok());
  bed.put(bed.acme, "w", "1");
  const auto again = bed.library->deploy(bed.acme, WorkflowId("w"));
  REQUIRE(again.ok());
  CHECK(again->is_unchanged);
  CHECK(again->version == 1);
  bed.put(bed.acme, "w", "2");
  const auto changed = bed.library->deploy(bed.acme, WorkflowId("w"));
  REQUIRE(changed.ok());
  CHECK_FALSE(changed->is_unchanged);
  CHECK(changed->version == 2);
  REQUIRE(bed.library->undeploy(bed.acme, WorkflowId("w")).ok());
  const auto back = bed.library->deploy(bed.acme, WorkflowId("w"));
  REQUIRE(back.ok());
  CHECK_FALSE(back->is_unchanged);
}

TEST_CASE("a workflow that is removed while it is checked stays removed") {
  Library bed;
  bed.put(bed.acme, "w", "slow");
  auto slow = bed.deploy_slowly(bed.acme, "w");
  const OpenAtEnd open{bed.functions.gate};
  REQUIRE(bed.library->remove(bed.acme, WorkflowId("w")).ok());
  bed.functions.gate.open();
  const auto deployed = slow.get();
  REQUIRE_FALSE(deployed.ok());
  CHECK(deployed.error().code == ErrorCode::not_found);
  CHECK(bed.live(bed.acme, "w") == "not_found");
}

TEST_CASE("a write that waits for the disk delays no trigger of another workflow") {
  Library bed;
  bed.put(bed.acme, "w", "1");
  bed.put(bed.other, "w", "2");
  REQUIRE(bed.deploy(bed.other, "w").ok());
  // Another process: nothing of it is in memory yet.
  bed.library.emplace(
      bed.store, bed.commits, bed.ownership, bed.clock, bed.random, bed.functions,
      [](const ProjectId&) -> Result<std::shared_ptr<const IntegrationCatalog>> {
        return std::shared_ptr<const IntegrationCatalog>(std::make_shared<IntegrationSet>());
      });
  Gate disk;
  bed.commits.submit({}, storage::Urgency::urgent, [&](const Outcome&) { disk.stand(); });
  const OpenAtEnd open{disk};
  // Else both would be one commit.
  REQUIRE(ActorTestBed::eventually([&] { return disk.is_taken(); }));
  auto writing = std::async(std::launch::async, [&] { return bed.deploy(bed.acme, "w"); });
  const OpenAtEnd open_before_wait{disk};
  REQUIRE(ActorTestBed::eventually([&] { return bed.commits.stats().waiting_bytes > 0; }));
  CHECK(bed.live(bed.other, "w") == "2");
  disk.open();
  CHECK(writing.get().ok());
}

Json definition_for(const char* integration, bool is_default) {
  auto definition = parse_json(
      R"({"integration": "crm", "trigger": {"type": "request"},
          "steps": [{"id": "r", "type": "response", "body": 1}]})");
  definition->get_object()["integration"] = integration;
  definition->get_object()["defaultEnabled"] = is_default;
  return *definition;
}

TEST_CASE("index rows say what is deployed, and by default what is not deployed yet") {
  Library bed;
  auto integrations = std::make_shared<IntegrationSet>();
  for (const char* const type : {"crm", "chat"}) {
    REQUIRE(integrations
                ->put(type, *parse_json(R"({"name":"I","baseUrl":"https://i.example",
                                            "auth":{"type":"bearer"}})"))
                .ok());
  }
  bed.library.emplace(
      bed.store, bed.commits, bed.ownership, bed.clock, bed.random, bed.functions,
      [integrations](const ProjectId&) -> Result<std::shared_ptr<const IntegrationCatalog>> {
        return std::shared_ptr<const IntegrationCatalog>(integrations);
      });
  const storage::WorkflowIndexTable index(bed.store);
  const auto state = [&] {
    const auto count = [](const auto& rows) { return std::to_string(rows->size()); };
    return "request " + count(index.workflows_for(bed.acme, "request", "")) + " crm " +
           count(index.enabled_by_default(bed.acme, "crm")) + " chat " +
           count(index.enabled_by_default(bed.acme, "chat"));
  };
  bed.put_definition(bed.acme, "w", definition_for("crm", true));
  CHECK(state() == "request 0 crm 1 chat 0");
  const auto deployed = bed.deploy(bed.acme, "w");
  INFO((deployed.ok() ? "" : deployed.error().details.front().message));
  REQUIRE(deployed.ok());
  CHECK(state() == "request 1 crm 1 chat 0");
  bed.put_definition(bed.acme, "w", definition_for("chat", true));
  CHECK(state() == "request 1 crm 1 chat 0");
  REQUIRE(bed.deploy(bed.acme, "w").ok());
  CHECK(state() == "request 1 crm 0 chat 1");
  bed.put_definition(bed.acme, "w", definition_for("chat", false));
  REQUIRE(bed.library->undeploy(bed.acme, WorkflowId("w")).ok());
  CHECK(state() == "request 0 crm 0 chat 0");
  REQUIRE(bed.deploy(bed.acme, "w").ok());
  CHECK(state() == "request 1 crm 0 chat 0");
  REQUIRE(bed.library->remove(bed.acme, WorkflowId("w")).ok());
  CHECK(state() == "request 0 crm 0 chat 0");
}

}  // namespace
}  // namespace millrace
