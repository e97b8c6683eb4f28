// Rows of the event log: in time, across shards, a page at a time.
#include "storage/tables/event_log_table.h"

#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::storage;

namespace {

const ProjectId project("demo");

Instant at(std::int64_t millis) { return Instant(Millis(millis)); }

EventLogRow row(std::int64_t millis, const std::string& user, const std::string& workflow) {
  EventLogRow made;
  made.at = at(millis);
  made.number = static_cast<std::uint64_t>(millis) * 7;
  made.level = "warning";
  made.type = "event";
  made.message = "m";
  made.code = "workflow_disabled";
  made.user = UserId(user);
  made.workflow = WorkflowId(workflow);
  return made;
}

class Log {
 public:
  void put(const EventLogRow& entry, const ProjectId& of = project) {
    WriteBatch batch;
    EventLogTable::put(batch, shard_of(of, entry.user), of, entry);
    REQUIRE(store.commit(batch).ok());
  }
  std::vector<std::int64_t> times(const EventLogPage& page) {
    std::vector<std::int64_t> found;
    for (const auto& entry : page.entries) found.push_back(entry.at.time_since_epoch().count());
    return found;
  }
  EventLogPage list(EventLogQuery query) {
    query.project = project;
    auto page = EventLogTable(store).list(query);
    REQUIRE(page.ok());
    return std::move(*page);
  }

  MemoryStore store;
};

using Times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("the event log of a project is one list over all shards, the newest first") {
  Log log;
  for (int i = 1; i <= 9; ++i) log.put(row(i, "user-" + std::to_string(i), "w"));
  log.put(row(100, "user-1", "w"), ProjectId("other"));
  CHECK(log.times(log.list({})) == Times{9, 8, 7, 6, 5, 4, 3, 2, 1});
}

TEST_CASE("a page of the event log goes on where the one before ended, without gap or repetition") {
  Log log;
  for (int i = 1; i <= 5; ++i) log.put(row(i, "user-" + std::to_string(i), "w"));
  EventLogQuery query;
  query.limit = 2;
  EventLogPage page = log.list(query);
  CHECK(log.times(page) == Times{5, 4});
  query.after = page.next;
  REQUIRE(query.after);
  page = log.list(query);
  CHECK(log.times(page) == Times{3, 2});
  query.after = page.next;
  page = log.list(query);
  CHECK(log.times(page) == Times{1});
  CHECK_FALSE(page.next);
}

TEST_CASE("entries of the event log are found by user, workflow, level, type and time") {
  Log log;
  log.put(row(1, "ada", "a"));
  log.put(row(2, "bob", "b"));
  EventLogRow request = row(3, "ada", "b");
  request.type = "request";
  log.put(request);
  EventLogQuery query;
  query.user = UserId("ada");
  CHECK(log.times(log.list(query)) == Times{3, 1});
  query.workflow = WorkflowId("a");
  CHECK(log.times(log.list(query)) == Times{1});
  query = {};
  query.type = "event";
  CHECK(log.times(log.list(query)) == Times{2, 1});
  query = {};
  query.level = "error";
  CHECK(log.times(log.list(query)).empty());
  query = {};
  query.since = at(2);
  CHECK(log.times(log.list(query)) == Times{3, 2});
}

TEST_CASE("old entries of the event log go by whole stretches, and no younger one with them") {
  Log log;
  constexpr std::int64_t stretch = std::int64_t{1} << 24;
  for (const std::int64_t i : {1, 2, 3, 4}) log.put(row(i * stretch, "ada", "w"));
  WriteBatch batch;
  EventLogTable::remove_old(batch, shard_of(project, UserId("ada")), project, at(3 * stretch + 5),
                            10);
  REQUIRE(log.store.commit(batch).ok());
  CHECK(log.times(log.list({})) == Times{4 * stretch, 3 * stretch});
}

TEST_CASE("a user's entries are taken out of the event log, some at a time, and nobody else's") {
  Log log;
  for (int i = 1; i <= 5; ++i) log.put(row(i, i % 2 == 1 ? "ada" : "bob", "w"));
  const auto remove = [&] {
    WriteBatch batch;
    const auto removed = EventLogTable(log.store).remove_user(batch, project, UserId("ada"), 2);
    REQUIRE(removed.ok());
    REQUIRE(log.store.commit(batch).ok());
    return *removed;
  };
  CHECK(remove() == 2);
  CHECK(log.times(log.list({})) == Times{5, 4, 2});
  CHECK(remove() == 1);
  CHECK(remove() == 0);
  CHECK(log.times(log.list({})) == Times{4, 2});
}
