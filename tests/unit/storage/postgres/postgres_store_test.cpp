// What a store in PostgreSQL keeps besides the contract: who may commit, what becomes of a commit without an answer,
// and what it says of databases that it cannot serve from.

#include "storage/postgres/postgres_store.h"

#include "runtime/base/shard_set.h"
#include "tests/contracts/postgres_stores.h"
#include "tests/contracts/stores.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"

#include <atomic>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace millrace;
using namespace millrace::storage;
using namespace millrace::tests;

namespace {

PostgresServer& server() { return PostgresServer::instance(); }

WriteBatch put(const std::string& key, const std::string& value) {
  WriteBatch batch;
  batch.put(key, value);
  return batch;
}

/// As long as a loaded machine may need.
PostgresOptions patient(const PostgresSchema& schema) {
  PostgresOptions options = postgres_options(schema.name());
  options.patience = Millis(60'000);
  return options;
}

PostgresOptions impatient(const PostgresSchema& schema) {
  PostgresOptions options = postgres_options(schema.name());
  options.patience = Millis(500);
  return options;
}

/// Of a store that is impatient on a machine that may be loaded.
std::string value_of(const OrderedStore& store, const std::string& key) {
  std::string value;
  CHECK(poll_until([&] {
    const auto found = store.get(key);
    if (found.ok() && found->has_value()) value = **found;
    return found.ok();
  }));
  return value;
}

/// Ends all sessions of stores; what they were doing is rolled back or done.
void end_sessions() {
  server().run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
      "'millrace %'");
}

Error failure_of(PostgresOptions options) {
  const auto opened = PostgresStore::open(std::move(options));
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

}  // namespace

TEST_CASE("an earlier owner can commit nothing once another one has opened the database") {
  const PostgresSchema schema;
  const auto first = open_postgres(patient(schema));
  must_commit(*first, put("k-za", "first"));
  const auto old_epochs = *first->claim(ShardSet::all().ids());
  const auto second = open_postgres(patient(schema));
  const auto refused = first->commit(put("k-za", "too late"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::stale_epoch);
  CHECK(first->commit(WriteBatch()).error().code == ErrorCode::stale_epoch);
  CHECK(first->claim(ShardSet::all().ids()).error().code == ErrorCode::stale_epoch);
  // Nor does it read what is another one's now.
  CHECK(first->get("k-za").error().code == ErrorCode::stale_epoch);
  CHECK(first->scan("k-z", Direction::forward, {})->status().error().code ==
        ErrorCode::stale_epoch);
  CHECK_THAT(first->takes_commits().error().message, Catch::Contains("taken over"));
  CHECK(second->takes_commits().ok());
  CHECK(**second->get("k-za") == "first");
  CHECK(second->epochs() == old_epochs);
  must_commit(*second, put("k-za", "second"));
  CHECK(**second->get("k-za") == "second");
}

TEST_CASE(
    "a commit whose connection is ended is in once or not at all, and nothing that was "
    "acknowledged is missing") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  std::atomic<bool> is_running{true};
  std::atomic<int> acknowledged{0};
  std::atomic<int> failed{0};
  std::thread writer([&] {
    for (int i = 0; is_running; ++i) {
      // Each commit counts what the ones before it have left: a lost or doubled one is seen at once.
      WriteBatch batch = put("k-z" + std::to_string(100'000 + i), "v");
      batch.put("k-zlast", std::to_string(i));
      if (!store->commit(batch).ok()) ++failed;
      ++acknowledged;
    }
  });
  SeededRandom random(7);
  for (int round = 0; round < 25; ++round) {
    const int until = acknowledged + 1 + static_cast<int>(random.below(6));
    poll_until([&] { return acknowledged >= until; });
    end_sessions();
  }
  is_running = false;
  writer.join();
  CHECK(failed == 0);
  const auto rows = rows_of(*store, "k-z1");
  CHECK(rows.size() == static_cast<std::size_t>(acknowledged));
  CHECK(**store->get("k-zlast") == std::to_string(acknowledged - 1));
  CHECK(store->stats().connections > 0);
}

TEST_CASE("a restart and a crash of PostgreSQL are waits for commits and reads, and lose nothing") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  for (int round = 0; round < 2; ++round) {
    std::atomic<bool> is_running{true};
    std::atomic<int> done{0};
    std::atomic<int> failed{0};
    std::thread writer([&] {
      for (; is_running; ++done) {
        const std::string key = "k-z" + std::to_string(round) + std::to_string(100'000 + done);
        if (!store->commit(put(key, "v")).ok()) ++failed;
        const auto found = store->get(key);
        if (!found.ok() || !found->has_value()) ++failed;
      }
    });
    poll_until([&] { return done > 3; });
    round == 0 ? server().restart() : server().crash_and_restart();
    const int then = done;
    poll_until([&] { return done > then + 3; });
    is_running = false;
    writer.join();
    CHECK(failed == 0);
    CHECK(rows_of(*store, "k-z" + std::to_string(round)).size() == static_cast<std::size_t>(done));
  }
}

TEST_CASE(
    "while PostgreSQL is away commits and reads are overloaded, and they go on when it is back") {
  const PostgresSchema schema;
  const auto store = open_postgres(impatient(schema));
  must_commit(*store, put("k-za", "1"));
  server().stop();
  CHECK(store->commit(put("k-za", "2")).error().code == ErrorCode::overloaded);
  CHECK(store->get("k-za").error().code == ErrorCode::overloaded);
  CHECK(store->scan("k-z", Direction::forward, {})->status().error().code == ErrorCode::overloaded);
  CHECK(store->commit(WriteBatch()).error().code == ErrorCode::overloaded);
  CHECK(failure_of(impatient(schema)).code == ErrorCode::overloaded);
  server().start();
  CHECK(poll_until([&] { return store->commit(put("k-zb", "3")).ok(); }));
  // What was answered `overloaded` was never sent.
  CHECK(value_of(*store, "k-za") == "1");
  CHECK(value_of(*store, "k-zb") == "3");
}

TEST_CASE(
    "a database that has lost acknowledged commits is neither written nor read, and the reason is "
    "told") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  must_commit(*store, put("k-za", "1"));
  must_commit(*store, put("k-za", "2"));
  CHECK_FALSE(store->stats().is_unresolved);
  // As after a failover to a standby that was behind.
  schema.run("UPDATE lane SET last = last - 1; DELETE FROM kv");
  end_sessions();
  const auto refused = store->commit(put("k-zb", "3"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::storage_failed);
  CHECK_THAT(refused.error().message, Catch::Contains("acknowledged work is lost"));
  CHECK(store->get("k-za").error().code == ErrorCode::storage_failed);
  CHECK(store->commit(WriteBatch()).error().code == ErrorCode::storage_failed);
  CHECK(store->stats().is_unresolved);
  // Whoever opens it anew goes on from there.
  must_commit(*open_postgres(patient(schema)), put("k-zc", "4"));
}

TEST_CASE(
    "a database that was emptied under a server is neither written nor read, and nobody is said to "
    "have taken over") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  must_commit(*store, put("k-za", "1"));
  schema.run("DELETE FROM lane; DELETE FROM kv");
  const auto refused = store->commit(put("k-zb", "2"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::storage_failed);
  CHECK_THAT(refused.error().message, Catch::Contains("acknowledged work is lost"));
  CHECK(store->get("k-za").error().code == ErrorCode::storage_failed);
  CHECK(store->scan("k-z", Direction::forward, {})->status().error().code ==
        ErrorCode::storage_failed);
  CHECK(store->takes_commits().error().code == ErrorCode::storage_failed);
  CHECK(store->stats().is_unresolved);
  must_commit(*open_postgres(patient(schema)), put("k-zc", "3"));
  // Now somebody has.
  CHECK(store->commit(put("k-zb", "2")).error().code == ErrorCode::stale_epoch);
}

TEST_CASE("a database that has become read-only says so, and is written again when it can be") {
  const PostgresSchema schema;
  const auto store = open_postgres(impatient(schema));
  must_commit(*store, put("k-za", "1"));
  {
    const PostgresServer::Setting setting(server(), "default_transaction_read_only", "on");
    end_sessions();
    // On a loaded machine an impatient store may be told nothing at all at first.
    CHECK(poll_until([&] {
      const auto refused = store->commit(put("k-za", "2"));
      return refused.error().code == ErrorCode::overloaded &&
             refused.error().message.find("read-only") != std::string::npos;
    }));
    CHECK_THAT(failure_of(impatient(schema)).message, Catch::Contains("read-only"));
  }
  CHECK(poll_until([&] { return store->commit(put("k-za", "3")).ok(); }));
  CHECK(value_of(*store, "k-za") == "3");
}

TEST_CASE(
    "databases of a newer format, of another cluster and of other programs are refused with the "
    "reason") {
  const PostgresSchema schema;
  open_postgres(patient(schema)).reset();
  const std::string id = schema.run("SELECT id FROM cluster").at(0);
  auto options = patient(schema);
  options.cluster = id;
  open_postgres(options).reset();
  options.cluster = "00000000-0000-4000-8000-000000000000";
  CHECK(failure_of(options).code == ErrorCode::conflict);
  CHECK_THAT(failure_of(options).message, Catch::Contains(id));

  schema.run("UPDATE cluster SET format = 2");
  CHECK(failure_of(patient(schema)).code == ErrorCode::format_not_supported);
  CHECK_THAT(failure_of(patient(schema)).message, Catch::Contains("format 2"));

  const PostgresSchema strange;
  strange.run("CREATE SCHEMA " + strange.name());
  strange.run("CREATE TABLE kv(key text)");
  CHECK(failure_of(patient(strange)).code == ErrorCode::corrupt_data);

  options = patient(schema);
  options.schema = "no \"schema";
  CHECK(failure_of(options).code == ErrorCode::invalid_request);
  options = impatient(schema);
  options.url.replace(options.url.find("/postgres?"), 10, "/postgres_elsewhere?");
  CHECK_THAT(failure_of(options).message, Catch::Contains("postgres_elsewhere"));
}

TEST_CASE("a database that holds nothing gives a stopped server nothing to work on, and stays so") {
  const PostgresSchema schema;
  auto options = patient(schema);
  options.others = PostgresOptions::Others::refuse;
  CHECK(failure_of(options).code == ErrorCode::not_found);
  CHECK(schema.run("SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema.name() + "'") ==
        std::vector<std::string>{"0"});
}

TEST_CASE("an address that cannot be read is refused without being shown") {
  for (const std::string url :
       {"postgres://millrace:pass-word@here@host/db", "postgres://millrace:pass-word/more@host/db",
        "postgres://millrace:pass-word%zz@host/db", "pass-word"}) {
    PostgresOptions options;
    options.url = url;
    options.incarnation.assign(16, 'i');
    const Error refused = failure_of(options);
    CHECK(refused.code == ErrorCode::invalid_request);
    CHECK(refused.message.find("pass-word") == std::string::npos);
  }
}

TEST_CASE("a commit that removes prefixes may take longer than others, and later ones may not") {
  const PostgresSchema schema;
  auto options = impatient(schema);
  options.opening_patience = Millis(60'000);
  const auto store = open_postgres(options);
  const auto slow = [&](const WriteBatch& batch) {
    Outcome outcome = Done{};
    // On a loaded machine an impatient store may be told nothing at all at first.
    CHECK(poll_until([&] {
      outcome = store->commit(batch);
      return outcome.ok() || outcome.error().message.find("statement timeout") != std::string::npos;
    }));
    return outcome;
  };
  schema.run(
      "CREATE FUNCTION " + schema.name() +
      ".sleep() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;"
      " CREATE TRIGGER slow AFTER INSERT OR DELETE ON kv FOR EACH STATEMENT EXECUTE FUNCTION " +
      schema.name() + ".sleep()");
  CHECK_FALSE(slow(put("k-za", "1")).ok());
  WriteBatch removal;
  removal.remove_prefix("k-zb");
  CHECK(slow(removal).ok());
  CHECK_FALSE(slow(put("k-za", "1")).ok());
}

TEST_CASE("an opening waits for PostgreSQL, which may be started later, and says so once") {
  const PostgresSchema schema;
  server().stop();
  auto options = patient(schema);
  options.arrival_patience = Millis(60'000);
  std::atomic<int> lines{0};
  options.log = [&](LogLevel, const std::string&) { ++lines; };
  std::thread opening([&] { CHECK(open_postgres(options)->commit(put("k-za", "1")).ok()); });
  CHECK(poll_until([&] { return lines > 0; }));
  server().start();
  opening.join();
  CHECK(lines == 1);
}

TEST_CASE("of several hosts one that says nothing does not keep the store from the next one") {
  const TemporaryDirectory folder;
  const int silent = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  const std::string path = folder.path() + "/.s.PGSQL.5432";
  REQUIRE(path.copy(place.sun_path, sizeof place.sun_path - 1) == path.size());
  REQUIRE(::bind(silent, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
  REQUIRE(::listen(silent, 8) == 0);
  const PostgresSchema schema;
  auto options = patient(schema);
  options.url.replace(options.url.find("host=") + 5, 0, folder.path() + ',');
  const auto store = open_postgres(options);
  must_commit(*store, put("k-za", "1"));
  CHECK(**store->get("k-za") == "1");
  ::close(silent);
}

TEST_CASE("a cursor of many pages keeps its view, and its connection until the last one") {
  const PostgresSchema schema;
  auto options = impatient(schema);
  options.cursors_max = 1;
  options.patience = Millis(4'000);  // for megabytes in one commit
  const auto store = open_postgres(options);
  WriteBatch batch;
  for (int i = 0; i < 300; ++i)
    batch.put("k-z" + std::to_string(1'000 + i), std::string(20'000, 'v'));
  must_commit(*store, batch);
  std::unique_ptr<Cursor> cursor;
  REQUIRE(poll_until(
      [&] { return (cursor = store->scan("k-z", Direction::forward, {}))->status().ok(); }));
  WriteBatch removal;
  removal.remove_prefix("k-z");
  must_commit(*store, removal);
  // The one connection is in use, and point reads have others.
  std::thread other([&] {
    CHECK(store->scan("k-z", Direction::forward, {})->status().error().code ==
          ErrorCode::overloaded);
  });
  other.join();
  CHECK(value_of(*store, "k-z1000").empty());
  // Who has one waits for nobody.
  std::unique_ptr<Cursor> inner;
  CHECK(poll_until(
      [&] { return (inner = store->scan("k-z", Direction::forward, {}))->status().ok(); }));
  CHECK_FALSE(inner->valid());
  CHECK(rest_of(*cursor).size() == 300);
  // Its last page has come: the connection is free although the cursor is there.
  CHECK(rows_of(*store, "k-z").empty());
}

TEST_CASE(
    "a cursor reads large values when it comes to them, in its own view, and small ones between "
    "them at once") {
  const PostgresSchema schema;
  auto options = patient(schema);
  options.cursors_max = 1;
  const auto store = open_postgres(options);
  WriteBatch batch;
  Rows expected;
  for (int i = 0; i < 150; ++i) {
    const std::size_t bytes = i == 70 ? 3'000'000u : i % 3 == 0 ? 100'000u : 100u;
    expected.emplace_back("k-z" + std::to_string(1'000 + i),
                          std::to_string(i) + std::string(bytes, 'v'));
    batch.put(expected.back().first, expected.back().second);
  }
  must_commit(*store, batch);
  {
    const auto cursor = store->scan("k-z", Direction::forward, {});
    WriteBatch removal;
    removal.remove_prefix("k-z");
    must_commit(*store, removal);
    CHECK((rest_of(*cursor) == expected));
  }
  must_commit(*store, batch);
  Rows backward(expected.rbegin(), expected.rend());
  CHECK((rows_of(*store, "k-z", Direction::backward) == backward));
  // The first row of each range, a large and two small ones.
  ManyOptions first;
  first.limit_each = 1;
  const auto cursor = store->scan_many({{"k-z1000"}, {"k-z1001"}, {"k-z107"}}, first);
  CHECK((rest_of(*cursor) == Rows{expected[0], expected[1], expected[70]}));
}

TEST_CASE("a cursor that is left in its middle gives its connection back") {
  const PostgresSchema schema;
  auto options = patient(schema);
  options.cursors_max = 1;
  const auto store = open_postgres(options);
  WriteBatch batch;
  for (int i = 0; i < 200; ++i) batch.put("k-z" + std::to_string(1'000 + i), "v");
  must_commit(*store, batch);
  for (int i = 0; i < 3; ++i) store->scan("k-z", Direction::forward, {})->next();
  CHECK(rows_of(*store, "k-z").size() == 200);
  CHECK(rows_of(*store, "k-z", Direction::backward).front().first == "k-z1199");
}

TEST_CASE(
    "what was erased is cleared away by PostgreSQL, and what nobody has erased is left to it") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  must_commit(*store, put("k-za", "1"));
  const auto cleared = [&] {
    return server().run(
        "SELECT vacuum_count FROM pg_stat_all_tables WHERE relname = 'kv' AND schemaname = '" +
        schema.name() + "'");
  };
  std::atomic<bool> stop{false};
  CHECK(store->reclaim(stop, {}).ok());
  CHECK(cleared() == std::vector<std::string>{"0"});
  const std::vector<ShardId> erased{ShardId{7}};
  const auto done = store->reclaim(stop, erased);
  INFO((done.ok() ? "" : done.error().message));
  REQUIRE(done.ok());
  CHECK(poll_until([&] { return cleared() == std::vector<std::string>{"1"}; }));
  must_commit(*store, put("k-za", "2"));
  CHECK(value_of(*store, "k-za") == "2");
}

TEST_CASE("a synchronous standby that is not there is told of before the opening hangs") {
  const PostgresSchema schema;
  open_postgres(patient(schema)).reset();
  std::vector<std::string> lines;
  auto options = patient(schema);
  options.opening_patience = Millis(12'000);
  options.log = [&](LogLevel, const std::string& line) { lines.push_back(line); };
  {
    const PostgresServer::Setting setting(server(), "synchronous_standby_names", "nobody");
    CHECK(failure_of(options).code == ErrorCode::overloaded);
  }
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::Contains("nobody") && Catch::Contains("none is connected"));
}

TEST_CASE(
    "whoever asks whether commits are taken is told of one that hangs, and does not queue behind "
    "it") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  CHECK(store->takes_commits().ok());
  std::atomic<bool> is_told{false};
  std::atomic<int> failed{0};
  std::thread writer;
  Outcome told = Done{};
  {
    const PostgresServer::Setting setting(server(), "synchronous_standby_names", "nobody");
    writer = std::thread([&] {
      while (!is_told) {
        if (!store->commit(put("k-za", "1")).ok()) ++failed;
      }
    });
    CHECK(poll_until([&] {
      told = store->takes_commits();
      return !told.ok();
    }));
    is_told = true;
  }
  writer.join();
  CHECK(failed == 0);
  REQUIRE_FALSE(told.ok());
  CHECK(told.error().code == ErrorCode::overloaded);
  CHECK_THAT(told.error().message, Catch::Contains("A commit has been waiting for PostgreSQL"));
  CHECK(poll_until([&] { return store->takes_commits().ok(); }));
}

TEST_CASE(
    "a commit that is cut short while it waits for its standby is acknowledged when that has it") {
  const PostgresSchema schema;
  const auto store = open_postgres(patient(schema));
  std::atomic<bool> is_acknowledged{false};
  std::thread writer;
  {
    const PostgresServer::Setting setting(server(), "synchronous_standby_names", "nobody");
    writer = std::thread([&] {
      CHECK(store->commit(put("k-za", "1")).ok());
      is_acknowledged = true;
    });
    const std::string waiting =
        "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'millrace %'";
    CHECK(poll_until([&] { return server().run("SELECT pid " + waiting).size() == 1; }));
    const auto first = server().run("SELECT pid " + waiting);
    server().run("SELECT pg_cancel_backend(pid) " + waiting);
    // It is in the tables now, and yet not where it has to be: another connection waits for both.
    CHECK(poll_until([&] {
      const auto now = server().run("SELECT pid " + waiting);
      return now.size() == 1 && now != first;
    }));
    CHECK_FALSE(is_acknowledged);
  }
  writer.join();
  CHECK(store->stats().unknown_in == 1);
}
