// What accounts start when they are ready. Accounts change through the registry, over the same store as the
// actors.
#include "actors/gateway/account_starter.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/stored_tenants.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/poll_table.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_functions.h"
#include "tests/support/seeded_random.h"

using namespace millrace;

namespace {

const ProjectId project{"demo"};
const UserId ada{"ada"};

class AccountBed {
 public:
  AccountBed() {
    REQUIRE(projects.create("demo", "Demo").ok());
    REQUIRE(
        integrations
            .put(project, "crm",
                 *parse_json(R"({"baseUrl": "https://api.crm.example", "auth": {"type": "oauth2",
                       "authorizeUrl": "https://crm.example/authorize",
                       "tokenUrl": "https://crm.example/token", "clientId": "id",
                       "clientSecret": "secret"},
                       "settings": [{"id": "channel", "type": "text", "required": true}]})"))
            .ok());
    deploy("hello", "integrationEnabled");
    credentials.start_runs_by(starter);
  }

  void deploy(const std::string& id, const std::string& type) {
    deploy_on(id, R"({"type": ")" + type + "\"}");
  }
  void deploy_on(const std::string& id, const std::string& trigger) {
    const auto definition = parse_json(R"({"integration": "crm", "defaultEnabled": true,
      "trigger": )" + trigger +
                                       R"(, "steps": [
      {"id": "f", "type": "function", "code": "x", "parameters": {"r": "{{trigger.result}}"}}]})");
    REQUIRE(workflows.put_draft(project, WorkflowId(id), *definition).ok());
    const auto deployed = workflows.deploy(project, WorkflowId(id));
    INFO((deployed ? std::string() : deployed.error().message));
    REQUIRE(deployed.ok());
  }

  SharedCredential connect(std::optional<JsonObject> settings, const std::string& provider = "p1") {
    CredentialRegistry::Connection connection;
    connection.fields = JsonObject{{"accessToken", "t0k3n"}};
    connection.provider_id = provider;
    connection.settings = std::move(settings);
    auto connected = credentials.connect(project, ada, "crm", connection);
    REQUIRE(connected.ok());
    return *connected;
  }
  SharedCredential sign_in(const std::string& provider = "p1") {
    CredentialRegistry::Connection connection;
    connection.fields = JsonObject{{"accessToken", "t0k3n"}};
    connection.provider_id = provider;
    connection.settings = filled();
    connection.scopes = {"read", "write"};
    auto connected = credentials.connect(project, ada, "crm", connection);
    REQUIRE(connected.ok());
    return *connected;
  }
  void configure(const std::string& id, const std::string& config) {
    const auto done = credentials.configure(
        project, ada, id, parse_json(R"({"config": )" + config + "}")->get_object());
    INFO((done ? std::string() : done.error().message));
    REQUIRE(done.ok());
  }
  static JsonObject filled() { return JsonObject{{"channel", "#a"}}; }

  /// Runs whose rows are in the store.
  std::size_t stored_runs() {
    storage::ExecutionTable::HistoryQuery query;
    query.project = project;
    return storage::ExecutionTable(store).history(query)->total;
  }
  std::vector<std::string> noted() {
    REQUIRE(commits.commit_and_wait({}).ok());
    std::vector<std::string> codes;
    storage::EventLogQuery query;
    query.project = project;
    const auto page = event_log.list(query);
    REQUIRE(page.ok());
    for (const auto& row : page->entries) codes.push_back(row.code);
    return codes;
  }

  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  const storage::Sealer sealer{storage::SealingKey::make()};
  ShardOwnership ownership{ShardSet::all().ids(), *store.claim(ShardSet::all().ids())};
  storage::GroupCommit commits{store, {}};
  ProjectViews project_views{store, {commits, ownership}, sealer, {}};
  UserViews user_views{store, {commits, ownership}, sealer, {}};
  ProjectRegistry projects{store, project_views, clock, random};
  IntegrationRegistry integrations{project_views, clock};
  ScriptedFunctions functions{FunctionScript()};
  WorkflowLibrary workflows{
      store, commits, ownership, clock, random, functions, [this](const ProjectId& id) {
        return integrations.catalog(id);
      }};
  EventLog event_log{store, {commits, ownership}, clock, random};
  StoredTenants tenants{project_views, user_views, clock};
  Starter plain{tenants, commits, clock, random, [](const auto&) {}};
  std::vector<ExecutionId> resumed;
  std::vector<storage::WakeRow> wakes;
  FreshRuns fresh;
  JointStarter joint{{{commits, ownership},
                      plain,
                      fresh,
                      [this](const RunOrder& order) { resumed.push_back(order.execution); },
                      [](const ExecutionId&) {},
                      nullptr,
                      &event_log}};
  AccountStarter starter{{store, workflows, joint,
                          [this](const storage::WakeRow& wake) { wakes.push_back(wake); }, clock}};
  CredentialRegistry credentials{{store, project_views, user_views, clock, random, sealer}};
};

}  // namespace

TEST_CASE("an account that is connected with all settings starts its workflows once") {
  AccountBed bed;
  const auto account = bed.connect(AccountBed::filled());
  REQUIRE(bed.resumed.size() == 1);
  CHECK(bed.stored_runs() == 1);
  bed.configure(account->id, R"({"sharedSettings": {"channel": "#b"}})");
  bed.connect(AccountBed::filled());  // again, the same account
  CHECK(bed.stored_runs() == 1);
  bed.connect(AccountBed::filled(), "p2");  // another one
  CHECK(bed.stored_runs() == 2);
}

TEST_CASE("an account whose settings are missing starts its workflows when they are filled in") {
  AccountBed bed;
  const auto account = bed.connect(std::nullopt);
  CHECK(bed.stored_runs() == 0);
  CHECK(bed.noted() == std::vector<std::string>{"settings_missing"});
  bed.configure(account->id, R"({"configuredWorkflows": {"hello": {"enabled": false}}})");
  bed.configure(account->id, R"({"sharedSettings": {"channel": "#b"}})");
  CHECK(bed.stored_runs() == 0);  // it is not enabled
  bed.configure(account->id, R"({"configuredWorkflows": {"hello": {"enabled": true}}})");
  CHECK(bed.stored_runs() == 1);
  CHECK(bed.resumed.size() == 1);
}

TEST_CASE("an account that is disconnected and connected anew is another one") {
  AccountBed bed;
  const auto account = bed.connect(AccountBed::filled());
  REQUIRE(bed.credentials.disconnect(project, ada, account->id).ok());
  bed.connect(AccountBed::filled());
  CHECK(bed.stored_runs() == 2);
}

TEST_CASE("a change of an account that is not committed starts nothing") {
  AccountBed bed;
  const auto account = bed.connect(std::nullopt);
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());  // its shard goes to another owner
  const auto patch = parse_json(R"({"config": {"sharedSettings": {"channel": "#b"}}})");
  const auto done = bed.credentials.configure(project, ada, account->id, patch->get_object());
  REQUIRE_FALSE(done.ok());
  CHECK(bed.stored_runs() == 0);
  CHECK(bed.resumed.empty());
}

TEST_CASE("what an account has started is remembered by its row") {
  AccountBed bed;
  const auto account = bed.connect(AccountBed::filled());
  const auto row = storage::CredentialTable(bed.store).find(project, ada, account->id);
  REQUIRE((row.ok() && row->has_value()));
  CHECK((*row)->begun == R"(["hello"])");
}

TEST_CASE("each completed sign-in starts the workflows of sign-ins, being ready the others once") {
  AccountBed bed;
  bed.deploy("signed-in", "oauth");
  bed.sign_in();
  CHECK(bed.stored_runs() == 2);
  bed.sign_in();
  CHECK(bed.stored_runs() == 3);
  bed.connect(AccountBed::filled());  // by hand
  CHECK(bed.stored_runs() == 3);
}

TEST_CASE(
    "an account begins to be polled in the change that enables the workflow, and ends alike") {
  AccountBed bed;
  bed.deploy_on("polled", R"({"type": "poll", "request": {"method": "GET", "path": "/c"},
    "items": "response.body", "itemId": "id"})");
  const auto rows = [&] {
    const auto listed = storage::PollTable(bed.store).list(project, ada);
    REQUIRE(listed.ok());
    return *listed;
  };
  const auto account = bed.connect(AccountBed::filled());
  REQUIRE(rows().size() == 1);
  CHECK(rows().at(0).credential == account->id);
  REQUIRE(bed.wakes.size() == 1);
  CHECK(bed.wakes[0] == storage::PollTable::wake_of(rows().at(0), bed.wakes[0].due));
  // Another change leaves it as it is.
  bed.configure(account->id, R"({"sharedSettings": {"channel": "#b"}})");
  CHECK(rows().size() == 1);
  CHECK(bed.wakes.size() == 1);
  bed.configure(account->id, R"({"configuredWorkflows": {"polled": {"enabled": false}}})");
  CHECK(rows().empty());
  bed.configure(account->id, R"({"configuredWorkflows": {"polled": {"enabled": true}}})");
  CHECK(rows().size() == 1);
  CHECK(bed.wakes.size() == 2);
  REQUIRE(bed.credentials.disconnect(project, ada, account->id).ok());
  CHECK(rows().empty());
}
