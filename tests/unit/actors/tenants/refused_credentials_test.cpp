#include "actors/tenants/refused_credentials.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

using namespace millrace;

namespace {

using Fields = RefusedCredentials::Fields;

class RefusalBed {
 public:
  RefusalBed() {
    REQUIRE(integrations
                .put(project, "crm",
                     JsonObject{{"name", "CRM"},
                                {"baseUrl", "https://crm.example"},
                                {"auth", JsonObject{{"type", "bearer"}}}})
                .ok());
    connect("first");
  }
  void connect(const std::string& token) {
    CredentialRegistry::Connection connection;
    connection.fields = {{"token", token}};
    connection.provider_id = "acct-1";
    auto connected = credentials.connect(project, user, "crm", connection);
    REQUIRE(connected.ok());
    id = (*connected)->id;
  }
  SharedCredential now() { return *credentials.find(project, user, "crm", id); }
  FieldsUsed used() { return {{project, user}, id, now()->revision}; }

  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  ShardOwnership ownership{ShardSet::all().ids(), *store.claim(ShardSet::all().ids())};
  storage::GroupCommit commits{store, {}};
  const storage::Sealer sealer{storage::SealingKey::make()};
  ProjectViews project_views{store, {commits, ownership}, sealer, {}};
  UserViews user_views{store, {commits, ownership}, sealer, {}};
  ProjectRegistry projects{store, project_views, clock, random};
  IntegrationRegistry integrations{project_views, clock};
  CredentialRegistry credentials{{store, project_views, user_views, clock, random, sealer}};
  RefusedCredentials refused{credentials, {}};
  ProjectId project = projects.create("p1", "demo")->id;
  UserId user{"ada"};
  std::string id;
};

}  // namespace

TEST_CASE("an account that is refused twice in a row is invalid, with the reason") {
  RefusalBed bed;
  CHECK_FALSE(bed.refused.refused(bed.used(), Fields::same));
  REQUIRE(bed.refused.refused(bed.used(), Fields::same));
  bed.refused.invalidate(bed.used());
  CHECK_FALSE(bed.now()->is_valid);
  CHECK(bed.now()->refusal.starts_with("the other side answered 401 twice in a row"));
}

TEST_CASE("an account that was accepted in between is not refused twice in a row") {
  RefusalBed bed;
  CHECK_FALSE(bed.refused.refused(bed.used(), Fields::same));
  bed.refused.accepted(bed.used());
  CHECK_FALSE(bed.refused.refused(bed.used(), Fields::same));
}

TEST_CASE("fields that took the place of refused ones and are refused as well are enough") {
  RefusalBed bed;
  CHECK(bed.refused.refused(bed.used(), Fields::replaced));
}

TEST_CASE("what was said of fields from before says nothing of those in their place") {
  RefusalBed bed;
  const FieldsUsed old = bed.used();
  CHECK_FALSE(bed.refused.refused(old, Fields::same));
  bed.connect("second");
  CHECK_FALSE(bed.refused.refused(bed.used(), Fields::same));
  CHECK_FALSE(bed.refused.refused(old, Fields::same));
  bed.refused.accepted(old);
  bed.refused.invalidate(old);
  CHECK(bed.now()->is_valid);
  CHECK(bed.refused.refused(bed.used(), Fields::same));
}

TEST_CASE("connecting an invalid account again or changing it makes it valid") {
  RefusalBed bed;
  bed.refused.invalidate(bed.used());
  REQUIRE_FALSE(bed.now()->is_valid);
  bed.connect("second");
  CHECK(bed.now()->is_valid);
  CHECK(bed.now()->refusal.empty());
  bed.refused.invalidate(bed.used());
  REQUIRE_FALSE(bed.now()->is_valid);
  REQUIRE(bed.credentials.configure(bed.project, bed.user, bed.id, JsonObject()).ok());
  CHECK(bed.now()->is_valid);
  CHECK(bed.now()->refusal.empty());
}
