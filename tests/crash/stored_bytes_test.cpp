// What a project keeps is counted to the byte, and what it does to the task, whenever the server is killed.
#include "runtime/base/shard_set.h"
#include "runtime/execution/event_codec.h"
#include "storage/keys.h"
#include "storage/maintenance/check_stored_bytes.h"
#include "storage/rocks/rocks_store.h"
#include "storage/tables/execution_rows.h"
#include "storage/tables/task_count_table.h"
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/test_project.h"

#include <atomic>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// What all journals say that was done.
std::uint64_t tasks_in_journals(const storage::OrderedStore& store) {
  namespace keys = storage::keys;
  std::uint64_t tasks = 0;
  for (const ShardId shard : ShardSet::all()) {
    const auto rows = store.scan(keys::whole_shard(shard));
    for (; rows->valid(); rows->next()) {
      const bool is_page = keys::owner_of(rows->key()).kind == keys::RowOwner::Kind::execution &&
                           keys::is_written_once(rows->key());
      if (!is_page) continue;
      const auto page = storage::decode_page(rows->value(), 1);
      REQUIRE(page.ok());
      const auto events = read_journal_page(page->events);
      REQUIRE(events.ok());
      for (const Event& event : *events) tasks += settled_tasks(event.body);
    }
    REQUIRE(rows->status().ok());
  }
  return tasks;
}

void check_tasks(const storage::OrderedStore& store, const ProjectId& project) {
  const auto months = storage::TaskCountTable(store).of_project(project);
  REQUIRE(months.ok());
  std::uint64_t counted = 0;
  for (const auto& month : *months) counted += month.tasks;
  CHECK(counted > 0);
  CHECK(counted == tasks_in_journals(store));
}

/// What is left behind, looked at by nobody's program but this one.
void check_counts(const std::string& directory, const std::string& project) {
  const auto store = storage::RocksStore::open({.directory = directory});
  REQUIRE(store.ok());
  check_tasks(**store, ProjectId(project));
  const auto miscounts = storage::check_stored_bytes(**store);
  REQUIRE(miscounts.ok());
  for (const auto& each : *miscounts) {
    FAIL_CHECK(each.what << " has " << each.stored << " bytes, counted are " << each.counted);
  }
}

}  // namespace

TEST_CASE("after each kill the counts of stored bytes and of tasks are those of the rows") {
  ServerProcess server({"--egress-allow", "127.0.0.1/32"});
  const TestProject project(server);
  project.deploy_steps("quick", R"({"id": "one", "type": "function", "code": "() => 1"})");
  project.deploy_steps("slow", R"({"id": "one", "type": "delay", "value": 3, "unit": "SECONDS"})");
  project.deploy_steps("wide", R"json(
      {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4, 5, 6, 7, 8], "steps": [
        {"id": "one", "type": "function", "code": "() => 'x'.repeat(3000)"}]})json");
  for (int kills = 0; kills < 4; ++kills) {
    std::atomic<bool> is_killed = false;
    std::thread client([&] {
      for (int i = 0; !is_killed; ++i) {
        const char* const workflow = i % 5 == 0 ? "wide" : i % 3 == 0 ? "slow" : "quick";
        try {
          project.trigger(workflow, "{}", "user-" + std::to_string(i % 9));
          project.put("/events/E" + std::to_string(i % 3),
                      R"({"schema": {"n": ")" +
                          std::string(static_cast<std::size_t>(i) % 700, 'n') + R"("}})");
        } catch (const std::exception&) {
          // Nobody answers any more.
        }
      }
    });
    for (int runs = 0; runs < 30; ++runs) project.start("quick", "{}", "other-user");
    server.kill_now();
    is_killed = true;
    client.join();
    check_counts(server.data_directory(), project.id());
    server.start();
    CHECK(project.get("/usage").at("/storedBytes/isExact") == "true");
  }
}
