// Access tokens that end: one refresh for all who ask, and what each answer of a provider means.
#include "actors/accounts/token_refresher.h"

#include "actors/tenants/fresh_credentials.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/stored_tenants.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

#include <atomic>
#include <future>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

const ProjectId project{"demo"};
const UserId ada{"ada"};

/// A provider whose answers the test gives.
class Provider final : public HttpCaller {
 public:
  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) override {
    const std::lock_guard lock(mutex_);
    bodies_.push_back(request.body == nullptr ? "" : *request.body);
    waiting_.push_back(std::move(done));
    arrived_.notify_all();
    return waiting_.size();
  }
  void cancel(CallId) override {}
  void stop() override {}

  /// Waits for the next call, and answers it.
  void answer(int status, const std::string& body) {
    HttpResponse response;
    response.status = status;
    response.body = std::make_shared<const std::string>(body);
    take()(std::move(response));
  }
  void fail(const Error& error) { take()(error); }

  std::function<void(HttpOutcome)> take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    auto done = std::move(waiting_.front());
    waiting_.pop_front();
    return done;
  }
  std::vector<std::string> bodies() {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void(HttpOutcome)>> waiting_;
  std::vector<std::string> bodies_;
};

class RefreshBed {
 public:
  RefreshBed() {
    REQUIRE(projects.create("demo", "Demo").ok());
    const auto definition = parse_json(R"({"baseUrl": "https://api.crm.example",
      "auth": {"type": "oauth2", "authorizeUrl": "https://crm.example/authorize",
               "tokenUrl": "https://crm.example/token", "clientId": "us", "clientSecret": "s3cr3t"}})");
    REQUIRE(integrations.put(project, "crm", *definition).ok());
  }

  /// Signed in, with a token that lasts so long; nothing: the provider did not say.
  SharedCredential sign_in(std::optional<Millis> lifetime) {
    CredentialRegistry::Connection connection;
    connection.fields =
        token_fields({}, {"access-1", "refresh-1", lifetime}, clock.now(), refresh_early_default);
    connection.provider_id = "p1";
    connection.scopes.emplace();
    auto connected = credentials.connect(project, ada, "crm", connection);
    REQUIRE(connected.ok());
    return *connected;
  }

  using Answer = std::future<Result<SharedCredential>>;
  /// As a request does that is about to leave.
  Answer ask(const std::string& id, std::optional<std::uint64_t> refused = {}) {
    auto promise = std::make_shared<std::promise<Result<SharedCredential>>>();
    auto answer = promise->get_future();
    const FreshCredentials source(*tenants.view(project, ada), {project, ada}, clock, &refresher);
    source.fresh({"crm", id}, refused,
                 [promise](Result<SharedCredential> got) { promise->set_value(std::move(got)); });
    return answer;
  }
  static std::string token_of(const Result<SharedCredential>& got) {
    REQUIRE(got.ok());
    return std::string((*got)->fields.at("accessToken").get_string());
  }
  SharedCredential now(const std::string& id) {
    auto found = credentials.find(project, ada, "crm", id);
    REQUIRE(found.ok());
    return *found;
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
  CredentialRegistry credentials{{store, project_views, user_views, clock, random, sealer}};
  StoredTenants tenants{project_views, user_views, clock};
  Provider provider;
  TokenRefresher refresher{{project_views, credentials, provider, clock, {}}};
};

constexpr const char* given =
    R"({"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 3600})";

}  // namespace

TEST_CASE("a token that is good is used without asking anybody") {
  RefreshBed bed;
  const auto account = bed.sign_in(3600s);
  CHECK(RefreshBed::token_of(bed.ask(account->id).get()) == "access-1");
  CHECK(bed.provider.bodies().empty());
}

TEST_CASE("a thousand requests at the moment when a token ends make one refresh") {
  RefreshBed bed;
  const auto account = bed.sign_in(3600s);
  bed.clock.advance(3600s);
  std::vector<RefreshBed::Answer> answers;
  for (int i = 0; i < 1'000; ++i) answers.push_back(bed.ask(account->id));
  bed.provider.answer(200, given);
  for (auto& answer : answers) CHECK(RefreshBed::token_of(answer.get()) == "access-2");
  CHECK(bed.provider.bodies().size() == 1);
  CHECK(bed.provider.bodies().front().find("refresh_token=refresh-1") != std::string::npos);
  CHECK(refresh_token_of(bed.now(account->id)->fields) == "refresh-2");
  CHECK(bed.now(account->id)->revision == account->revision + 1);
}

TEST_CASE("the new tokens are on the disk before anybody is told of them") {
  RefreshBed bed;
  const auto account = bed.sign_in(3600s);
  bed.clock.advance(3600s);
  std::promise<std::string> stored;
  bed.refresher.refresh({project, ada}, account, TokenRefresh::Old::no_use, [&](const auto&) {
    const auto row = storage::CredentialTable(bed.store).find(project, ada, account->id);
    stored.set_value(*bed.sealer.unseal((**row).sealed, (**row).place()));
  });
  bed.provider.answer(200, given);
  CHECK(stored.get_future().get().find("refresh-2") != std::string::npos);
}

TEST_CASE("a token is refreshed five minutes before its end, and serves until then") {
  RefreshBed bed;
  const auto account = bed.sign_in(3600s);
  bed.clock.advance(3299s);
  CHECK(RefreshBed::token_of(bed.ask(account->id).get()) == "access-1");
  bed.clock.advance(2s);
  auto due = bed.ask(account->id);
  bed.provider.fail(Error(ErrorCode::connection_failed, "nobody there"));
  CHECK(RefreshBed::token_of(due.get()) == "access-1");
  // And the provider is left alone for a moment.
  CHECK(RefreshBed::token_of(bed.ask(account->id).get()) == "access-1");
  CHECK(bed.provider.bodies().size() == 1);
}

TEST_CASE("a provider that gives no new refresh token leaves the old one in use") {
  RefreshBed bed;
  const auto account = bed.sign_in(60s);
  bed.clock.advance(60s);
  auto answer = bed.ask(account->id);
  bed.provider.answer(200, R"({"access_token": "access-2"})");
  CHECK(RefreshBed::token_of(answer.get()) == "access-2");
  CHECK(refresh_token_of(bed.now(account->id)->fields) == "refresh-1");
  // It did not say how long: only a refusal leads to the next.
  bed.clock.advance(std::chrono::hours(1'000));
  CHECK(RefreshBed::token_of(bed.ask(account->id).get()) == "access-2");
}

TEST_CASE("a token of which nobody knows its end is refreshed when a peer refuses it") {
  RefreshBed bed;
  const auto account = bed.sign_in(std::nullopt);
  CHECK(RefreshBed::token_of(bed.ask(account->id).get()) == "access-1");
  auto answer = bed.ask(account->id, account->revision);
  bed.provider.answer(200, given);
  const auto renewed = answer.get();
  CHECK(RefreshBed::token_of(renewed) == "access-2");
  // Who was refused with the old one gets the new one at once.
  CHECK(RefreshBed::token_of(bed.ask(account->id, account->revision).get()) == "access-2");
  CHECK(bed.provider.bodies().size() == 1);
}

TEST_CASE("a grant that is refused makes the account invalid, whatever the status") {
  const int status = GENERATE(400, 403, 200, 500);
  RefreshBed bed;
  const auto account = bed.sign_in(60s);
  bed.clock.advance(60s);
  auto answer = bed.ask(account->id);
  bed.provider.answer(status, R"({"error": "invalid_grant",
                                  "error_description": "refresh-1 was revoked"})");
  const auto got = answer.get();
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().code == ErrorCode::credential_invalid);
  CHECK_THAT(got.error().message,
             Catch::Contains("invalid_grant") && !Catch::Contains("refresh-1"));
  const auto now = bed.now(account->id);
  CHECK_FALSE(now->is_valid);
  CHECK_THAT(now->refusal, Catch::Contains("invalid_grant") && !Catch::Contains("refresh-1"));
}

TEST_CASE("a provider that is busy, broken or out of reach leaves the account as it is") {
  RefreshBed bed;
  const auto account = bed.sign_in(60s);
  bed.clock.advance(60s);
  auto busy = bed.ask(account->id);
  bed.provider.answer(503, "<html>");
  const auto got = busy.get();
  REQUIRE_FALSE(got.ok());
  CHECK(retry_class(got.error().code) == RetryClass::retry);
  auto lost = bed.ask(account->id);
  bed.provider.fail(Error(ErrorCode::step_timeout, "no answer"));
  CHECK(retry_class(lost.get().error().code) == RetryClass::retry);
  auto nonsense = bed.ask(account->id);
  bed.provider.answer(200, "[]");
  CHECK_FALSE(nonsense.get().ok());
  CHECK(bed.now(account->id)->is_valid);
  auto at_last = bed.ask(account->id);
  bed.provider.answer(200, given);
  CHECK(RefreshBed::token_of(at_last.get()) == "access-2");
}

TEST_CASE("a refresh token that somebody has sent meanwhile is not sent again") {
  RefreshBed bed;
  const auto stale = bed.sign_in(60s);
  bed.clock.advance(60s);
  auto first = bed.ask(stale->id);
  bed.provider.answer(200, given);
  REQUIRE(first.get().ok());
  // It looked at the account before the refresh, and asks after it.
  std::promise<Result<SharedCredential>> late;
  bed.refresher.refresh({project, ada}, stale, TokenRefresh::Old::no_use,
                        [&](auto got) { late.set_value(std::move(got)); });
  CHECK(RefreshBed::token_of(late.get_future().get()) == "access-2");
  CHECK(bed.provider.bodies().size() == 1);
}

TEST_CASE("what arrives for an account that was connected again meanwhile is dropped") {
  RefreshBed bed;
  const auto account = bed.sign_in(60s);
  bed.clock.advance(60s);
  auto answer = bed.ask(account->id);
  auto done = bed.provider.take();
  const auto again = bed.sign_in(60s);
  REQUIRE(again->id == account->id);
  HttpResponse response;
  response.status = 400;
  response.body = std::make_shared<const std::string>(R"({"error": "invalid_grant"})");
  done(std::move(response));
  CHECK(RefreshBed::token_of(answer.get()) == "access-1");
  CHECK(bed.now(account->id)->is_valid);
}

TEST_CASE("a refresh that is under way when nobody is told any more is stored all the same") {
  RefreshBed bed;
  const auto account = bed.sign_in(60s);
  bed.clock.advance(60s);
  std::atomic<bool> is_told{false};
  bed.refresher.refresh({project, ada}, account, TokenRefresh::Old::no_use,
                        [&](const auto&) { is_told = true; });
  auto done = bed.provider.take();
  bed.refresher.stop_answers();
  HttpResponse response;
  response.status = 200;
  response.body = std::make_shared<const std::string>(given);
  done(std::move(response));
  while (refresh_token_of(bed.now(account->id)->fields) != "refresh-2") std::this_thread::yield();
  CHECK_FALSE(is_told);
}
