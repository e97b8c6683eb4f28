// storage/maintenance/back_fill_indexes.h over every store.

#include "storage/keys.h"
#include "storage/maintenance/back_fill_indexes.h"
#include "storage/record_codec.h"
#include "storage/tables/account_table.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/project_table.h"
#include "storage/tables/workflow_index_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using namespace storage;

const ProjectId project("p");
const UserId user("u");

constexpr const char* default_for_crm =
    R"({"integration":"crm","defaultEnabled":true,"trigger":{"type":"request"},"steps":[]})";
constexpr const char* plain = R"({"trigger":{"type":"request"},"steps":[]})";

std::vector<Fence> claim(OrderedStore& store) {
  auto epochs = store.claim(ShardSet::all().ids());
  REQUIRE(epochs.ok());
  std::vector<Fence> owned;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    owned.push_back({ShardId{shard}, (*epochs)[shard]});
  }
  return owned;
}

/// Rows as programs without indexes wrote them.
void write_old_rows(OrderedStore& store) {
  WriteBatch batch;
  ProjectTable::put_project(batch, {project, "Name", "hash", at(1)});
  ProjectTable::put_workflow(batch, project, {WorkflowId("live"), default_for_crm, 2, 1, at(1)});
  ProjectTable::put_version(batch, project, WorkflowId("live"), {1, plain, at(1)});
  ProjectTable::put_version(batch, project, WorkflowId("live"), {2, default_for_crm, at(1)});
  ProjectTable::put_workflow(batch, project, {WorkflowId("draft"), default_for_crm, 0, 0, at(1)});
  ProjectTable::put_workflow(batch, project, {WorkflowId("damaged"), "{", 0, 0, at(1)});
  for (int i = 0; i < 1'000; ++i) {
    CredentialRow row;
    row.project = project;
    row.user = UserId("user " + std::to_string(i));
    row.id = "c";
    row.integration = "crm";
    row.provider_id = "acct";
    row.configured_workflows = R"({"live":{"enabled":true}})";
    CredentialTable::put(batch, row);
  }
  must_commit(store, batch);
}

std::size_t rows_enabled(const OrderedStore& store) {
  std::size_t count = 0;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    auto rows =
        EnabledWorkflowTable(store).list(ShardId{shard}, project, WorkflowId("live"), 2'000);
    REQUIRE(rows.ok());
    count += rows->size();
  }
  return count;
}

TEST_CASE("a directory without index rows gets those of all that is deployed and enabled",
          "[back_fill]") {
  const auto store = any_store();
  const auto owned = claim(**store);
  write_old_rows(**store);
  REQUIRE(back_fill_indexes(**store, owned).ok());
  store->reopen();
  const WorkflowIndexTable index(**store);
  CHECK(*index.workflows_for(project, "request", "") == std::vector{WorkflowId("live")});
  CHECK(*index.enabled_by_default(project, "crm") == std::vector{WorkflowId("draft")});
  CHECK(rows_enabled(**store) == 1'000);
  CHECK(AccountTable(**store).list(project, "crm", "acct", 2'000)->size() == 1'000);
  const auto row = ProjectTable(**store).workflow(project, WorkflowId("live"));
  REQUIRE((row.ok() && row->has_value()));
  CHECK((*row)->found_by == FoundBy{"request", "", ""});
  CHECK((*row)->draft == default_for_crm);
  CHECK((*row)->deployed_version == 1);
}

TEST_CASE("shards whose owners all kept their index rows are not walked again", "[back_fill]") {
  const auto store = any_store();
  REQUIRE(back_fill_indexes(**store, claim(**store)).ok());
  write_old_rows(**store);  // would be found
  for (int i = 0; i < 3; ++i) {
    store->reopen();
    REQUIRE(back_fill_indexes(**store, claim(**store)).ok());
  }
  CHECK(rows_enabled(**store) == 0);
}

TEST_CASE("what an older program has written and removed meanwhile is found at the next start",
          "[back_fill]") {
  const auto store = any_store();
  write_old_rows(**store);
  REQUIRE(back_fill_indexes(**store, claim(**store)).ok());
  claim(**store);  // an older program
  WriteBatch older;
  ProjectTable::remove_workflow(older, project, WorkflowId("draft"));
  ProjectTable::put_workflow(older, project, {WorkflowId("new"), default_for_crm, 0, 0, at(2)});
  CredentialTable::remove(older, project, UserId("user 0"), "c");
  must_commit(**store, older);
  REQUIRE(back_fill_indexes(**store, claim(**store)).ok());
  CHECK(*WorkflowIndexTable(**store).enabled_by_default(project, "crm") ==
        std::vector{WorkflowId("new")});
  CHECK(rows_enabled(**store) == 999);
}

TEST_CASE("accounts whose index rows lie scattered over the shards are gathered at the next start",
          "[back_fill]") {
  const auto store = any_store();
  write_old_rows(**store);
  struct {
    std::uint32_t indexes = 2;
    std::uint64_t epoch = 0;
  } state;
  WriteBatch older;
  for (const Fence& fence : claim(**store)) {
    state.epoch = static_cast<std::uint64_t>(fence.epoch);
    older.put(keys::index_state(fence.shard), write_record(1, state, [](auto& record, auto& row) {
                record.number(1, row.indexes);
                record.number(2, row.epoch);
              }));
    older.put(keys::indexes(fence.shard).back() + "crm/acct", "scattered");
  }
  must_commit(**store, older);
  REQUIRE(back_fill_indexes(**store, claim(**store)).ok());
  CHECK(AccountTable(**store).list(project, "crm", "acct", 2'000)->size() == 1'000);
  for (const ShardId shard : ShardSet::all()) {
    CHECK_FALSE((*store)->scan(keys::indexes(shard).back())->valid());
  }
}

TEST_CASE("index rows are written by the owner of the shard alone", "[back_fill]") {
  const auto store = any_store();
  const auto earlier = claim(**store);
  claim(**store);
  write_old_rows(**store);
  const auto filled = back_fill_indexes(**store, earlier);
  REQUIRE_FALSE(filled.ok());
  CHECK(filled.error().code == ErrorCode::stale_epoch);
}

}  // namespace
}  // namespace millrace::tests
