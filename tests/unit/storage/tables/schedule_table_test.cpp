// What schedules keep, and for whom they run.
#include "storage/tables/schedule_table.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/schedule_audience.h"
#include "storage/tables/user_table.h"
#include "tests/support/catch.h"

#include <set>

namespace millrace::tests {
namespace {

using namespace storage;

const ProjectId project("demo");
const WorkflowId workflow("report");

ScheduleRow schedule() {
  ScheduleRow row;
  row.project = project;
  row.workflow = workflow;
  row.version = 3;
  row.schedule = R"({"every":{"seconds":5}})";
  row.served_until = Instant(Millis(1'000));
  row.due = Instant(Millis(5'000));
  return row;
}

ScheduledAccountRow account(const std::string& user) {
  ScheduledAccountRow row;
  row.project = project;
  row.user = UserId(user);
  row.workflow = workflow;
  row.credential = "account";
  row.last.bytes[0] = 7;
  row.last.bytes[15] = 255;
  return row;
}

}  // namespace

TEST_CASE("a schedule is read as it was written, with the tick at hand and without") {
  MemoryStore store;
  const ScheduleTable table(store);
  CHECK_FALSE(table.find(project, workflow)->has_value());
  ScheduleRow row = schedule();
  for (const bool is_walking : {false, true}) {
    row.is_walking = is_walking;
    if (is_walking) {
      row.walk_until = row.due;
      row.is_missed = true;
      row.walked_to = std::string("key\0behind", 10);
    }
    WriteBatch batch;
    ScheduleTable::put(batch, row);
    REQUIRE(store.commit(batch).ok());
    CHECK(**table.find(project, workflow) == row);
    CHECK(**table.find(ScheduleTable::wake_of(row).target_key) == row);
  }
  WriteBatch batch;
  ScheduleTable::remove(batch, row);
  REQUIRE(store.commit(batch).ok());
  CHECK_FALSE(table.find(project, workflow)->has_value());
}

TEST_CASE("an account's row is read as it was written, and goes with its user") {
  MemoryStore store;
  const ScheduleTable table(store);
  ScheduledAccountRow waits = account("ada");
  waits.is_waiting = true;
  waits.waiting = Instant(Millis(5'000));
  waits.look_again = Instant(Millis(6'000));
  waits.looks = 2;
  const ScheduledAccountRow other = account("bob");
  WriteBatch batch;
  ScheduleTable::put(batch, waits);
  WakeTable::put(batch, ScheduleTable::wake_of(waits));
  ScheduleTable::put(batch, other);
  REQUIRE(store.commit(batch).ok());
  const std::string key = ScheduleTable::wake_of(waits).target_key;
  CHECK(keys::schedule_part(key) == keys::SchedulePart::account);
  CHECK(**table.find_account(key) == waits);
  CHECK(**table.find_account(ScheduleTable::wake_of(other).target_key) == other);
  WriteBatch removal;
  REQUIRE(table.remove_user(removal, project, UserId("ada")).ok());
  REQUIRE(store.commit(removal).ok());
  CHECK_FALSE(table.find_account(key)->has_value());
  CHECK(table.find_account(ScheduleTable::wake_of(other).target_key)->has_value());
  CHECK_FALSE(
      store.scan(keys::wakes(shard_of(project, UserId("ada"))), Direction::forward, {})->valid());
}

TEST_CASE("the parts of a schedule's key are told apart from other keys") {
  CHECK(keys::schedule_part(keys::schedule(project, workflow)) == keys::SchedulePart::workflow);
  CHECK_FALSE(keys::schedule_part(keys::workflow(project, workflow)).has_value());
  CHECK_FALSE(keys::schedule_part("").has_value());
}

TEST_CASE("the audience of a workflow is listed part by part over all shards") {
  MemoryStore store;
  WriteBatch batch;
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    const std::string name = "user-" + std::to_string(i);
    expected.insert(name);
    UserTable::put(batch, {project, UserId(name), "{}", false, Instant(Millis(i))});
    UserTable::put(batch, {ProjectId("other"), UserId(name), "{}", false, {}});
    if (i % 5 != 0) continue;
    CredentialRow credential;
    credential.project = project;
    credential.user = UserId(name);
    credential.id = "account-" + std::to_string(i);
    credential.configured_workflows = R"({"report": {"enabled": true}})";
    EnabledWorkflowTable::follow(batch, nullptr, &credential);
  }
  REQUIRE(store.commit(batch).ok());
  const ScheduleAudience users(store, ShardSet::all(), project, workflow, Audience::users);
  std::multiset<std::string> seen;
  std::string after;
  CHECK(*users.count(after) == 25);
  while (true) {
    const auto part = users.list(after, 4);
    REQUIRE(part.ok());
    for (const auto& member : *part) {
      CHECK(member.credential.empty());
      CHECK(member.shard == shard_of(project, member.user));
      seen.insert(member.user.text);
    }
    if (part->size() < 4) break;
    after = part->back().key;
    CHECK(*users.count(after) == 25 - seen.size());
  }
  CHECK(seen == std::multiset<std::string>(expected.begin(), expected.end()));
  const ScheduleAudience accounts(store, ShardSet::all(), project, workflow, Audience::accounts);
  const auto enabled = accounts.list({}, 100);
  REQUIRE(enabled.ok());
  REQUIRE(enabled->size() == 5);
  for (const auto& member : *enabled)
    CHECK(member.credential == "account" + member.user.text.substr(4));
}

TEST_CASE("a damaged row of the audience is nobody, and keeps no one else from his run") {
  MemoryStore store;
  WriteBatch batch;
  UserTable::put(batch, {project, UserId("ada"), "{}", false, {}});
  batch.put(keys::user(project, UserId("bob")), "\xff\xff");
  REQUIRE(store.commit(batch).ok());
  const ScheduleAudience users(store, ShardSet::all(), project, workflow, Audience::users);
  const auto members = users.list({}, 10);
  REQUIRE(members.ok());
  REQUIRE(members->size() == 2);
  CHECK(std::count_if(members->begin(), members->end(),
                      [](const auto& member) { return member.user.empty(); }) == 1);
}

}  // namespace millrace::tests
