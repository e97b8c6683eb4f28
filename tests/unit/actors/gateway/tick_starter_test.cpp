// Ticks of schedules: each starts one run for each account, once, whatever happens in between.
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/schedule_table.h"
#include "storage/tables/user_table.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <set>

using namespace millrace;

namespace {

constexpr Millis minute{60'000};
constexpr Millis second{1'000};

const std::string each_minute = R"({"type": "scheduler", "every": {"minutes": 1}})";
const std::string steps =
    R"([{"id": "f", "type": "function", "code": "x", "parameters": {"at": "{{trigger.scheduledAt}}"}}])";

std::string each_minute_with(const std::string& more) {
  return R"({"type": "scheduler", "every": {"minutes": 1}, )" + more + "}";
}

ActorOptions in_chunks_of(std::size_t chunk) {
  ActorOptions options;
  options.ticks.chunk = chunk;
  return options;
}

/// Commits rows as the node would have.
void commit(ActorTestBed& bed, storage::WriteBatch batch) { REQUIRE(bed.store.commit(batch).ok()); }

void add_users(ActorTestBed& bed, int count, Instant first_seen = test_epoch) {
  storage::WriteBatch batch;
  for (int i = 0; i < count; ++i) {
    storage::UserTable::put(
        batch, {bed.project, UserId("user-" + std::to_string(i)), "{}", false, first_seen});
  }
  commit(bed, std::move(batch));
}

std::vector<ExecutionSummary> runs(const ActorTestBed& bed) {
  storage::ExecutionTable::HistoryQuery query;
  query.project = bed.project;
  const auto page = storage::ExecutionTable(bed.store).history(query);
  REQUIRE(page.ok());
  return page->executions;
}

bool has_runs(const ActorTestBed& bed, std::size_t count) {
  return ActorTestBed::eventually([&] { return runs(bed).size() >= count; }) &&
         runs(bed).size() == count;
}

storage::ScheduleRow row_of(const ActorTestBed& bed) {
  const auto row = storage::ScheduleTable(bed.store).find(bed.project, WorkflowId("w"));
  REQUIRE(row.ok());
  REQUIRE(row->has_value());
  return **row;
}

/// The tick of this minute is done with.
bool is_served(const ActorTestBed& bed, Instant tick) {
  return ActorTestBed::eventually([&] {
    const auto row = row_of(bed);
    return row.served_until >= tick && !row.is_walking;
  });
}

/// Time goes on while nobody is there.
void sleep_through(ActorTestBed& bed, Millis by) {
  bed.gateway.reset();
  bed.clock.advance(by);
  bed.restart();
}

std::string ticks_seen(const ActorTestBed& bed) {
  auto seen = bed.functions->parameters("f");
  std::sort(seen.begin(), seen.end());
  std::string all;
  for (const auto& each : seen) all += each.substr(each.find('T') + 1, 5) + ' ';
  return all;
}

}  // namespace

TEST_CASE("each tick starts one run for every user of the project, with the time of the tick") {
  ActorTestBed bed;
  add_users(bed, 3);
  bed.deploy_on(each_minute, "w", steps);
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 3));
  REQUIRE(is_served(bed, test_epoch + minute));
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 6));
  CHECK(bed.functions->wait_for_calls("f", 6));
  CHECK(ticks_seen(bed) == "00:01 00:01 00:01 00:02 00:02 00:02 ");
  std::set<std::string> users;
  for (const auto& run : runs(bed)) users.insert(run.user.text);
  CHECK(users.size() == 3);
}

TEST_CASE(
    "a workflow of an integration runs on each account that has it enabled, and for nobody else") {
  ActorTestBed bed;
  REQUIRE(bed.integrations->put("crm", *parse_json(R"({"baseUrl": "https://crm.example"})")).ok());
  add_users(bed, 5);
  storage::WriteBatch batch;
  for (const char* const id : {"account-1", "account-2"}) {
    storage::CredentialRow account;
    account.project = bed.project;
    account.user = UserId("user-1");
    account.id = id;
    account.integration = "crm";
    account.configured_workflows = R"({"w": {"enabled": true}})";
    storage::EnabledWorkflowTable::follow(batch, nullptr, &account);
  }
  commit(bed, std::move(batch));
  const auto definition = parse_json(R"({"integration": "crm", "trigger": )" + each_minute +
                                     R"(, "steps": )" + steps + "}");
  REQUIRE(bed.workflows->put_draft(bed.project, WorkflowId("w"), *definition).ok());
  REQUIRE(bed.workflows->deploy(bed.project, WorkflowId("w")).ok());
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 2));
  for (const auto& run : runs(bed)) CHECK(run.user == UserId("user-1"));
}

TEST_CASE("a workflow that is withdrawn ticks no more and leaves no rows") {
  ActorTestBed bed;
  add_users(bed, 1);
  bed.deploy_on(each_minute, "w", steps);
  CHECK(bed.has_timer());
  REQUIRE(bed.workflows->undeploy(bed.project, WorkflowId("w")).ok());
  CHECK_FALSE(bed.has_timer());
  CHECK_FALSE(storage::ScheduleTable(bed.store).find(bed.project, WorkflowId("w"))->has_value());
  bed.deploy_on(each_minute, "w", steps);
  REQUIRE(bed.workflows->remove(bed.project, WorkflowId("w")).ok());
  CHECK_FALSE(bed.has_timer());
}

TEST_CASE("a deploy of the same schedule goes on with it, that of another one begins anew") {
  ActorTestBed bed;
  bed.deploy_on(each_minute, "w", steps);
  const auto first = row_of(bed);
  bed.clock.advance(second);
  bed.deploy_on(each_minute_with(R"("overlap": "skip")"), "w", steps);
  auto same = row_of(bed);
  CHECK(same.version == 2);
  same.version = 1;
  CHECK(same == first);
  bed.deploy_on(R"({"type": "scheduler", "every": {"hours": 1}})", "w", steps);
  CHECK(row_of(bed).due == test_epoch + 60 * minute);
  CHECK(row_of(bed).served_until == test_epoch + second);
  bed.deploy("w", R"([{"id": "f", "type": "function", "code": "x"}])");
  CHECK_FALSE(storage::ScheduleTable(bed.store).find(bed.project, WorkflowId("w"))->has_value());
  CHECK_FALSE(bed.has_timer());
}

TEST_CASE("a tick for many is spread over its window, the first ones at once") {
  ActorTestBed bed(in_chunks_of(2));
  add_users(bed, 6);
  bed.deploy_on(each_minute_with(R"("spread": "30s")"), "w", steps);
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 2));
  bed.clock.advance(10 * second);
  REQUIRE(has_runs(bed, 4));
  bed.clock.advance(10 * second);
  REQUIRE(has_runs(bed, 6));
  bed.clock.advance(10 * second);
  REQUIRE(is_served(bed, test_epoch + minute));
  CHECK(runs(bed).size() == 6);
}

TEST_CASE("a restart in the middle of a tick goes on behind those who have their runs") {
  ActorTestBed bed(in_chunks_of(2));
  add_users(bed, 5);
  bed.deploy_on(each_minute_with(R"("spread": "30s")"), "w", steps);
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 2));
  REQUIRE(row_of(bed).is_walking);
  for (int i = 0; i < 3; ++i) {
    bed.restart();
    bed.clock.advance(10 * second);
  }
  // However slow the machine: the next tick must not come meanwhile.
  const Instant before_next = test_epoch + 2 * minute - Millis(1);
  REQUIRE(ActorTestBed::eventually([&] {
    bed.clock.advance(std::min(Millis(second), before_next - bed.clock.now()));
    return !row_of(bed).is_walking;
  }));
  std::multiset<std::string> users;
  for (const auto& run : runs(bed)) users.insert(run.user.text);
  CHECK(users == std::multiset<std::string>{"user-0", "user-1", "user-2", "user-3", "user-4"});
}

TEST_CASE("ticks that came while nobody was there are one run, none or all, as catchUp says") {
  const auto after_five_minutes = [](const std::string& more) {
    ActorTestBed bed(in_chunks_of(250));  // of those who are run many times each, two at once
    add_users(bed, 2);
    bed.deploy_on(more.empty() ? each_minute : each_minute_with(more), "w", steps);
    sleep_through(bed, 5 * minute + second);
    REQUIRE(is_served(bed, test_epoch + 5 * minute));
    const std::size_t count = runs(bed).size();
    CHECK(bed.functions->wait_for_calls("f", count));
    return ticks_seen(bed);
  };
  CHECK(after_five_minutes("") == "00:05 00:05 ");
  CHECK(after_five_minutes(R"("catchUp": "none")").empty());
  CHECK(after_five_minutes(R"("catchUp": "all")") ==
        "00:01 00:01 00:02 00:02 00:03 00:03 00:04 00:04 00:05 00:05 ");
}

TEST_CASE("after what was missed ticks come one by one again") {
  ActorTestBed bed;
  add_users(bed, 1);
  bed.deploy_on(each_minute_with(R"("catchUp": "none")"), "w", steps);
  sleep_through(bed, 3 * minute + second);
  REQUIRE(is_served(bed, test_epoch + 3 * minute));
  CHECK(row_of(bed).due == test_epoch + 4 * minute);
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 1));
}

TEST_CASE("who is first seen after a tick is served from the next one on") {
  ActorTestBed bed;
  add_users(bed, 1, test_epoch + minute + second);
  bed.deploy_on(each_minute, "w", steps);
  bed.clock.advance(minute);
  REQUIRE(is_served(bed, test_epoch + minute));
  CHECK(runs(bed).empty());
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 1));
}

TEST_CASE("a tick is left out while the run before is going, if they may not overlap") {
  ActorTestBed bed;
  add_users(bed, 1);
  bed.functions->hold("f");
  bed.deploy_on(each_minute_with(R"("overlap": "skip")"), "w", steps);
  for (int i = 1; i <= 3; ++i) {
    bed.clock.advance(minute);
    REQUIRE(is_served(bed, test_epoch + i * minute));
  }
  REQUIRE(runs(bed).size() == 1);
  bed.functions->release("f");
  REQUIRE(bed.reaches(runs(bed)[0].id, ExecutionStatus::succeeded));
  bed.clock.advance(minute);
  REQUIRE(has_runs(bed, 2));
}

TEST_CASE("one tick waits for the end of the run before, if they are queued") {
  ActorTestBed bed;
  add_users(bed, 1);
  bed.functions->hold("f");
  bed.deploy_on(each_minute_with(R"("overlap": "queue")"), "w", steps);
  for (int i = 1; i <= 3; ++i) {
    bed.clock.advance(minute);
    REQUIRE(is_served(bed, test_epoch + i * minute));
  }
  REQUIRE(runs(bed).size() == 1);
  bed.functions->release("f");
  REQUIRE(bed.reaches(runs(bed)[0].id, ExecutionStatus::succeeded));
  // It is looked again and again; a restart loses nothing of that.
  bed.restart();
  REQUIRE(ActorTestBed::eventually([&] {
    bed.clock.advance(second / 10);
    return runs(bed).size() >= 2;
  }));
  CHECK(bed.functions->wait_for_calls("f", 1));
  CHECK_THAT(bed.functions->parameters("f").at(0), Catch::Contains("00:02:00"));
}

TEST_CASE("a workflow that was withdrawn runs nothing that has waited") {
  ActorTestBed bed;
  add_users(bed, 1);
  bed.functions->hold("f");
  bed.deploy_on(each_minute_with(R"("overlap": "queue")"), "w", steps);
  for (int i = 1; i <= 2; ++i) {
    bed.clock.advance(minute);
    REQUIRE(is_served(bed, test_epoch + i * minute));
  }
  REQUIRE(bed.workflows->undeploy(bed.project, WorkflowId("w")).ok());
  bed.functions->release("f");
  REQUIRE(ActorTestBed::eventually([&] {
    bed.clock.advance(second);
    return !bed.has_timer();
  }));
  CHECK(runs(bed).size() == 1);
}

TEST_CASE("where each user has a zone, a tick is for those whose zone ticks then") {
  ActorTestBed bed;
  add_users(bed, 2);
  bed.tenants.give(RunGrant{{}, {{"zone", "Asia/Tokyo"}}, {}});
  bed.deploy_on(
      R"({"type": "scheduler", "every": {"days": 1, "at": "09:30"}, "timezone": "{{user.meta.zone}}"})",
      "w", steps);
  // Half past nine in Tokyo; it was so elsewhere before.
  bed.clock.advance(30 * minute - second);
  REQUIRE(ActorTestBed::eventually([&] { return row_of(bed).due == test_epoch + 30 * minute; }));
  CHECK(runs(bed).empty());
  bed.clock.advance(second);
  REQUIRE(has_runs(bed, 2));
}

TEST_CASE("an unmet condition starts nothing, and the tick is served") {
  ActorTestBed bed;
  add_users(bed, 2);
  bed.tenants.refuse(Error(ErrorCode::user_disabled, "the user is switched off"));
  bed.deploy_on(each_minute, "w", steps);
  bed.clock.advance(minute);
  REQUIRE(is_served(bed, test_epoch + minute));
  CHECK(runs(bed).empty());
}

TEST_CASE("a shard that has another owner starts nothing here") {
  ActorTestBed bed;
  add_users(bed, 2);
  bed.deploy_on(each_minute, "w", steps);
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());
  bed.clock.advance(minute);
  bed.restart();  // the wake is served by now, or will be by the owner that the restart makes
  REQUIRE(has_runs(bed, 2));
}
