// What projects and users have, over a store that counts its reads.

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/secret_registry.h"
#include "actors/tenants/stored_tenants.h"
#include "actors/tenants/user_registry.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/counting_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace millrace {
namespace {

const ProjectId project("p1");
const UserId ada("ada");
const std::string crm = R"({"baseUrl":"https://crm.example","auth":{"type":"bearer"}})";

/// One process over a store.
struct Node {
  explicit Node(storage::MemoryStore& memory, ViewCacheLimits of_users = {100, 1u << 20})
      : store(memory), users_limits(of_users) {
    REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  }

  std::string make_project(const std::string& id) { return projects.create(id, "")->api_key; }
  std::string connect(const UserId& user) {
    return (*credentials.connect(project, user, "crm", {{{"token", "t0ken"}}, "", {}}))->id;
  }

  CountingStore store;
  ViewCacheLimits users_limits;
  ManualClock clock;
  SeededRandom random{3};
  ShardOwnership ownership;
  storage::Sealer sealer{*storage::SealingKey::parse(std::string(64, '1'))};
  storage::GroupCommit commits{store, {}};
  ProjectViews project_views{store, {commits, ownership}, sealer, {}};
  UserViews user_views{store, {commits, ownership}, sealer, {}, users_limits};
  ProjectRegistry projects{store, project_views, clock, random};
  SecretRegistry secrets{project_views, clock, sealer};
  IntegrationRegistry integrations{project_views, clock};
  UserRegistry users{store, user_views, clock};
  CredentialRegistry credentials{{store, project_views, user_views, clock, random, sealer}};
  StoredTenants tenants{project_views, user_views, clock};
};

Workflow workflow_of_crm() {
  Workflow workflow;
  workflow.id = WorkflowId("w");
  workflow.integration = "crm";
  return workflow;
}

}  // namespace

TEST_CASE("a user who is not in memory costs one read of the store") {
  storage::MemoryStore memory;
  {
    Node node(memory);
    node.make_project("p1");
    REQUIRE(node.integrations.put(project, "crm", *parse_json(crm)).ok());
    for (const char* const user : {"ada", "bob"}) {
      node.users.see(project, UserId(user));
      node.connect(UserId(user));
      node.connect(UserId(user));
    }
  }
  Node node(memory);
  const auto request_of = [&](const UserId& user) {
    return node.store.reads_of([&] {
      node.users.see(project, user);
      const auto view = node.tenants.view(project, user);
      REQUIRE(view.ok());
      CHECK((*view)->credential("crm", "").ok());
    });
  };
  request_of(UserId("bob"));  // the project is in memory from here on
  CHECK(request_of(ada) == 1);
  CHECK(request_of(ada) == 0);
}

TEST_CASE("a wrong API key costs the same reads however many projects there are") {
  storage::MemoryStore memory;
  Node node(memory);
  node.make_project("p1");
  const auto reads_of_wrong = [&] {
    return node.store.reads_of([&] {
      const auto owner = node.projects.project_of_key("mr_wrong", project);
      REQUIRE(owner.ok());
      CHECK_FALSE(owner->has_value());
    });
  };
  const auto with_one = reads_of_wrong();
  std::string key;
  for (int i = 0; i < 200; ++i) key = node.make_project("other-" + std::to_string(i));
  CHECK(reads_of_wrong() == with_one);
  CHECK(with_one == 1);
  CHECK(node.projects.project_of_key(key, project)->value() == ProjectId("other-199"));
}

TEST_CASE("an API key that was replaced leads nowhere") {
  storage::MemoryStore memory;
  Node node(memory);
  const std::string before = node.make_project("p1");
  const std::string after = node.projects.rotate_api_key(project)->api_key;
  node.make_project("p2");
  CHECK_FALSE(node.projects.project_of_key(before, ProjectId("p2"))->has_value());
  CHECK(node.projects.project_of_key(after, ProjectId("p2"))->value() == project);
}

TEST_CASE("the API keys of projects that an earlier program wrote are found, indexed once") {
  storage::MemoryStore memory;
  Node node(memory);
  const std::string key = node.make_project("p1");
  // As such a program left it: without the way from the key to the project.
  storage::WriteBatch batch;
  storage::ProjectTable::remove_api_key(batch,
                                        (*node.project_views.now(project))->row.api_key_hash);
  REQUIRE(memory.commit(batch).ok());
  const ProjectId other("p2");
  REQUIRE_FALSE(node.projects.project_of_key(key, other)->has_value());
  REQUIRE(node.projects.index_api_keys().ok());
  CHECK(node.projects.project_of_key(key, other)->value() == project);
  CHECK(node.store.reads_of([&] { CHECK(node.projects.index_api_keys().ok()); }) == 1);
}

TEST_CASE("every change of a project raises its stored revision by one") {
  storage::MemoryStore memory;
  Node node(memory);
  const storage::ProjectTable table(memory);
  node.make_project("p1");
  CHECK(*table.revision(project) == 1);
  REQUIRE(node.secrets.put(project, "KEY", "v4lue").ok());
  CHECK(*table.revision(project) == 2);
  REQUIRE(node.integrations.put(project, "crm", *parse_json(crm)).ok());
  REQUIRE(node.projects.put_signing_key(project, SigningKeyId("k"), "pem").ok());
  CHECK(*table.revision(project) == 4);
  CHECK((*node.projects.signing_keys(project))->revision == 4);
  memory.fail_next_commits(1, ErrorCode::storage_failed);
  CHECK_FALSE(node.secrets.remove(project, "KEY").ok());
  CHECK(*table.revision(project) == 4);
}

TEST_CASE("what a project that does not exist would have is not stored") {
  storage::MemoryStore memory;
  Node node(memory);
  CHECK(node.secrets.put(project, "KEY", "v4lue").error().code == ErrorCode::not_found);
  CHECK(node.integrations.put(project, "crm", *parse_json(crm)).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("a run sees what happens to its user even when users do not fit into memory") {
  storage::MemoryStore memory;
  Node node(memory, {1, 1u << 20});
  node.make_project("p1");
  REQUIRE(node.integrations.put(project, "crm", *parse_json(crm)).ok());
  node.users.see(project, ada);
  const std::string account = node.connect(ada);
  const SharedTenant run = *node.tenants.view(project, ada);
  const auto others_come = [&] {
    for (int i = 0; i < 20; ++i) node.users.see(project, UserId("other-" + std::to_string(i)));
  };
  others_come();
  UserRegistry::Change disabled;
  disabled.is_disabled = true;
  REQUIRE(node.users.change(project, ada, disabled).ok());
  CHECK(run->grant(workflow_of_crm(), account).error().code == ErrorCode::user_disabled);
  others_come();
  REQUIRE(node.credentials.disconnect(project, ada, account).ok());
  CHECK(run->credential("crm", account).error().code == ErrorCode::credential_missing);
}

TEST_CASE("a user who is seen while too much waits for the disk is seen by the next request") {
  storage::MemoryStore memory;
  Node node(memory);
  storage::GroupCommit full(memory, {.queue_bytes_max = 0});
  UserViews views(node.store, {full, node.ownership}, node.sealer, {});
  UserRegistry refused(node.store, views, node.clock);
  refused.see(project, ada);
  CHECK(*refused.find(project, ada) == nullptr);
  node.users.see(project, ada);
  CHECK(*node.users.find(project, ada) != nullptr);
}

TEST_CASE("what a project keeps under milder rules stays, and what is damaged hides nothing else") {
  storage::MemoryStore memory;
  {
    Node node(memory);
    node.make_project("p1");
    storage::WriteBatch batch;
    storage::IntegrationTable::put(
        batch, {project, "crm", R"({"baseUrl":"https://crm.example","colour":"red"})", {}});
    storage::IntegrationTable::put(batch, {project, "damaged", "{", {}});
    storage::AppEventTable::put(batch, {project, "Damaged", "{", {}});
    storage::AppEventTable::put(batch, {project, "Lead", "{}", {}});
    REQUIRE(memory.commit(batch).ok());
  }
  Node node(memory);
  CHECK(node.integrations.get(project, "crm").ok());
  CHECK_FALSE(node.integrations.get(project, "damaged").ok());
  const auto view = node.project_views.now(project);
  REQUIRE(view.ok());
  CHECK((*view)->events->get("Lead").ok());
  CHECK_FALSE((*view)->events->get("Damaged").ok());
  // Who writes it anew is held to the rules of today.
  CHECK_FALSE(
      node.integrations
          .put(project, "crm", *parse_json(R"({"baseUrl":"https://crm.example","colour":"red"})"))
          .ok());
}

}  // namespace millrace
