#include "http/server/compose.h"

#include "actors/accounts/sign_ins.h"
#include "actors/accounts/token_refresher.h"
#include "actors/functions/function_pool.h"
#include "actors/gateway/actor_gateway.h"
#include "actors/gateway/admission_door.h"
#include "actors/gateway/connect_proxy.h"
#include "actors/gateway/history_indexer.h"
#include "actors/gateway/hook_door.h"
#include "actors/gateway/provider_keys.h"
#include "actors/gateway/retention.h"
#include "actors/gateway/stored_bytes_counter.h"
#include "actors/gateway/task_history.h"
#include "actors/gateway/user_eraser.h"
#include "actors/observation/failed_run_log.h"
#include "actors/observation/live_feed.h"
#include "actors/observation/observer_list.h"
#include "actors/observation/run_metrics.h"
#include "actors/shards/shard_ownership.h"
#include "actors/subscriptions/subscriptions.h"
#include "actors/tenants/audit_log.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/event_registry.h"
#include "actors/tenants/hook_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/refused_credentials.h"
#include "actors/tenants/secret_registry.h"
#include "actors/tenants/storage_room.h"
#include "actors/tenants/stored_tenants.h"
#include "actors/tenants/subscription_follower.h"
#include "actors/tenants/task_usage.h"
#include "actors/tenants/test_data.h"
#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "actors/test_runs/test_runs.h"
#include "actors/workers/stop_sign.h"
#include "http/api/api.h"
#include "http/api/cors.h"
#include "http/api/trigger_limits.h"
#include "http/outbound/curl_http_caller.h"
#include "http/server/admin_key.h"
#include "http/server/function_worker.h"
#include "http/server/secrets_key.h"
#include "http/server/server_metrics.h"
#include "http/server/timed_gateway.h"
#include "http/wire/http_server.h"
#include "runtime/definitions/check_code.h"
#include "runtime/text/first_names.h"
#include "storage/cached_store.h"
#include "storage/group_commit.h"
#include "storage/history/history_index.h"
#include "storage/maintenance/back_fill_indexes.h"
#include "storage/maintenance/run_keys.h"
#include "storage/memory/memory_store.h"
#include "storage/postgres/postgres_store.h"
#include "storage/rocks/rocks_store.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace millrace {
namespace {

void write_log(LogLevel level, const std::string& line) {
  switch (level) {
    case LogLevel::info:
      spdlog::info("{}", line);
      return;
    case LogLevel::warning:
      spdlog::warn("{}", line);
      return;
    case LogLevel::error:
      spdlog::error("{}", line);
      return;
  }
}

/// A process that was killed holds its directory until the kernel has taken it down, which takes a moment.
constexpr Millis directory_wait{3'000};

/// `rocks`, `postgres`: the store, if it is of that kind.
struct Database {
  std::unique_ptr<storage::OrderedStore> store;
  storage::RocksStore* rocks = nullptr;
  storage::PostgresStore* postgres = nullptr;
};

Result<Database> open_postgres(const ServerOptions& options) {
  // For the keys; what cannot be made is missed when they are written.
  std::error_code ignored;
  std::filesystem::create_directories(options.data_dir, ignored);
  std::array<std::uint8_t, 16> bits{};
  SystemRandom().fill(bits);
  storage::PostgresOptions postgres;
  postgres.url = options.postgres;
  postgres.schema = options.postgres_schema;
  postgres.incarnation.assign(bits.begin(), bits.end());
  postgres.log = &write_log;
  auto store = storage::PostgresStore::open(std::move(postgres));
  if (!store) return store.error();
  storage::PostgresStore* const opened = store->get();
  return Database{std::move(*store), nullptr, opened};
}

Result<Database> open_database(const ServerOptions& options) {
  if (options.in_memory) return Database{std::make_unique<storage::MemoryStore>()};
  if (!options.postgres.empty()) return open_postgres(options);
  storage::RocksOptions rocks;
  rocks.directory = options.data_dir;
  rocks.log = &write_log;
  if (options.relaxed_durability) rocks.durability = storage::Durability::relaxed;
  SystemClock clock;
  StopSign never(clock);
  const Moment give_up = clock.moment() + directory_wait;
  for (;;) {
    auto store = storage::RocksStore::open(rocks);
    if (store) {
      storage::RocksStore* const opened = store->get();
      return Database{std::move(*store), opened};
    }
    const bool may_come_free =
        store.error().code == ErrorCode::directory_in_use && clock.moment() < give_up;
    if (!may_come_free) return store.error();
    never.wait_for(Millis(50));
  }
}

Result<AdminKey> admin_key(const ServerOptions& options, Random& random) {
  if (!options.admin_key.empty()) return AdminKey{options.admin_key, {}};
  if (!options.in_memory) {
    auto key = load_or_make_admin_key(options.data_dir, random);
    if (key) spdlog::info("the admin key is in {}", key->file);
    return key;
  }
  AdminKey made = make_admin_key(random);
  spdlog::info("the admin key of this run is {}", made.key);
  return made;
}

Result<storage::Sealer> make_sealer(const ServerOptions& options) {
  auto key = load_secrets_key(options.secrets_key_file,
                              options.in_memory ? std::string() : options.data_dir);
  if (!key) return key.error();
  spdlog::info("the secrets key {} {} {}", key->key.id(),
               key->is_new ? "was made, and is kept in" : "is from", key->source);
  return storage::Sealer(std::move(key->key));
}

/// Once, at the first start with this key: later ones say of each project what does not open.
Outcome warn_of_other_keys(const storage::OrderedStore& store, const storage::Sealer& sealer) {
  const auto used = storage::secrets_keys_used(store);
  if (!used) return used.error();
  if (used->empty() || std::find(used->begin(), used->end(), sealer.key_id()) != used->end()) {
    return Done{};
  }
  constexpr std::size_t keys_named_max = 3;
  spdlog::warn(
      "the store has been used with the secrets key {}: what is sealed under that is locked until "
      "the server is started with it again (secrets-key-file), and does not open with {}",
      first_names(*used, keys_named_max), sealer.key_id());
  return Done{};
}

/// Members in the order in which they start; they end in the reverse order.
class ComposedServer final : public RunningServer {
 public:
  ComposedServer(const ServerOptions& options, std::unique_ptr<storage::CachedStore> store,
                 const Database& database, const std::vector<Epoch>& epochs, storage::Sealer sealer,
                 storage::Sealer run_sealer, std::unique_ptr<CurlHttpCaller> http)
      : options_(options),
        store_(std::move(store)),
        rocks_(database.rocks),
        postgres_(database.postgres),
        ownership_(ShardSet::all().ids(), epochs),
        sealer_(std::move(sealer)),
        run_sealer_(std::move(run_sealer)),
        commits_(*store_, {.timings = &commit_timings_,
                           .followers = {&history_changes_, &task_counts_, &stored_bytes_}}),
        functions_(function_options(options, call_timings_)),
        http_(std::move(http)),
        project_views_(*store_, {commits_, ownership_}, sealer_, &write_log),
        user_views_(*store_, {commits_, ownership_}, sealer_, &write_log),
        projects_(*store_, project_views_, clock_, random_),
        workflows_(*store_, commits_, ownership_, clock_, random_, functions_, catalogs(),
                   &write_log),
        history_(*store_, workflows_, run_sealer_, &history_index_),
        secrets_(project_views_, clock_, sealer_),
        integrations_(project_views_, clock_),
        resources_(project_views_, clock_, IntegrationRegistry::Of::resources),
        events_(project_views_, clock_),
        event_log_(*store_, {commits_, ownership_}, clock_, random_),
        audit_log_(*store_, {commits_, ownership_}, clock_, random_),
        users_(*store_, user_views_, clock_),
        credentials_({*store_, project_views_, user_views_, clock_, random_, sealer_}),
        hooks_(*store_, {commits_, ownership_}, clock_, random_),
        test_data_(*store_, {commits_, ownership_}, clock_, random_),
        tenants_(project_views_, user_views_, clock_) {}

  /// `owned`: under which epochs the shards were claimed.
  Outcome begin(const std::vector<storage::Fence>& owned) {
    if (auto checked = check_function_worker(); !checked) return checked;
    // Before anything is written that is to be counted.
    if (auto opened = stored_bytes_.open(*store_, owned); !opened) return opened;
    stored_bytes_counter_ = std::make_unique<StoredBytesCounter>(stored_bytes_, commits_,
                                                                 ownership_, clock_, &write_log);
    // What an earlier process has not indexed; before runs go on, so that lists never miss it.
    if (auto read = history_index_.reload(); !read) return read;
    history_indexer_ = std::make_unique<HistoryIndexer>(history_index_, clock_, &write_log);
    // What tenants have is read when somebody asks for it.
    if (auto indexed = projects_.index_api_keys(); !indexed) return indexed;
    if (auto loaded = gate_.load(ownership_.owned()); !loaded) return loaded;
    auto key = admin_key(options_, random_);
    if (!key) return key.error();
    gateway_ =
        make_actor_gateway({*store_,
                            commits_,
                            ownership_,
                            clock_,
                            random_,
                            functions_,
                            *http_,
                            tenants_,
                            workflows_,
                            run_sealer_,
                            &write_log,
                            ActorOptions{},
                            &observers_,
                            &refused_credentials_,
                            &event_log_,
                            &tokens_,
                            [this](const storage::WakeRow& wake) { sign_ins_.end(wake); },
                            &gate_,
                            [this](const storage::WakeRow& wake) { subscriptions_.wake(wake); },
                            &provider_counts_,
                            &room_});
    credentials_.start_runs_by(gateway_->account_runs());
    subscriptions_.schedule_by([this](const storage::WakeRow& wake) { gateway_->schedule(wake); });
    user_views_.follow_by(&subscription_follower_);
    integrations_.tell_wakes([this](const storage::WakeRow& wake) { gateway_->schedule(wake); });
    subscriptions_end_ = std::make_unique<SubscriptionsEnd>(subscriptions_, subscription_follower_);
    timed_gateway_ = std::make_unique<TimedGateway>(*gateway_, clock_, trigger_timings_);
    hook_door_ = std::make_unique<HookDoor>(HookDoor::Dependencies{
        *store_, hooks_, project_views_, user_views_, *timed_gateway_, event_log_, clock_,
        workflows_, [this](const PolledAccount& account) { return gateway_->look_now(account); },
        &subscriptions_, &provider_keys_, &delivery_code_, &kept_tokens_});
    tests_ = std::make_unique<TestRuns>(TestRuns::Dependencies{clock_, random_, functions_, *http_,
                                                               tenants_, catalogs(), &write_log},
                                        TestRunsOptions{});
    retention_ = std::make_unique<Retention>(Retention::Dependencies{
        *store_,
        {commits_, ownership_},
        ownership_,
        clock_,
        &write_log,
        [this](ShardId shard) { gateway_->clear_received(shard); },
        [this](std::atomic<bool>& stop, std::span<const ShardId> erased) {
          if (rocks_ != nullptr) return rocks_->reclaim(stop, erased);
          return postgres_ == nullptr ? Outcome(Done{}) : postgres_->reclaim(stop, erased);
        }});
    eraser_ = std::make_unique<UserEraser>(UserEraser::Dependencies{
        *store_, user_views_, *gateway_, ownership_, clock_, &write_log, erased_subscriptions_,
        &history_index_,
        [this](const ProjectId& project, const UserId& user, storage::WriteBatch& batch) {
          return gateway_->admission().erase(project, user, batch);
        },
        [this](const UserKey& user, std::span<const ShardId> shards) {
          live_feed_.forget(user.project, user.user);
          retention_->note_erased(shards);
        }});
    api_ = std::make_unique<Api>(
        ApiServices{projects_,
                    workflows_,
                    history_,
                    live_feed_,
                    secrets_,
                    integrations_,
                    resources_,
                    events_,
                    event_log_,
                    audit_log_,
                    users_,
                    credentials_,
                    proxy_,
                    hooks_,
                    kept_tokens_,
                    *hook_door_,
                    *tests_,
                    test_data_,
                    *eraser_,
                    *timed_gateway_,
                    trigger_limits_,
                    clock_,
                    options_.api,
                    [this](MetricsText& text) { write_metrics(text); },
                    [this] {
                      return postgres_ != nullptr ? postgres_->takes_commits() : store_->commit({});
                    },
                    &sign_ins_,
                    [this](const ProjectId& project, const UserId& user) {
                      return gateway_->polls(project, user);
                    },
                    &subscriptions_,
                    [this](const Integration& integration) {
                      return check_webhook_code(integration, functions_);
                    },
                    &gateway_->replays(),
                    &gateway_->bulk_jobs(),
                    &gateway_->admission(),
                    &room_,
                    [this](const ProjectId& project) { return gateway_->work_of(project); },
                    &task_usage_},
        key->key);
    server_ = std::make_unique<HttpServer>(
        options_.http,
        [this](const httplib::Request& request, httplib::Response& response) {
          api_->handle(request, response);
        },
        [this](const httplib::Request& request) { return api_->refusal_of(request); },
        &may_pages_read);
    if (auto started = server_->start(options_.listen); !started) return started;
    // Health checks are answered meanwhile; /readyz says 503.
    gateway_->wait_until_ready();
    return Done{};
  }

  std::uint16_t port() const override { return server_->port(); }

  Stopped stop() override {
    live_feed_.close();
    return server_->drain(options_.drain) == HttpServer::Drained::all_answered ? Stopped::clean
                                                                               : Stopped::abandoned;
  }

 private:
  /// Any other program would only be found out by the first function that runs.
  Outcome check_function_worker() {
    if (const auto checked = functions_.check("() => 1"); !checked) {
      return Error(ErrorCode::invalid_request,
                   "the function worker " + function_worker_path(options_.function_worker) +
                       " does not do its work (" + checked.error().message +
                       "); name millrace-function-worker with --function-worker");
    }
    return Done{};
  }

  WorkflowLibrary::Integrations catalogs() {
    return [this](const ProjectId& project) { return integrations_.catalog(project); };
  }

  static FunctionPoolOptions function_options(const ServerOptions& options, CallTimings& timings) {
    FunctionPoolOptions functions;
    functions.worker_binary = function_worker_path(options.function_worker);
    functions.log = &write_log;
    functions.timings = &timings;
    functions.workers_max = options.function_workers_max;
    functions.memory_bytes_max = limits::function_memory_settable_max;
    return functions;
  }

  /// Where providers reach this server.
  std::string public_address() const {
    if (!options_.api.public_url.empty()) return options_.api.public_url;
    return "http://" + options_.listen.host + ':' + std::to_string(server_->port());
  }

  /// Before the gateway, and with it the HTTP caller, ends: nobody waits for a provider any more, nor is told
  /// of changes.
  class SubscriptionsEnd {
   public:
    SubscriptionsEnd(Subscriptions& subscriptions, SubscriptionFollower& follower)
        : subscriptions_(subscriptions), follower_(follower) {}
    ~SubscriptionsEnd() {
      follower_.stop_telling();
      subscriptions_.stop();
    }

   private:
    Subscriptions& subscriptions_;
    SubscriptionFollower& follower_;
  };

  void write_metrics(MetricsText& text) const {
    write_server_metrics(text, server_->stats());
    write_server_metrics(text, commits_.stats());
    write_server_metrics(text, store_->stats());
    if (postgres_ != nullptr) write_server_metrics(text, postgres_->stats());
    write_server_metrics(text, room_);
    write_server_metrics(text, task_usage_);
    write_server_metrics(text, gateway_->stats());
    write_server_metrics(text, functions_.stats());
    write_server_metrics(text, http_->stats());
    write_server_metrics(text, commit_timings_);
    write_server_metrics(text, call_timings_);
    write_server_metrics(text, trigger_timings_);
    write_server_metrics(text, run_metrics_);
    write_server_metrics(text, event_log_);
    write_server_metrics(text, provider_counts_);
    write_server_metrics(text, proxy_);
    write_server_metrics(text, retention_->stats());
  }

  const ServerOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<storage::CachedStore> store_;
  // Within it; both null: it is in memory.
  storage::RocksStore* const rocks_;
  const storage::PostgresStore* const postgres_;
  ShardOwnership ownership_;
  const storage::Sealer sealer_;
  const storage::Sealer run_sealer_;
  storage::CommitTimings commit_timings_{clock_};
  CallTimings call_timings_{clock_};
  TriggerTimings trigger_timings_;
  ProviderCounts provider_counts_;
  RunMetrics run_metrics_;
  LiveFeed live_feed_{clock_};
  FailedRunLog failed_runs_{clock_, &write_log};
  ObserverList observers_{{&run_metrics_, &failed_runs_, &live_feed_}};
  storage::HistoryChanges history_changes_;
  storage::TaskCounts task_counts_{*store_};
  storage::StoredBytes stored_bytes_{*store_};
  storage::GroupCommit commits_;
  StorageRoom room_{stored_bytes_, commits_};
  TaskUsage task_usage_{*store_, task_counts_, clock_};
  storage::HistoryIndex history_index_{*store_, history_changes_,
                                       [this](ShardId shard) { return ownership_.fence(shard); },
                                       [this](const ProjectId& project, storage::WriteBatch batch) {
                                         return commits_.commit_and_wait(std::move(batch), project);
                                       }};
  FunctionPool functions_;
  const std::unique_ptr<CurlHttpCaller> http_;
  ProjectViews project_views_;
  UserViews user_views_;
  ProjectRegistry projects_;
  WorkflowLibrary workflows_;
  TaskHistory history_;
  SecretRegistry secrets_;
  IntegrationRegistry integrations_;
  IntegrationRegistry resources_;
  EventRegistry events_;
  EventLog event_log_;
  AuditLog audit_log_;
  UserRegistry users_;
  CredentialRegistry credentials_;
  HookRegistry hooks_;
  KeptTokens kept_tokens_{*store_, hooks_, {commits_, ownership_}, sealer_, clock_};
  TriggerLimits trigger_limits_{project_views_, clock_};
  TestData test_data_;
  // Outlives all who change users.
  SubscriptionFollower subscription_follower_{
      *store_, project_views_, clock_,
      [this](const storage::WakeRow& wake) { subscriptions_.wake(wake); }};
  RefusedCredentials refused_credentials_{credentials_, &write_log};
  RequestGate gate_{*store_, {commits_, ownership_}, clock_, &write_log, &provider_counts_};
  SignIns sign_ins_{{*store_,
                     {commits_, ownership_},
                     project_views_,
                     credentials_,
                     event_log_,
                     *http_,
                     clock_,
                     random_,
                     sealer_,
                     &write_log}};
  const StoredTenants tenants_;
  // Ends behind the gateway, which stops the HTTP caller: what a provider has given by then is stored.
  TokenRefresher tokens_{
      {project_views_, credentials_, *http_, clock_, &write_log, 2, &provider_counts_}};
  ConnectProxy proxy_{
      {tenants_, integrations_, *http_, *http_, refused_credentials_, tokens_, clock_, &gate_}};
  ProviderKeys provider_keys_{*http_, clock_};
  DeliveryCode delivery_code_{functions_};
  Subscriptions subscriptions_{{*store_,
                                {commits_, ownership_},
                                ownership_,
                                project_views_,
                                user_views_,
                                tenants_,
                                workflows_,
                                hooks_,
                                *http_,
                                refused_credentials_,
                                tokens_,
                                event_log_,
                                clock_,
                                random_,
                                sealer_,
                                &write_log,
                                [this] { return public_address(); },
                                [this](const ProjectId& project, const Credential& account) {
                                  sign_ins_.revoke(project, account);
                                },
                                &provider_counts_,
                                &gate_}};
  std::unique_ptr<StoredBytesCounter> stored_bytes_counter_;
  std::unique_ptr<HistoryIndexer> history_indexer_;
  std::unique_ptr<ActorGateway> gateway_;
  ErasedSubscriptions erased_subscriptions_{
      *store_, hooks_, clock_, [this](const storage::WakeRow& wake) { gateway_->schedule(wake); }};
  std::unique_ptr<SubscriptionsEnd> subscriptions_end_;
  std::unique_ptr<TimedGateway> timed_gateway_;
  std::unique_ptr<HookDoor> hook_door_;
  std::unique_ptr<TestRuns> tests_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<UserEraser> eraser_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

Result<std::unique_ptr<RunningServer>> RunningServer::start(const ServerOptions& options) {
  // Missing, it would only be missed at the first deploy.
  const std::string worker = function_worker_path(options.function_worker);
  if (auto there = check_function_worker_file(worker); !there) return there.error();
  auto database = open_database(options);
  if (!database) return database.error();
  auto store = std::make_unique<storage::CachedStore>(std::move(database->store));
  auto epochs = store->claim(ShardSet::all().ids());
  if (!epochs) return epochs.error();
  std::vector<storage::Fence> owned;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    owned.push_back({ShardId{shard}, (*epochs)[shard]});
  }
  // Before anything reads or writes: a directory of an older program has no index rows yet.
  if (auto filled = storage::back_fill_indexes(*store, owned); !filled) return filled.error();
  // The directory is ours now, so nobody else makes a key in it.
  auto sealer = make_sealer(options);
  if (!sealer) return sealer.error();
  if (auto warned = warn_of_other_keys(*store, *sealer); !warned) return warned.error();
  auto run_sealer = storage::open_run_key(*store, *sealer);
  if (!run_sealer) return run_sealer.error();
  auto http = CurlHttpCaller::make(options.outbound, &write_log);
  if (!http) return http.error();
  auto server = std::make_unique<ComposedServer>(options, std::move(store), *database, *epochs,
                                                 std::move(*sealer), std::move(*run_sealer),
                                                 std::move(*http));
  if (auto begun = server->begin(owned); !begun) return begun.error();
  return std::unique_ptr<RunningServer>(std::move(server));
}

}  // namespace millrace
