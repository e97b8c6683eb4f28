// Sign-ins that come to nothing: what the event log says of them, also when the server was stopped meanwhile.
#include "actors/accounts/sign_ins.h"

#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/due_rows.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

const ProjectId project{"demo"};
const std::string redirect_uri = "https://flows.example/oauth/callback";

/// A provider that is asked once, and answers 400; what the test wants to look at meanwhile comes before.
class Provider final : public HttpCaller {
 public:
  CallId call(HttpRequest, std::function<void(HttpOutcome)> done) override {
    if (meanwhile) meanwhile();
    HttpResponse response;
    response.status = 400;
    response.body = std::make_shared<const std::string>(R"({"error": "invalid_grant"})");
    done(std::move(response));
    return 1;
  }
  void cancel(CallId) override {}
  void stop() override {}

  std::function<void()> meanwhile;
};

class SignInBed {
 public:
  SignInBed() {
    REQUIRE(projects.create("demo", "Demo").ok());
    const auto definition = parse_json(R"({"baseUrl": "https://api.crm.example",
      "auth": {"type": "oauth2", "authorizeUrl": "https://crm.example/authorize",
               "tokenUrl": "https://crm.example/token", "clientId": "us", "clientSecret": "s3cr3t"}})");
    REQUIRE(integrations.put(project, "crm", *definition).ok());
  }

  SignIns::Dependencies parts() {
    return {store,         {commits, ownership},
            project_views, credentials,
            events,        provider,
            clock,         random,
            sealer,        {}};
  }

  /// Ada has been sent to the provider, and comes back from there.
  SignIns::Arrival arrival() {
    SignIns::Wish wish;
    wish.project = project;
    wish.user = UserId("ada");
    wish.integration = "crm";
    const auto start = sign_ins.start(wish, redirect_uri);
    REQUIRE(start.ok());
    const auto at = start->location.find("state=") + 6;
    SignIns::Arrival arrival;
    arrival.state = start->location.substr(at, start->location.find('&', at) - at);
    arrival.code = "code";
    arrival.cookie = start->cookie_value;
    return arrival;
  }

  /// Serves what is due after ten minutes, as a server does that was started anew.
  void after_ten_minutes() {
    clock.advance(SignIns::lasts);
    SignIns started_again(parts());
    for (const auto& wake : wakes()) started_again.end(wake);
  }

  std::vector<storage::WakeRow> wakes() {
    std::vector<storage::WakeRow> due;
    const auto visited = storage::visit_due(
        store, ShardSet::all(), clock.now() + 1ms, [&due](const storage::DueRow& row) {
          if (const auto* const wake = std::get_if<storage::WakeRow>(&row)) due.push_back(*wake);
          return true;
        });
    REQUIRE(visited.ok());
    return due;
  }

  std::vector<storage::EventLogRow> noted() {
    REQUIRE(commits.commit_and_wait({}).ok());  // an entry is durable soon, not at once
    storage::EventLogQuery query;
    query.project = project;
    const auto page = events.list(query);
    REQUIRE(page.ok());
    return page->entries;
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
  EventLog events{store, {commits, ownership}, clock, random};
  Provider provider;
  SignIns sign_ins{parts()};
};

}  // namespace

TEST_CASE("a sign-in whose code the provider refuses is in the event log, once") {
  SignInBed bed;
  const auto end = bed.sign_ins.callback(bed.arrival());
  REQUIRE(end.ok());
  CHECK(std::get<SignIns::Failed>(end->result).code == "authorization_failed");
  bed.after_ten_minutes();
  const auto noted = bed.noted();
  REQUIRE(noted.size() == 1);
  CHECK(noted[0].type == "oauth");
  CHECK(noted[0].code == "authorization_failed");
  CHECK(noted[0].user == UserId("ada"));
  CHECK(noted[0].integration == "crm");
  CHECK(bed.wakes().empty());
}

TEST_CASE(
    "a sign-in that the user breaks off at the provider is in the event log with the provider's "
    "word") {
  SignInBed bed;
  auto arrival = bed.arrival();
  arrival.code.clear();
  arrival.error = "access_denied";
  const auto end = bed.sign_ins.callback(arrival);
  REQUIRE(end.ok());
  CHECK(std::get<SignIns::Failed>(end->result).code == "access_denied");
  const auto noted = bed.noted();
  REQUIRE(noted.size() == 1);
  CHECK_THAT(noted[0].message, Catch::Contains("access_denied"));
}

TEST_CASE(
    "a sign-in that is cut off while the provider is asked is in the event log when its time is "
    "over") {
  SignInBed bed;
  const auto arrival = bed.arrival();
  std::size_t entries = 0;
  bed.provider.meanwhile = [&] {
    // As after a crash: of this sign-in there is what is on the disk.
    SignIns started_again(bed.parts());
    const auto again = started_again.callback(arrival);
    CHECK((!again.ok() && again.error().code == ErrorCode::not_found));
    bed.after_ten_minutes();
    const auto noted = bed.noted();
    entries = noted.size();
    if (entries == 1) CHECK_THAT(noted[0].message, Catch::Contains("the server was stopped"));
  };
  ignore_result(bed.sign_ins.callback(arrival), "it is the one that was cut off");
  CHECK(entries == 1);
}

TEST_CASE("a sign-in that nobody comes back from leaves nothing") {
  SignInBed bed;
  const auto arrival = bed.arrival();
  bed.after_ten_minutes();
  CHECK(bed.noted().empty());
  CHECK(bed.wakes().empty());
  CHECK_FALSE(bed.sign_ins.callback(arrival).ok());
}
