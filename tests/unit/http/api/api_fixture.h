#pragma once
// The API without sockets: real registry and library over a memory store, a fake gateway, virtual
// time. `call` takes a request the way the server hands it over.

#include "actors/accounts/token_refresher.h"
#include "actors/gateway/connect_proxy.h"
#include "actors/gateway/hook_door.h"
#include "actors/gateway/task_history.h"
#include "actors/gateway/user_eraser.h"
#include "actors/observation/live_feed.h"
#include "actors/shards/shard_ownership.h"
#include "actors/tenants/audit_log.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/event_registry.h"
#include "actors/tenants/hook_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/secret_registry.h"
#include "actors/tenants/stored_tenants.h"
#include "actors/tenants/test_data.h"
#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "actors/test_runs/test_runs.h"
#include "http/api/api.h"
#include "http/api/trigger_limits.h"
#include "http/auth/user_token.h"
#include "storage/group_commit.h"
#include "storage/memory/memory_store.h"
#include "tests/support/fake_gateway.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_functions.h"
#include "tests/support/scripted_http.h"
#include "tests/support/seeded_random.h"
#include "tests/support/whole_streams.h"
#include "tests/unit/http/shared_keys.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct Answer {
  int status = 0;
  httplib::Headers headers;
  std::string text;
  Json json;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  const Json& operator[](std::string_view key) const { return json.at(key); }
  std::string code() const { return std::string(json.at("code").as_string()); }
  std::string message() const { return std::string(json.at("message").as_string()); }
};

class ApiFixture {
 public:
  static constexpr std::string_view admin_key = "the-admin-key";

  explicit ApiFixture(ApiOptions options = {})
      : ownership_(ShardSet::all().ids(), *store_.claim(ShardSet::all().ids())),
        commits_(store_, {}),
        project_views(store_, {commits_, ownership_}, sealer_, {}),
        user_views(store_, {commits_, ownership_}, sealer_, {}),
        projects(store_, project_views, clock, random_),
        workflows(store_, commits_, ownership_, clock, random_, functions_,
                  [this](const ProjectId& project) { return integrations.catalog(project); }),
        history_(store_, workflows, sealer_),
        secrets(project_views, clock, sealer_),
        integrations(project_views, clock),
        resources(project_views, clock, IntegrationRegistry::Of::resources),
        events(project_views, clock),
        event_log(store_, {commits_, ownership_}, clock, random_),
        users(store_, user_views, clock),
        credentials({store_, project_views, user_views, clock, random_, sealer_}),
        hooks(store_, {commits_, ownership_}, clock, random_),
        test_data(store_, {commits_, ownership_}, clock, random_),
        tenants(project_views, user_views, clock),
        hook_door_(
            {store_, hooks, project_views, user_views, gateway, event_log, clock, workflows}),
        proxy_({tenants, integrations, http, streams_, refused_, tokens_, clock}),
        tests_({clock, random_, functions_, http, tenants, {}, {}}, {}),
        eraser_({store_, user_views, gateway, ownership_, clock,
                 [](LogLevel, const std::string&) {}, erased_subscriptions_}),
        api({projects,
             workflows,
             history_,
             live_feed,
             secrets,
             integrations,
             resources,
             events,
             event_log,
             audit_log_,
             users,
             credentials,
             proxy_,
             hooks,
             kept_tokens_,
             hook_door_,
             tests_,
             test_data,
             eraser_,
             gateway,
             trigger_limits_,
             clock,
             std::move(options),
             {},
             [this] { return disk; }},
            admin_key) {
    api_key = make_project("p1");
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;

  Answer call(const std::string& method, const std::string& target, const std::string& bearer = {},
              const std::string& body = {}, const Headers& headers = {}) {
    httplib::Request request;
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    request.body = body;
    if (!bearer.empty()) request.headers.emplace("Authorization", "Bearer " + bearer);
    for (const auto& [name, value] : headers) request.headers.emplace(name, value);
    httplib::Response response;
    api.handle(request, response);
    Answer answer{response.status, response.headers, response.body, {}};
    if (response.content_provider_) answer.text = streamed_body(response);
    if (auto json = parse_json(answer.text)) answer.json = std::move(*json);
    return answer;
  }

  /// What is written to the client; what breaks off ends in "(broken)".
  static std::string streamed_body(httplib::Response& response) {
    std::string text;
    bool is_done = false;
    httplib::DataSink sink;
    sink.write = [&](const char* bytes, std::size_t size) {
      text.append(bytes, size);
      return true;
    };
    sink.done = [&] { is_done = true; };
    const std::size_t size = response.content_length_;
    while (!is_done && (response.is_chunked_content_provider_ || text.size() < size)) {
      if (!response.content_provider_(text.size(), size - text.size(), sink)) {
        return text + "(broken)";
      }
    }
    return text;
  }

  /// Makes a project and returns its API key.
  std::string make_project(const std::string& id) {
    const auto answer =
        call("POST", "/projects", std::string(admin_key), R"({"id":")" + id + "\"}");
    return std::string(answer["apiKey"].as_string());
  }

  Answer put_key(const std::string& kid, const std::string& pem) {
    return call("PUT", "/projects/p1/signing-keys/" + kid, api_key,
                to_text(JsonObject{{"pem", pem}}));
  }

  std::string token(const RsaKeyPair& keys, const std::string& user = "user-1",
                    const std::string& kid = {}, Millis lifetime = Millis(60'000)) {
    return mint_user_token(*parse_private_key(keys.private_pem),
                           {UserId(user), SigningKeyId(kid), lifetime}, clock.now());
  }

  ManualClock clock;
  FakeGateway gateway;
  LiveFeed live_feed{clock};
  ScriptedHttp http;
  /// Whether the store takes commits, as the routes are told.
  Outcome disk = Done{};

 private:
  SeededRandom random_{7};
  storage::MemoryStore store_;
  ShardOwnership ownership_;
  storage::GroupCommit commits_;
  ScriptedFunctions functions_;
  const storage::Sealer sealer_{storage::SealingKey::make()};

 public:
  storage::MemoryStore& store() { return store_; }
  /// What the project has now.
  std::shared_ptr<const ProjectSecrets> secrets_of(const ProjectId& project) {
    return (*project_views.now(project))->secrets;
  }
  SharedUserView user_of(const ProjectId& project, const UserId& user) {
    return *user_views.now({project, user});
  }

  ProjectViews project_views;
  UserViews user_views;
  ProjectRegistry projects;
  WorkflowLibrary workflows;

 private:
  TaskHistory history_;

 public:
  SecretRegistry secrets;
  IntegrationRegistry integrations;
  IntegrationRegistry resources;
  EventRegistry events;
  EventLog event_log;
  AuditLog audit_log_{store_, {commits_, ownership_}, clock, random_};
  UserRegistry users;
  CredentialRegistry credentials;
  HookRegistry hooks;
  KeptTokens kept_tokens_{store_, hooks, {commits_, ownership_}, sealer_, clock};
  TriggerLimits trigger_limits_{project_views, clock};
  TestData test_data;
  StoredTenants tenants;

 private:
  RefusedCredentials refused_{credentials, {}};
  TokenRefresher tokens_{{project_views, credentials, http, clock, {}}};
  HookDoor hook_door_;
  WholeStreams streams_{http};
  ConnectProxy proxy_;
  TestRuns tests_;
  ErasedSubscriptions erased_subscriptions_{store_, hooks, clock, {}};
  UserEraser eraser_;

 public:
  Api api;
  std::string api_key;
};

inline constexpr std::string_view simple_definition =
    R"({"name":"Simple","trigger":{"type":"request"},"steps":[
        {"id":"one","type":"function","code":"() => 1"},
        {"id":"reply","type":"response","body":{"n":"{{one.result}}"}}]})";

}  // namespace millrace
