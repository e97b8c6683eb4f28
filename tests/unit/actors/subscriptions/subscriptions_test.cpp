// Subscriptions of webhooks, against a provider that keeps count, with crashes between any two steps.
#include "actors/subscriptions/subscriptions.h"

#include "actors/accounts/token_refresher.h"
#include "actors/gateway/user_eraser.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/stored_tenants.h"
#include "actors/tenants/subscription_follower.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/due_rows.h"
#include "tests/support/catch.h"
#include "tests/support/fake_gateway.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_functions.h"
#include "tests/support/seeded_random.h"

#include <map>
#include <stdexcept>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

const ProjectId project{"demo"};
const UserId ada{"ada"};

struct Crash : std::runtime_error {
  Crash() : std::runtime_error("the process is gone") {}
};

/// Answers at once.
class Provider final : public HttpCaller {
 public:
  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) override {
    ++calls;
    last = request;
    if (crash_at == calls && !does_it_before_the_crash) throw Crash();
    auto outcome = reply(request);
    if (crash_at == calls) throw Crash();
    done(std::move(outcome));
    return 1;
  }
  void cancel(CallId) override {}
  void stop() override {}

  HttpOutcome reply(const HttpRequest& request) {
    const std::string id = request.url.substr(request.url.rfind('/') + 1);
    if (request.method == "POST") {
      const std::string key = header(request, "Idempotency-Key");
      if (status >= 300) return answer(status, "{}");
      if (!refusal.empty()) return answer(200, refusal);
      if (!minds_keys || !by_key.contains(key)) {
        const std::string made = std::to_string(++made_count);
        hooks[made] = text_of(request, "url");
        secrets[made] = text_of(request, "secret");
        by_key[key] = made;
      }
      const std::string id_told = tells_id ? R"("id": ")" + by_key[key] + "\", " : std::string();
      return answer(201, "{" + id_told + R"("expires": )" + expires + "}");
    }
    if (request.method == "GET") {
      std::string items;
      for (const auto& [own, url] : hooks) {
        items += (items.empty() ? "" : ",") + std::string(R"({"id":")") + own + R"(","url":")" +
                 url + "\"}";
      }
      return answer(200, R"({"items": [)" + items + "]}");
    }
    if (!hooks.contains(id)) return answer(404, "{}");
    if (request.method == "PATCH") {
      ++renewals;
      return answer(renew_status, R"({"expires": )" + expires + "}");
    }
    if (status < 300) hooks.erase(id);
    return answer(status < 300 ? 204 : status, "");
  }

  static std::string header(const HttpRequest& request, std::string_view name) {
    for (const auto& each : request.headers) {
      if (each.name == name) return each.value;
    }
    return {};
  }
  static std::string text_of(const HttpRequest& request, std::string_view key) {
    const auto body = parse_json(*request.body);
    const Json* const value = body->get_object().if_contains(key);
    return value == nullptr ? std::string() : std::string(value->get_string());
  }
  static HttpOutcome answer(int code, const std::string& body) {
    HttpResponse response;
    response.status = code;
    response.headers = {{"content-type", "application/json"}};
    response.body = std::make_shared<const std::string>(body);
    return response;
  }

  std::map<std::string, std::string> hooks;  // id -> URL
  std::map<std::string, std::string> secrets;
  std::map<std::string, std::string> by_key;
  HttpRequest last;
  int calls = 0;
  int made_count = 0;
  int renewals = 0;
  int status = 200;
  int renew_status = 200;
  std::string expires = "null";
  std::string refusal;  // a body that says no with a status that says yes
  bool minds_keys = false;
  bool tells_id = true;  // in its answer to who subscribes
  int crash_at = 0;      // with this call
  bool does_it_before_the_crash = false;
};

class Bed {
 public:
  explicit Bed(const std::string& rest = {}, const std::string& subscribe = {}) {
    user_views.follow_by(&follower);
    REQUIRE(projects.create("demo", "Demo").ok());
    put(rest, subscribe);
    deploy();
    start();
    settle();
  }

  void put(const std::string& rest, const std::string& subscribe = {},
           const std::string& answers = {}) {
    const auto definition = parse_json(R"({"baseUrl": "https://api.crm.example",
      "auth": {"type": "bearer"}, )" + answers +
                                       R"("webhooks": {"hook": {"scope": "user",
        "subscribe": {"request": {"method": "POST", "path": "/hooks",
            "body": {"url": "{{subscription.url}}", "secret": "{{subscription.secret}}"}},
          "keep": {"id": "response.body.id", "expires": "response.body.expires"})" +
                                       subscribe + R"(},
        "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}"}})" +
                                       rest + "}}}");
    REQUIRE(definition.ok());
    const auto stored = integrations.put(project, "crm", *definition);
    if (!stored) FAIL(stored.error().details.at(0).message);
  }
  void deploy() {
    const auto definition = parse_json(R"({"integration": "crm",
      "trigger": {"type": "webhook", "webhook": "hook"}, "steps": [{"id": "f", "type": "function", "code": "() => 1"}]})");
    REQUIRE(workflows.put_draft(project, WorkflowId("w"), *definition).ok());
    const auto deployed = workflows.deploy(project, WorkflowId("w"));
    if (!deployed) FAIL(deployed.error().details.at(0).message);
  }
  std::string connect() {
    CredentialRegistry::Connection connection;
    connection.fields = JsonObject{{"token", "t0k3n"}};
    const auto connected = credentials.connect(project, ada, "crm", connection);
    REQUIRE(connected.ok());
    return (*connected)->id;
  }
  void enable(const std::string& id, bool is_enabled = true) {
    const JsonObject patch{
        {"config", JsonObject{{"configuredWorkflows",
                               JsonObject{{"w", JsonObject{{"enabled", is_enabled}}}}}}}};
    REQUIRE(credentials.configure(project, ada, id, patch).ok());
  }

  /// All that is known is what is on the disk.
  void start() {
    subscriptions = std::make_unique<Subscriptions>(Subscriptions::Dependencies{
        store,
        {commits, ownership},
        ownership,
        project_views,
        user_views,
        tenants,
        workflows,
        hooks,
        provider,
        refused,
        refresher,
        event_log,
        clock,
        random,
        sealer,
        [](LogLevel, const std::string&) {},
        [this] { return address; },
        [this](const ProjectId&, const Credential& account) { ended.push_back(account.id); },
        nullptr,
        &gate});
  }

  /// Serves what is due until nothing is. False: the process was gone in the middle of it, and is there again.
  bool settle() {
    for (int i = 0; i < 100; ++i) {
      std::optional<storage::WakeRow> due;
      const auto read = storage::visit_due(store, ShardSet::all(), clock.now() + Millis(1),
                                           [&](const storage::DueRow& row) {
                                             due = std::get<storage::WakeRow>(row);
                                             return false;
                                           });
      REQUIRE(read.ok());
      if (!due) return true;
      try {
        const auto again = subscriptions->serve(*due);
        if (again && *again > clock.now()) return true;  // nothing is due before it is tried again
      } catch (const Crash&) {
        provider.crash_at = 0;
        start();
        return false;
      }
    }
    FAIL("it never comes to an end");
    return true;
  }
  void settle_after(Millis time) {
    clock.advance(time);
    settle();
  }

  /// With no time for a farewell: what was subscribed to is there when the user is gone.
  void erase() {
    UserEraser eraser({store, user_views, gateway, ownership, clock, {}, erased},
                      {.patience = 1h, .farewell = Millis(0)});
    const auto done = eraser.erase(project, ada);
    REQUIRE(done.ok());
    REQUIRE(done->has_value());
  }
  /// Whether any row but those of what is left of subscriptions has the word in its key or value.
  std::size_t rows_with(const std::string& word) const {
    std::size_t count = 0;
    const storage::OrderedStore& rows_of = store;
    for (auto cursor = rows_of.scan({}); cursor->valid(); cursor->next()) {
      const std::string row = std::string(cursor->key()) + std::string(cursor->value());
      if (row.find(word) != std::string::npos) ++count;
    }
    return count;
  }

  Json shown(const std::string& id) const {
    const auto all = subscriptions->shown(project, ada, id);
    REQUIRE(all.ok());
    const Json* const hook = all->if_contains("hook");
    return hook == nullptr ? Json() : *hook;
  }
  std::string state(const std::string& id) const {
    const Json hook = shown(id);
    return hook.is_null() ? std::string() : std::string(hook.get_object().at("state").get_string());
  }
  std::vector<storage::SubscriptionRow> rows() const {
    return *storage::SubscriptionTable(store).of_user(project, ada);
  }
  std::size_t told_of(const char* workflow) {
    storage::EventLogQuery query;
    query.project = project;
    query.level = "error";
    query.type = "webhook";
    query.workflow = WorkflowId(workflow);
    REQUIRE(FencedCommits(commits, ownership).commit({}).ok());  // behind what was submitted
    return event_log.list(query)->entries.size();
  }
  bool is_open(const std::string& url) {
    const auto row = hooks.find(url.substr(url.rfind('/') + 1));
    return row.ok() && row->has_value();
  }
  bool has_wakes() const {
    bool any = false;
    ignore_result(storage::visit_due(store, ShardSet::all(), Instant::max(),
                                     [&](const auto&) {
                                       any = true;
                                       return false;
                                     }),
                  "a memory store");
    return any;
  }

  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  const storage::Sealer sealer{storage::SealingKey::make()};
  ShardOwnership ownership{ShardSet::all().ids(), *store.claim(ShardSet::all().ids())};
  storage::GroupCommit commits{store, {}};
  ProjectViews project_views{store, {commits, ownership}, sealer, {}};
  UserViews user_views{store, {commits, ownership}, sealer, {}};
  SubscriptionFollower follower{store, project_views, clock, {}};
  ProjectRegistry projects{store, project_views, clock, random};
  IntegrationRegistry integrations{project_views, clock};
  CredentialRegistry credentials{{store, project_views, user_views, clock, random, sealer}};
  StoredTenants tenants{project_views, user_views, clock};
  ScriptedFunctions functions;
  WorkflowLibrary workflows{
      store, commits, ownership, clock, random, functions, [this](const ProjectId& of) {
        return integrations.catalog(of);
      }};
  HookRegistry hooks{store, {commits, ownership}, clock, random};
  EventLog event_log{store, {commits, ownership}, clock, random};
  RefusedCredentials refused{credentials, {}};
  RequestGate gate{store, {commits, ownership}, clock, {}};
  Provider provider;
  TokenRefresher refresher{{project_views, credentials, provider, clock, {}}};
  std::vector<std::string> ended;
  FakeGateway gateway;
  ErasedSubscriptions erased{store, hooks, clock, {}};
  std::string address = "https://us.example";
  std::unique_ptr<Subscriptions> subscriptions;
};

const std::string find = R"(, "find": {"request": {"method": "GET", "path": "/hooks"},
  "items": "response.body.items", "url": "url"})";
const std::string renew =
    R"(, "renew": {"before": "1h", "request": {"method": "PATCH", "path": "/hooks/{{subscription.id}}"}})";

}  // namespace

TEST_CASE("a subscription begins with the first enabled workflow and ends with the last") {
  Bed bed;
  const std::string id = bed.connect();
  bed.settle();
  CHECK(bed.provider.made_count == 0);
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "active");
  REQUIRE(bed.provider.hooks.size() == 1);
  const std::string url = bed.provider.hooks.begin()->second;
  CHECK(url.starts_with("https://us.example/hooks/"));
  CHECK(bed.is_open(url));
  CHECK(Provider::header(bed.provider.last, "Authorization") == "Bearer t0k3n");
  const auto secret = bed.subscriptions->secret(project, ada, url.substr(url.rfind('/') + 1));
  REQUIRE(secret.ok());
  CHECK(*secret == bed.provider.secrets["1"]);
  CHECK_FALSE(bed.has_wakes());  // it lasts for ever

  bed.enable(id, false);
  bed.settle();
  CHECK(bed.provider.hooks.empty());
  CHECK(bed.rows().empty());
  CHECK_FALSE(bed.is_open(url));
  CHECK_FALSE(bed.has_wakes());
}

TEST_CASE("undeploying, removing the integration and disconnecting end a subscription") {
  Bed bed;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  REQUIRE(bed.workflows.undeploy(project, WorkflowId("w")).ok());
  bed.settle();
  CHECK(bed.provider.hooks.empty());
  bed.deploy();
  bed.settle();
  CHECK(bed.provider.hooks.size() == 1);
  REQUIRE(bed.integrations.remove(project, "crm").ok());
  bed.settle();
  CHECK(bed.provider.hooks.empty());
  bed.put("");
  bed.settle();
  CHECK(bed.provider.hooks.size() == 1);
  CHECK(bed.subscriptions->prepare_to_leave(project,
                                            **bed.credentials.find(project, ada, "crm", id)));
  REQUIRE(bed.credentials.disconnect(project, ada, id).ok());
  bed.settle();
  CHECK(bed.provider.hooks.empty());
  CHECK(Provider::header(bed.provider.last, "Authorization") == "Bearer t0k3n");
  CHECK(bed.ended == std::vector{id});
  CHECK(bed.rows().empty());
  CHECK_FALSE(bed.has_wakes());
}

TEST_CASE("an erased user's subscription is ended with the tokens of the account that is gone") {
  Bed bed;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  REQUIRE(bed.provider.hooks.size() == 1);
  const std::string url = bed.provider.hooks.begin()->second;
  bed.erase();
  CHECK_FALSE((*bed.user_views.now({project, ada}))->exists());
  CHECK_FALSE(bed.is_open(url));
  const auto kept = storage::LeftAccountTable(bed.store).find(project, ada, id);
  REQUIRE(kept.ok());
  REQUIRE(*kept);
  CHECK((*kept)->configured_workflows == "{}");
  bed.settle();
  CHECK(bed.provider.hooks.empty());
  CHECK(Provider::header(bed.provider.last, "Authorization") == "Bearer t0k3n");
  CHECK(bed.ended == std::vector{id});  // its tokens may be revoked
  CHECK_FALSE(bed.has_wakes());
  CHECK(bed.rows_with(ada.text) == 0);
}

TEST_CASE(
    "an erased user's subscription that cannot be ended is given up within hours, namelessly") {
  Bed bed;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  bed.provider.status = 503;
  bed.erase();
  const Instant begun = bed.clock.now();
  bed.settle();
  for (int i = 0; i < 60 && !bed.rows().empty(); ++i) bed.settle_after(10min);
  CHECK(bed.rows().empty());
  CHECK(bed.clock.now() - begun < ErasedSubscriptions::kept_at_most);
  CHECK_FALSE(bed.has_wakes());
  REQUIRE(FencedCommits(bed.commits, bed.ownership).commit({}).ok());  // behind the log
  CHECK(bed.rows_with(ada.text) == 0);
  storage::EventLogQuery query;
  query.project = project;
  const auto log = bed.event_log.list(query);
  REQUIRE(log.ok());
  REQUIRE(log->entries.size() == 1);
  CHECK(log->entries[0].user.text.empty());
  CHECK(log->entries[0].message.find("has been erased") != std::string::npos);
}

TEST_CASE("what an erased user has asked for and nobody knows of is found and ended") {
  Bed bed(find);
  const std::string id = bed.connect();
  bed.provider.crash_at = 1;
  bed.provider.does_it_before_the_crash = true;
  bed.enable(id);
  CHECK_FALSE(bed.settle());
  REQUIRE(bed.provider.hooks.size() == 1);
  bed.erase();
  bed.settle_after(1min);
  CHECK(bed.provider.hooks.empty());
  CHECK(bed.provider.made_count == 1);
  CHECK(bed.rows_with(ada.text) == 0);
}

TEST_CASE("a user who comes back while the subscription of before is ended keeps the new one") {
  Bed bed;
  bed.enable(bed.connect());
  bed.settle();
  bed.provider.status = 503;
  bed.erase();
  bed.settle();
  CHECK(bed.rows().size() == 1);
  bed.provider.status = 200;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle_after(1min);
  CHECK(bed.state(id) == "active");
  REQUIRE(bed.provider.hooks.size() == 1);
  CHECK(bed.is_open(bed.provider.hooks.begin()->second));
  bed.erase();
  bed.settle();
  CHECK(bed.provider.hooks.empty());
  CHECK(bed.rows_with(ada.text) == 0);
}

TEST_CASE(
    "a crash around the request of an erased user's subscription neither doubles nor loses it") {
  for (const bool is_done : {false, true}) {
    CAPTURE(is_done);
    Bed bed;
    bed.enable(bed.connect());
    bed.settle();
    bed.erase();
    bed.provider.crash_at = bed.provider.calls + 1;
    bed.provider.does_it_before_the_crash = is_done;
    CHECK_FALSE(bed.settle());
    bed.settle();
    CHECK(bed.provider.hooks.empty());
    CHECK(bed.rows_with(ada.text) == 0);
  }
}

TEST_CASE("what an integration says of its answers holds for those about subscriptions") {
  Bed bed;
  bed.put("", "", R"("success": [[{"variable": "{{response.body.id}}", "operator": "Exists"}]],
    "errors": {"code": "response.body.error", "retry": ["ratelimited"], "reconnect": ["token_revoked"]},)");
  const std::string id = bed.connect();
  bed.provider.refusal = R"({"error": "no_such_scope"})";
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "failed");
  const auto code = [&] {
    return std::string(bed.shown(id).get_object().at("error").get_object().at("code").get_string());
  };
  CHECK(code() == "request_rejected");
  bed.provider.refusal = R"({"error": "ratelimited"})";
  bed.settle_after(1min);
  CHECK(code() == "request_failed");
  bed.provider.refusal.clear();
  bed.settle_after(10min);
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.made_count == 1);
}

TEST_CASE("who subscribes keeps to the account's rate limit and to what its provider has said") {
  Bed bed;
  bed.put("", "",
          R"("rateLimit": {"requests": 10, "interval": "1s", "pause": {"default": "60s"}},)");
  const std::string id = bed.connect();
  const AskingAccount account{{project, ada}, id};
  bed.gate.hold(account, bed.clock.now() + 20s);
  bed.enable(id);
  bed.settle();
  CHECK(bed.provider.calls == 0);
  bed.provider.status = 429;
  bed.settle_after(20s);
  CHECK(bed.provider.calls == 1);
  const auto until = bed.gate.admit(account, {10, 1s}, 1);
  REQUIRE(until.has_value());
  CHECK(*until == bed.clock.now() + 60s);
  bed.provider.status = 200;
  bed.settle_after(30s);
  CHECK(bed.provider.calls == 1);
  bed.settle_after(30s);
  CHECK(bed.state(id) == "active");
}

TEST_CASE("an answer by which an account is to be connected again makes it invalid") {
  Bed bed;
  bed.put("", "", R"("success": [[{"variable": "{{response.body.id}}", "operator": "Exists"}]],
    "errors": {"code": "response.body.error", "reconnect": ["token_revoked"]},)");
  const std::string id = bed.connect();
  bed.provider.refusal = R"({"error": "token_revoked"})";
  bed.enable(id);
  bed.settle();
  const auto account = bed.credentials.find(project, ada, "crm", id);
  REQUIRE(account.ok());
  CHECK_FALSE((*account)->is_valid);
  CHECK(bed.shown(id).get_object().at("error").get_object().at("code") == "credential_invalid");
}

TEST_CASE("a crash around any request leaves one subscription where the provider can be asked") {
  for (const bool is_done : {false, true}) {
    for (int at = 1; at <= 3; ++at) {
      CAPTURE(is_done, at);
      Bed bed(find);
      bed.provider.crash_at = at;
      bed.provider.does_it_before_the_crash = is_done;
      const std::string id = bed.connect();
      bed.enable(id);
      while (!bed.settle()) {
      }
      bed.settle_after(1min);
      CHECK(bed.state(id) == "active");
      CHECK(bed.provider.hooks.size() == 1);
      CHECK(bed.is_open(bed.provider.hooks.begin()->second));
      bed.provider.crash_at = bed.provider.calls + 1;
      bed.enable(id, false);
      while (!bed.settle()) {
      }
      bed.settle_after(1min);
      CHECK(bed.provider.hooks.empty());
      CHECK(bed.rows().empty());
    }
  }
}

TEST_CASE("a server that comes back under another address finds what it has asked for") {
  Bed bed(find);
  bed.provider.crash_at = 1;
  bed.provider.does_it_before_the_crash = true;
  const std::string id = bed.connect();
  bed.enable(id);
  CHECK_FALSE(bed.settle());
  bed.address = "https://moved.example";
  bed.settle_after(1min);
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.made_count == 1);
}

TEST_CASE("a crash is survived by the key of a request where the provider minds it") {
  Bed bed("", R"(, "idempotent": true)");
  bed.provider.minds_keys = true;
  bed.provider.crash_at = 1;
  bed.provider.does_it_before_the_crash = true;
  const std::string id = bed.connect();
  bed.enable(id);
  CHECK_FALSE(bed.settle());
  bed.settle_after(1min);
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.made_count == 1);
}

TEST_CASE("where nothing can be asked another URL takes the place of the lost one") {
  Bed bed;
  bed.provider.crash_at = 1;
  bed.provider.does_it_before_the_crash = true;
  const std::string id = bed.connect();
  bed.enable(id);
  CHECK_FALSE(bed.settle());
  bed.settle_after(1min);
  CHECK(bed.state(id) == "active");
  REQUIRE(bed.provider.hooks.size() == 2);
  CHECK_FALSE(bed.is_open(bed.provider.hooks["1"]));
  CHECK(bed.is_open(bed.provider.hooks["2"]));
  CHECK(bed.rows().size() == 1);
}

TEST_CASE("what was disabled while nobody knew of it is ended once it is known") {
  Bed bed(find);
  bed.provider.crash_at = 1;
  bed.provider.does_it_before_the_crash = true;
  const std::string id = bed.connect();
  bed.enable(id);
  CHECK_FALSE(bed.settle());
  bed.enable(id, false);
  bed.settle();
  bed.settle_after(1min);
  CHECK(bed.provider.hooks.empty());
  CHECK(bed.rows().empty());
}

TEST_CASE("a refused subscription is tried later and later, and at once when something changes") {
  Bed bed;
  bed.provider.status = 422;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "failed");
  const int first = bed.provider.calls;
  bed.settle_after(9s);
  CHECK(bed.provider.calls == first);
  bed.settle_after(3s);
  CHECK(bed.provider.calls == first + 1);
  bed.settle_after(20s);
  CHECK(bed.provider.calls == first + 1);
  for (int i = 0; i < 48; ++i) bed.settle_after(1h);
  CHECK(bed.provider.calls <= first + 52);
  bed.provider.status = 200;
  bed.enable(id, false);
  bed.settle();
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.made_count == 1);
}

TEST_CASE("a subscription is renewed in time, and replaced when that is refused") {
  Bed bed(renew);
  bed.provider.expires = "36000";
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  bed.settle_after(8h);
  CHECK(bed.provider.renewals == 0);
  bed.settle_after(90min);
  CHECK(bed.provider.renewals == 1);
  CHECK(bed.provider.made_count == 1);
  bed.provider.renew_status = 400;
  const std::string before = bed.provider.hooks.begin()->second;
  bed.settle_after(9h);
  CHECK(bed.provider.made_count == 2);
  REQUIRE(bed.provider.hooks.size() == 1);
  CHECK(bed.provider.hooks.begin()->second != before);
  CHECK_FALSE(bed.is_open(before));
  CHECK(bed.state(id) == "active");
  CHECK(bed.rows().size() == 1);
}

TEST_CASE("without a request that renews, the old one serves until the new one is there") {
  Bed bed;
  bed.provider.expires = "36000";
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  const std::string before = bed.provider.hooks.begin()->second;
  bed.provider.status = 500;
  bed.settle_after(6h);
  CHECK(bed.rows().size() == 2);
  CHECK(bed.is_open(before));
  CHECK(bed.state(id) == "active");
  bed.provider.status = 200;
  bed.settle_after(1h);
  CHECK(bed.rows().size() == 1);
  CHECK_FALSE(bed.is_open(before));
  REQUIRE(bed.provider.hooks.size() == 1);
}

TEST_CASE("one that cannot be ended is given up at last, and its URL with it") {
  Bed bed;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  const std::string url = bed.provider.hooks.begin()->second;
  bed.provider.status = 500;
  bed.enable(id, false);
  bed.settle();
  CHECK(bed.state(id) == "unsubscribing");
  for (int i = 0; i < 24; ++i) bed.settle_after(1h + 10min);
  CHECK(bed.rows().empty());
  CHECK_FALSE(bed.is_open(url));
  CHECK_FALSE(bed.has_wakes());
}

TEST_CASE("an account that its provider does not take keeps its subscription") {
  Bed bed;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  REQUIRE(bed.credentials.set_valid(project, ada, id, false).ok());
  bed.settle();
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.hooks.size() == 1);
}

TEST_CASE("a subscription that is over as it comes is made anew later and later, and told of") {
  Bed bed;
  bed.provider.expires = "1000000001";  // in 2001
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "failed");
  CHECK(bed.shown(id).get_object().at("error").get_object().at("code") == "bad_response");
  CHECK(bed.told_of("w") == 1);
  CHECK(bed.provider.made_count == 1);
  for (int i = 0; i < 3600; ++i) bed.settle_after(1s);
  CHECK(bed.provider.made_count <= 7);
  CHECK(bed.provider.hooks.size() == 1);  // each is ended when the next is there
  CHECK(bed.rows().size() == 1);
  bed.provider.expires = "null";
  bed.settle_after(2h);
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.hooks.size() == 1);
  bed.enable(id, false);
  bed.settle();
  CHECK(bed.provider.hooks.empty());
}

TEST_CASE("a subscription that lasts for a moment is renewed once a minute in the end") {
  for (const std::string& more : {std::string(), renew}) {
    CAPTURE(more);
    Bed bed(more);
    bed.provider.expires = "1";
    const std::string id = bed.connect();
    bed.enable(id);
    bed.settle();
    for (int i = 0; i < 600; ++i) bed.settle_after(1s);
    CHECK(bed.provider.made_count + bed.provider.renewals <= 17);
    CHECK(bed.provider.hooks.size() == 1);
    CHECK(bed.told_of("w") > 0);
  }
}

TEST_CASE("what is needed to end a subscription and was not told makes it a failure") {
  Bed bed(find);
  bed.provider.tells_id = false;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "failed");
  CHECK(bed.told_of("w") == 1);
  bed.settle_after(1min);  // it is found, with its id
  CHECK(bed.state(id) == "active");
  CHECK(bed.provider.made_count == 1);
  bed.enable(id, false);
  bed.settle();
  CHECK(bed.provider.hooks.empty());
}

TEST_CASE("no request leaves whose place in the path is empty") {
  Bed bed;
  bed.provider.tells_id = false;
  const std::string id = bed.connect();
  bed.enable(id);
  bed.settle();
  CHECK(bed.state(id) == "failed");
  bed.enable(id, false);
  for (int i = 0; i < 24; ++i) bed.settle_after(1h);
  CHECK(bed.rows().empty());
  CHECK(bed.provider.last.method == "POST");
}
