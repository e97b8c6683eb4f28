// storage/tables/admission_table.h over every store.

#include "storage/tables/admission_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::AdmissionLineRow;
using storage::AdmissionTable;
using storage::WaitingTriggerRow;
using storage::WriteBatch;

AdmissionLineRow line(const std::string& user, char digest) {
  CountingRandom random;
  AdmissionLineRow row;
  row.project = ProjectId("p");
  row.user = UserId(user);
  row.digest = std::string(32, digest);
  row.workflow = WorkflowId("w");
  row.account = "a";
  row.stage = AdmissionStage::singleton;
  row.key = "\"k\"";
  row.first = 3;
  row.next = 5;
  row.bytes = 70;
  row.since = at(1);
  row.last = at(2);
  row.starts = {at(-5), at(7)};
  row.running = id_for("p", user, at(1), random);
  row.holder = {std::string(32, 'h'), 9};
  row.looks = 2;
  row.wake = at(9);
  return row;
}

WaitingTriggerRow trigger(const AdmissionLineRow& of, std::uint64_t number) {
  WaitingTriggerRow row;
  row.project = of.project;
  row.user = of.user;
  row.at = {of.digest, number};
  row.output = R"({"a":1})";
  row.trace = "00-0";
  row.received = at(1);
  row.triggers = 4;
  row.singleton = std::string(32, 's');
  row.is_batch = true;
  row.waited = 6;
  row.bytes = 7;
  return row;
}

TEST_CASE("a line of waiting triggers is found with all that it remembers", "[admission]") {
  const auto store = any_store();
  WriteBatch batch;
  const AdmissionLineRow full = line("u", 'd');
  AdmissionLineRow bare = line("u", 'e');
  bare.starts.clear();
  bare.running = {};
  bare.holder = {};
  AdmissionTable::put(batch, full);
  AdmissionTable::put(batch, bare);
  must_commit(**store, batch);
  store->reopen();
  const AdmissionTable table(**store);
  const auto found = table.find(AdmissionTable::wake_of(full, at(1)).target_key);
  REQUIRE((found.ok() && found->has_value()));
  CHECK(**found == full);
  const auto other = table.find(ProjectId("p"), UserId("u"), bare.digest);
  REQUIRE((other.ok() && other->has_value()));
  CHECK(**other == bare);
  CHECK_FALSE((*other)->is_held());
  CHECK(table.of_user(ProjectId("p"), UserId("u"))->size() == 2);
}

TEST_CASE("a waiting trigger is found with its files, and removed with them", "[admission]") {
  const auto store = any_store();
  const AdmissionLineRow of = line("u", 'd');
  WaitingTriggerRow row = trigger(of, 3);
  FileHandle small{{1}, 3};
  FileHandle large{{2}, limits::file_chunk_bytes + 1};
  row.files = {small, large};
  WriteBatch batch;
  AdmissionTable::put(batch, row);
  AdmissionTable::put_file(batch, row, small, "abc");
  AdmissionTable::put_file(batch, row, large, std::string(limits::file_chunk_bytes + 1, 'x'));
  must_commit(**store, batch);
  store->reopen();
  const AdmissionTable table(**store);
  const auto found = table.find_trigger(of.project, of.user, row.at);
  REQUIRE((found.ok() && found->has_value()));
  CHECK(**found == row);
  CHECK(**table.file(row, small) == "abc");
  CHECK((*table.file(row, large))->size() == limits::file_chunk_bytes + 1);
  WriteBatch removal;
  AdmissionTable::remove(removal, row);
  must_commit(**store, removal);
  CHECK_FALSE(table.find_trigger(of.project, of.user, row.at)->has_value());
  CHECK(table.file(row, large).error().code == ErrorCode::corrupt_data);
}

TEST_CASE("what waits of a user is removed with its wakes, and nothing of another user",
          "[admission]") {
  const auto store = any_store();
  WriteBatch batch;
  const AdmissionLineRow own = line("u", 'd');
  const AdmissionLineRow others = line("v", 'd');
  for (const AdmissionLineRow* each : {&own, &others}) {
    AdmissionTable::put(batch, *each);
    AdmissionTable::put(batch, trigger(*each, 3));
    storage::WakeTable::put(batch, AdmissionTable::wake_of(*each, each->wake));
  }
  must_commit(**store, batch);
  const AdmissionTable table(**store);
  WriteBatch removal;
  REQUIRE(table.remove_user(removal, own.project, own.user).ok());
  must_commit(**store, removal);
  CHECK(table.of_user(own.project, own.user)->empty());
  CHECK_FALSE(table.find_trigger(own.project, own.user, {own.digest, 3})->has_value());
  CHECK(table.of_user(others.project, others.user)->size() == 1);
  CHECK(table.find_trigger(others.project, others.user, {others.digest, 3})->has_value());
  std::size_t seen = 0;
  REQUIRE(table
              .visit(ShardSet::all(), own.project,
                     [&](AdmissionLineRow) -> Outcome {
                       ++seen;
                       return Done{};
                     })
              .ok());
  CHECK(seen == 1);
}

}  // namespace
}  // namespace millrace::tests
