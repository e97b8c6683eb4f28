// storage/tables/enabled_workflow_table.h over every store.

#include "storage/keys.h"
#include "storage/tables/enabled_workflow_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <set>

namespace millrace::tests {
namespace {

using storage::CredentialRow;
using storage::EnabledWorkflowRow;
using storage::EnabledWorkflowTable;
using storage::WriteBatch;

const ProjectId project("p");
const UserId user("u");

CredentialRow credential(const std::string& configured, const std::string& id = "c1",
                         const UserId& owner = user) {
  CredentialRow row;
  row.project = project;
  row.user = owner;
  row.id = id;
  row.configured_workflows = configured;
  return row;
}

void follow(storage::OrderedStore& store, const CredentialRow* before, const CredentialRow* after) {
  WriteBatch batch;
  EnabledWorkflowTable::follow(batch, before, after);
  must_commit(store, batch);
}

std::vector<EnabledWorkflowRow> enabled(const storage::OrderedStore& store,
                                        const std::string& workflow, const UserId& owner = user) {
  auto rows = EnabledWorkflowTable(store).list(shard_of(project, owner), project,
                                               WorkflowId(workflow), 100);
  REQUIRE(rows.ok());
  return *rows;
}

constexpr const char* on_a = R"({"a":{"enabled":true},"b":{"enabled":false},"c":{"settings":{}}})";
constexpr const char* on_a_and_b = R"({"a":{"enabled":true},"b":{"enabled":true,"settings":{}}})";

TEST_CASE("a workflow has a row for each configuration of an account in which it is enabled",
          "[enabled_workflow]") {
  const auto store = any_store();
  const CredentialRow before = credential(on_a);
  CredentialRow both = credential(on_a);
  both.configurations = R"([{"id":"k1","workflows":{"a":{"enabled":true},"b":{"enabled":true}}},
                            {"id":"k2","workflows":{"a":{"enabled":false}}}])";
  follow(**store, nullptr, &before);
  follow(**store, &before, &both);
  CHECK(enabled(**store, "a") == std::vector<EnabledWorkflowRow>{{user, "c1"}, {user, "c1/k1"}});
  CHECK(enabled(**store, "b") == std::vector<EnabledWorkflowRow>{{user, "c1/k1"}});
  follow(**store, &both, &before);
  CHECK(enabled(**store, "a") == std::vector<EnabledWorkflowRow>{{user, "c1"}});
  CHECK(enabled(**store, "b").empty());
  follow(**store, &before, nullptr);
  CHECK(enabled(**store, "a").empty());
}

TEST_CASE("what is enabled on a credential has a row on its user's shard until it is not",
          "[enabled_workflow]") {
  const auto store = any_store();
  const CredentialRow first = credential(on_a);
  const CredentialRow second = credential(on_a_and_b);
  const CredentialRow third = credential(R"({"b":{"enabled":true}})");
  const std::vector<EnabledWorkflowRow> here{{user, "c1"}};
  follow(**store, nullptr, &first);
  CHECK(enabled(**store, "a") == here);
  CHECK(enabled(**store, "b").empty());
  CHECK(enabled(**store, "c").empty());
  follow(**store, &first, &second);
  CHECK(enabled(**store, "a") == here);
  CHECK(enabled(**store, "b") == here);
  follow(**store, &second, &third);
  CHECK(enabled(**store, "a").empty());
  follow(**store, &third, nullptr);
  CHECK(enabled(**store, "b").empty());
  CHECK(storage::keys::enabled_workflow(project, WorkflowId("a"), user, "c1")
            .starts_with(storage::keys::enabled_workflows(shard_of(project, user), project,
                                                          WorkflowId("a"))));
}

TEST_CASE("only what changes is written", "[enabled_workflow]") {
  const CredentialRow before = credential(on_a);
  const CredentialRow after = credential(on_a_and_b);
  WriteBatch batch;
  EnabledWorkflowTable::follow(batch, &before, &before);
  CHECK(batch.empty());
  EnabledWorkflowTable::follow(batch, &before, &after);
  CHECK(batch.operations().size() == 1);
}

TEST_CASE("ids that no workflow can have are passed over", "[enabled_workflow]") {
  const std::string endless(100'000, 'x');
  const CredentialRow row = credential(R"({"":{"enabled":true},")" + endless +
                                       R"(":{"enabled":true},"a":{"enabled":"yes"},"b":7})");
  WriteBatch batch;
  EnabledWorkflowTable::follow(batch, nullptr, &row);
  CHECK(batch.empty());
}

TEST_CASE("everybody with a workflow enabled is read in pages, shard by shard",
          "[enabled_workflow]") {
  const auto store = any_store();
  const EnabledWorkflowTable table(**store);
  WriteBatch batch;
  for (int i = 0; i < 300; ++i) {
    const UserId owner("user " + std::to_string(i));
    for (const char* const id : {"c1", "c2"}) {
      const CredentialRow row = credential(on_a, id, owner);
      EnabledWorkflowTable::follow(batch, nullptr, &row);
    }
    const CredentialRow other = credential(R"({"aa":{"enabled":true}})", "c3", owner);
    EnabledWorkflowTable::follow(batch, nullptr, &other);
  }
  must_commit(**store, batch);
  std::vector<EnabledWorkflowRow> all;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    std::vector<EnabledWorkflowRow> page;
    do {
      const EnabledWorkflowRow* const after = page.empty() ? nullptr : &page.back();
      auto next = table.list(ShardId{shard}, project, WorkflowId("a"), 3, after);
      REQUIRE(next.ok());
      page = std::move(*next);
      all.insert(all.end(), page.begin(), page.end());
    } while (page.size() == 3);
  }
  CHECK(all.size() == 600);
  std::set<std::pair<std::string, std::string>> distinct;
  for (const auto& row : all) distinct.emplace(row.user.text, row.credential);
  CHECK(distinct.size() == 600);
}

}  // namespace
}  // namespace millrace::tests
