// What every ordered store keeps: see storage/ordered_store.h.

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace millrace::tests {
namespace {

using storage::Direction;
using storage::Fence;
using storage::WriteBatch;
using namespace std::string_literals;

/// Keys of a kind that nothing else uses: "\0\0\xf0" and what the test says.
const std::string space = "\0\0\xf0"s;
std::string key(std::string_view rest) { return space + std::string(rest); }

WriteBatch puts(const Rows& rows) {
  WriteBatch batch;
  for (const auto& [name, value] : rows) batch.put(key(name), value);
  return batch;
}

/// Rows under `space`, without it.
Rows short_rows(const Rows& rows) {
  Rows out;
  for (const auto& [name, value] : rows) out.emplace_back(name.substr(space.size()), value);
  return out;
}

TEST_CASE("a committed row is read back and an absent one is not there", "[store]") {
  const auto store = any_store();
  must_commit((**store), puts({{"a", "1"}}));
  CHECK(**(**store).get(key("a")) == "1");
  CHECK_FALSE((**store).get(key("b"))->has_value());
  CHECK_FALSE((**store).get(key(""))->has_value());
}

TEST_CASE("an empty value is a row and differs from no row", "[store]") {
  const auto store = any_store();
  must_commit((**store), puts({{"a", ""}}));
  REQUIRE((**store).get(key("a"))->has_value());
  CHECK((**(**store).get(key("a"))).empty());
  CHECK(rows_of((**store), space).size() == 1);
}

TEST_CASE("the last operation of a batch wins on each key", "[store]") {
  const auto store = any_store();
  must_commit((**store), puts({{"pre1", "old"}, {"pre2", "old"}}));
  WriteBatch batch;
  batch.put(key("a"), "1");
  batch.put(key("a"), "2");
  batch.put(key("b"), "1");
  batch.remove(key("b"));
  batch.remove(key("c"));
  batch.put(key("c"), "3");
  batch.put(key("pre3"), "removed with its prefix");
  batch.remove_prefix(key("pre"));
  batch.put(key("pre2"), "new");
  must_commit((**store), batch);
  CHECK(short_rows(rows_of((**store), space)) == Rows{{"a", "2"}, {"c", "3"}, {"pre2", "new"}});
}

TEST_CASE("removing a prefix takes exactly the rows that begin with it", "[store]") {
  const auto store = any_store();
  must_commit((**store), puts({{"a", ""},
                               {"b", "the prefix itself"},
                               {"b\0"s, ""},
                               {"b\xff", ""},
                               {"b\xff\xff", ""},
                               {"c", ""}}));
  WriteBatch batch;
  batch.remove_prefix(key("b"));
  must_commit((**store), batch);
  CHECK(short_rows(rows_of((**store), space)) == Rows{{"a", ""}, {"c", ""}});
}

TEST_CASE("a prefix of FF bytes only has rows and loses them as any other", "[store]") {
  const auto store = any_store();
  const std::string all_ff = "\xff\xff\xff";
  WriteBatch batch;
  batch.put("\xff\xff\xfe", "below");
  batch.put(all_ff, "1");
  batch.put(all_ff + std::string(storage::keys::bytes_max - 3, '\xff'), "2");
  must_commit((**store), batch);
  CHECK(rows_of((**store), all_ff).size() == 2);
  CHECK(rows_of((**store), all_ff, Direction::backward).front().second == "2");

  WriteBatch removal;
  removal.remove_prefix(all_ff);
  must_commit((**store), removal);
  CHECK(rows_of((**store), all_ff).empty());
  CHECK((**store).get("\xff\xff\xfe")->has_value());
}

TEST_CASE("keys are compared as unsigned bytes whatever they hold", "[store]") {
  const auto store = any_store();
  const Rows rows{{""s, "0"},       {"\0"s, "1"},      {"\0\0"s, "2"}, {"\0\xff"s, "3"},
                  {"\x01"s, "4"},   {"\x7f"s, "5"},    {"\x80"s, "6"}, {"\xff"s, "7"},
                  {"\xff\0"s, "8"}, {"\xff\xff"s, "9"}};
  must_commit((**store), puts(rows));
  CHECK(short_rows(rows_of((**store), space)) == rows);
  CHECK(short_rows(rows_of((**store), space, Direction::backward)) ==
        Rows(rows.rbegin(), rows.rend()));
}

TEST_CASE("a value of a megabyte comes back whole by key and by cursor", "[store]") {
  const auto store = any_store();
  std::string value(1u << 20, 'x');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 31 + (i >> 8));
  must_commit((**store), puts({{"big", value}, {"small", "s"}}));
  store->reopen();
  CHECK(**(**store).get(key("big")) == value);
  CHECK(rows_of((**store), key("big")).front().second == value);
}

TEST_CASE("a cursor begins at the given key or at the next one in its direction", "[store]") {
  const auto store = any_store();
  must_commit((**store), puts({{"b", ""}, {"d", ""}, {"f", ""}}));
  WriteBatch neighbours;
  neighbours.put("\0\0\xef"s + "z", "");
  neighbours.put("\0\0\xf1"s + "a", "");
  must_commit((**store), neighbours);
  const auto names = [&](Direction direction, const std::string& start) {
    std::string out;
    for (const auto& row : rows_of((**store), space, direction, start)) {
      out += row.first.substr(space.size());
    }
    return out;
  };
  CHECK(names(Direction::forward, "") == "bdf");
  CHECK(names(Direction::forward, key("d")) == "df");
  CHECK(names(Direction::forward, key("c")) == "df");
  CHECK(names(Direction::forward, key("g")).empty());
  CHECK(names(Direction::forward, "\0"s) == "bdf");
  CHECK(names(Direction::forward, "\xff").empty());
  CHECK(names(Direction::backward, "") == "fdb");
  CHECK(names(Direction::backward, key("d")) == "db");
  CHECK(names(Direction::backward, key("e")) == "db");
  CHECK(names(Direction::backward, key("a")).empty());
  CHECK(names(Direction::backward, "\0"s).empty());
  CHECK(names(Direction::backward, "\xff") == "fdb");
}

TEST_CASE("a cursor keeps its view while rows change under it", "[store]") {
  const auto store = any_store();
  must_commit((**store), puts({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}}));
  const auto before = (**store).scan(space);
  const auto before_backward = (**store).scan(space, Direction::backward);

  WriteBatch batch;
  batch.put(key("a"), "2");
  batch.put(key("b"), "2");
  batch.remove(key("c"));
  batch.put(key("bb"), "2");
  must_commit((**store), batch);
  const auto between = (**store).scan(space);
  WriteBatch all;
  all.remove_prefix(space);
  must_commit((**store), all);

  const Rows old{{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}};
  CHECK(short_rows(rest_of(*before)) == old);
  CHECK(short_rows(rest_of(*before_backward)) == Rows(old.rbegin(), old.rend()));
  CHECK(short_rows(rest_of(*between)) == Rows{{"a", "2"}, {"b", "2"}, {"bb", "2"}, {"d", "1"}});
  CHECK(rows_of((**store), space).empty());
}

TEST_CASE("claiming raises every shard's epoch by one each time", "[store]") {
  const auto store = any_store();
  const auto first = (**store).claim(ShardSet::all().ids());
  REQUIRE(first.ok());
  REQUIRE(first->size() == shard_count);
  const auto second = (**store).claim(ShardSet::all().ids());
  REQUIRE(second.ok());
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    CHECK(static_cast<std::uint64_t>((*second)[shard]) ==
          static_cast<std::uint64_t>((*first)[shard]) + 1);
  }
}

TEST_CASE("a commit with a stale fence changes nothing and says so", "[store]") {
  const auto store = any_store();
  const auto old_epochs = *(**store).claim(ShardSet::all().ids());
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  must_commit((**store), puts({{"kept", "1"}}));

  WriteBatch batch = puts({{"kept", "2"}, {"new", "2"}});
  batch.remove_prefix(space);
  batch.require({ShardId{7}, epochs[7]});
  batch.require({ShardId{8}, old_epochs[8]});
  const Outcome refused = (**store).commit(batch);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::stale_epoch);
  CHECK(refused.error().message.find("Shard 8") != std::string::npos);
  CHECK(short_rows(rows_of((**store), space)) == Rows{{"kept", "1"}});

  WriteBatch current = puts({{"kept", "3"}});
  for (int twice = 0; twice < 2; ++twice) current.require({ShardId{8}, epochs[8]});
  must_commit((**store), current);
  CHECK(**(**store).get(key("kept")) == "3");
}

TEST_CASE("an epoch that was never given out is as stale as an old one", "[store]") {
  const auto store = any_store();
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  WriteBatch batch = puts({{"a", "1"}});
  batch.require({ShardId{3}, Epoch{static_cast<std::uint64_t>(epochs[3]) + 1}});
  CHECK((**store).commit(batch).error().code == ErrorCode::stale_epoch);
}

TEST_CASE("a batch without operations only asks about its fences", "[store]") {
  const auto store = any_store();
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  CHECK((**store).commit(WriteBatch()).ok());
  WriteBatch current;
  current.require({ShardId{0}, epochs[0]});
  CHECK((**store).commit(current).ok());
  CHECK((**store).claim(ShardSet::all().ids()).ok());
  CHECK((**store).commit(current).error().code == ErrorCode::stale_epoch);
}

TEST_CASE("claiming some shards leaves the fences of all others as they are", "[store]") {
  const auto store = any_store();
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  const std::vector<ShardId> asked{ShardId{200}, ShardId{3}, ShardId{77}};
  const auto claimed = (**store).claim(asked);
  REQUIRE(claimed.ok());
  REQUIRE(claimed->size() == asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto before = epochs[static_cast<std::size_t>(asked[i])];
    CHECK(static_cast<std::uint64_t>((*claimed)[i]) == static_cast<std::uint64_t>(before) + 1);
  }
  for (const ShardId shard : ShardSet::all()) {
    WriteBatch old;
    old.require({shard, epochs[static_cast<std::size_t>(shard)]});
    CHECK((**store).commit(old).ok() == !ShardSet(asked).contains(shard));
  }
  WriteBatch both;
  both.require({ShardId{3}, (*claimed)[1]});
  both.require({ShardId{4}, epochs[4]});
  CHECK((**store).commit(both).ok());
}

TEST_CASE("claiming no shards gives no epochs and writes nothing", "[store]") {
  const auto store = any_store();
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  const auto none = (**store).claim({});
  REQUIRE(none.ok());
  CHECK(none->empty());
  WriteBatch all;
  for (const ShardId shard : ShardSet::all()) {
    all.require({shard, epochs[static_cast<std::size_t>(shard)]});
  }
  CHECK((**store).commit(all).ok());
}

TEST_CASE("a shard that is named twice is claimed once", "[store]") {
  const auto store = any_store();
  const std::vector<ShardId> twice{ShardId{9}, ShardId{8}, ShardId{9}};
  const auto first = *(**store).claim(twice);
  const auto second = *(**store).claim(twice);
  CHECK(first[0] == first[2]);
  CHECK(second[0] == second[2]);
  CHECK(static_cast<std::uint64_t>(second[0]) == static_cast<std::uint64_t>(first[0]) + 1);
}

TEST_CASE("claiming a shard that does not exist is a bug and claims nothing", "[store]") {
  const auto store = any_store();
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  for (const ShardId bad : {ShardId{256}, storage::keys::node_shard}) {
    const std::vector<ShardId> asked{ShardId{5}, bad};
    CHECK_THROWS_AS(ignore_result((**store).claim(asked), "throws"), BugFound);
  }
  WriteBatch batch;
  batch.require({ShardId{5}, epochs[5]});
  CHECK((**store).commit(batch).ok());
}

TEST_CASE("claims of some shards are there after a restart", "[store]") {
  const auto store = any_store();
  const std::vector<ShardId> asked{ShardId{1}};
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  const auto claimed = *(**store).claim(asked);
  store->reopen();
  WriteBatch batch;
  batch.require({ShardId{0}, epochs[0]});
  batch.require({ShardId{1}, claimed[0]});
  CHECK((**store).commit(batch).ok());
  batch.require({ShardId{1}, epochs[1]});
  CHECK((**store).commit(batch).error().code == ErrorCode::stale_epoch);
}

TEST_CASE("the longest keys that can be made are stored, beside those of others", "[store]") {
  const auto store = any_store();
  SeededRandom random(3);
  const auto noise = [&random](std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) bytes.push_back(static_cast<char>(1 + random.below(255)));
    return bytes;
  };
  const ProjectId project(noise(limits::id_bytes_max));
  const std::string integration = "resource:" + noise(limits::id_bytes_max);
  const UserId user(std::string(limits::id_bytes_max, '\0'));
  const std::string credential = noise(limits::id_bytes_max);
  // What can be compressed least of what is longest: nearly all NULs.
  std::string provider(limits::provider_id_bytes_max, '\0');
  for (int i = 0; i < 20; ++i) provider[random.below(provider.size())] = noise(1)[0];
  const std::vector<std::string> longest{
      storage::keys::account(project, integration, std::string(provider.size(), '\0'), user,
                             credential),
      storage::keys::account(project, integration, provider, user, credential),
      storage::keys::account(project, integration, noise(provider.size()), user, credential),
      key(noise(2'688 - space.size())),
  };
  WriteBatch batch = puts({{"of another one", "1"}});
  for (const auto& each : longest) batch.put(each, "long");
  must_commit(**store, batch);
  CHECK(**(**store).get(key("of another one")) == "1");
  for (const auto& each : longest) {
    CHECK(**(**store).get(each) == "long");
    CHECK(rows_of(**store, each).size() == 1);
  }
}

// --- many ranges at once ---------------------------------------------------------------------------

/// The rows of a walk over ranges below `space`, as "name" and a blank each.
std::string walk(const storage::OrderedStore& store, std::vector<storage::KeyRange> ranges,
                 const storage::ManyOptions& options = {}) {
  std::string out;
  for (const auto& row : rest_of(*store.scan_many(std::move(ranges), options))) {
    out += row.first.substr(space.size()) + ' ';
  }
  return out;
}

storage::ManyOptions many(storage::ManyOptions::Order order,
                          Direction direction = Direction::forward) {
  storage::ManyOptions options;
  options.order = order;
  options.direction = direction;
  return options;
}

constexpr auto by_range = storage::ManyOptions::Order::range_by_range;
constexpr auto by_tail = storage::ManyOptions::Order::by_tail;

TEST_CASE("a walk over many ranges gives them one after the other in the order asked", "[store]") {
  const auto store = any_store();
  must_commit(**store, puts({{"a1", ""}, {"a2", ""}, {"b1", ""}, {"c1", ""}, {"c2", ""}}));
  const std::vector<storage::KeyRange> ranges{{key("c")}, {key("x")}, {key("a")}};
  CHECK(walk(**store, ranges) == "c1 c2 a1 a2 ");
  CHECK(walk(**store, ranges, many(by_range, Direction::backward)) == "c2 c1 a2 a1 ");
  CHECK(walk(**store, {}).empty());
  CHECK(walk(**store, {{key("x")}, {key("y")}}).empty());
}

TEST_CASE("a merged walk orders rows by what follows their prefix", "[store]") {
  const auto store = any_store();
  must_commit(**store, puts({{"a1", ""}, {"a4", ""}, {"bb2", ""}, {"bb4", ""}, {"c3", ""}}));
  const std::vector<storage::KeyRange> ranges{{key("bb")}, {key("a")}, {key("c")}, {key("x")}};
  CHECK(walk(**store, ranges, many(by_tail)) == "a1 bb2 c3 bb4 a4 ");
  CHECK(walk(**store, ranges, many(by_tail, Direction::backward)) == "bb4 a4 c3 bb2 a1 ");
}

TEST_CASE("each range of a walk begins and ends where it is told, in both directions", "[store]") {
  const auto store = any_store();
  must_commit(**store, puts({{"a1", ""}, {"a2", ""}, {"a3", ""}, {"b1", ""}, {"b2", ""}}));
  const std::vector<storage::KeyRange> ranges{{key("a"), key("a2")}, {key("b"), {}, key("b2")}};
  for (const auto order : {by_range, by_tail}) {
    CHECK(walk(**store, ranges, many(order)) == (order == by_range ? "a2 a3 b1 " : "b1 a2 a3 "));
    CHECK(walk(**store, ranges, many(order, Direction::backward)) ==
          (order == by_range ? "a3 a2 b1 " : "a3 a2 b1 "));
    // Bounds outside of the prefix, and ranges that hold no key at all.
    CHECK(walk(**store, {{key("a"), "\0"s, "\xff"}}, many(order)) == "a1 a2 a3 ");
    CHECK(walk(**store, {{key("a"), key("b")}, {key("b"), {}, key("a")}}, many(order)).empty());
    CHECK(walk(**store, {{key("a"), key("a2"), key("a2")}}, many(order)).empty());
  }
}

TEST_CASE("a walk over many ranges takes no more rows than it is allowed", "[store]") {
  const auto store = any_store();
  must_commit(**store,
              puts({{"a1", ""}, {"a3", ""}, {"a5", ""}, {"b2", ""}, {"b4", ""}, {"c6", ""}}));
  const std::vector<storage::KeyRange> ranges{{key("a")}, {key("b")}, {key("c")}};
  auto options = many(by_range);
  options.limit = 4;
  CHECK(walk(**store, ranges, options) == "a1 a3 a5 b2 ");
  options.limit_each = 2;
  CHECK(walk(**store, ranges, options) == "a1 a3 b2 b4 ");
  options.order = by_tail;
  CHECK(walk(**store, ranges, options) == "a1 b2 a3 b4 ");
  options.limit = 100;
  CHECK(walk(**store, ranges, options) == "a1 b2 a3 b4 c6 ");
  options.limit = 0;
  CHECK(walk(**store, ranges, options).empty());
  options.limit = 100;
  options.limit_each = 0;
  CHECK(walk(**store, ranges, options).empty());
}

TEST_CASE("all ranges of a walk are read from one view while rows change", "[store]") {
  for (const auto order : {by_range, by_tail}) {
    const auto store = any_store();
    must_commit(**store, puts({{"a1", "old"}, {"b2", "old"}, {"c3", "old"}}));
    const auto cursor =
        (**store).scan_many({{key("a")}, {key("b")}, {key("c")}, {key("d")}}, many(order));
    REQUIRE(cursor->valid());
    must_commit(**store, puts({{"a2", "new"}, {"b2", "new"}, {"d4", "new"}}));
    WriteBatch removal;
    removal.remove(key("c3"));
    must_commit(**store, removal);
    CHECK(short_rows(rest_of(*cursor)) == Rows{{"a1", "old"}, {"b2", "old"}, {"c3", "old"}});
  }
}

TEST_CASE("merged walks over random ranges are what sorting their rows gives", "[store]") {
  const auto store = any_store();
  SeededRandom random(11);
  Rows rows;
  for (int i = 0; i < 2'000; ++i) {
    rows.emplace_back(
        std::to_string(100 + random.below(100)) + std::to_string(1'000 + random.below(900)), "");
  }
  must_commit(**store, puts(rows));
  for (const auto direction : {Direction::forward, Direction::backward}) {
    std::vector<storage::KeyRange> ranges;
    std::vector<std::string> expected;
    std::set<std::string> seen;
    for (std::size_t range = 100; range < 200; range += 1 + random.below(3)) {
      ranges.push_back({key(std::to_string(range))});
      for (const auto& row : rows) {
        if (row.first.starts_with(std::to_string(range)) && seen.insert(row.first).second) {
          expected.push_back(row.first.substr(3));
        }
      }
    }
    std::sort(expected.begin(), expected.end());
    if (direction == Direction::backward) std::reverse(expected.begin(), expected.end());
    std::vector<std::string> found;
    const auto cursor = (**store).scan_many(ranges, many(by_tail, direction));
    for (; cursor->valid(); cursor->next())
      found.emplace_back(cursor->key().substr(space.size() + 3));
    REQUIRE(cursor->status().ok());
    CHECK(found == expected);
  }
}

TEST_CASE("rows and epochs are there after a restart", "[store]") {
  const auto store = any_store();
  const auto epochs = *(**store).claim(ShardSet::all().ids());
  Rows rows;
  for (int i = 0; i < 200; ++i) rows.emplace_back("row " + std::to_string(1000 + i), "value");
  must_commit((**store), puts(rows));
  store->reopen();
  CHECK(short_rows(rows_of((**store), space)) == rows);
  WriteBatch batch = puts({{"after", ""}});
  batch.require({ShardId{255}, epochs[255]});
  must_commit((**store), batch);
  CHECK((*(**store).claim(ShardSet::all().ids()))[255] > epochs[255]);
}

TEST_CASE("commits of many threads are each whole to every reader", "[store]") {
  const auto store = any_store();
  constexpr int writers = 4;
  constexpr int rounds = 25;
  must_commit((**store), puts({{"x", "0"}, {"y", "0"}}));
  std::atomic<bool> is_running{true};
  std::atomic<int> torn{0};
  std::thread reader([&] {
    while (is_running) {
      const auto cursor = (**store).scan(space);
      const std::string x(cursor->value());
      cursor->next();
      if (cursor->value() != x) ++torn;
    }
  });
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (int round = 0; round < rounds; ++round) {
        const std::string value = std::to_string(writer * rounds + round);
        if (!(**store).commit(puts({{"x", value}, {"y", value}})).ok()) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  is_running = false;
  reader.join();
  CHECK(torn == 0);
  CHECK(failed == 0);
}

TEST_CASE("a batch refuses keys that are empty or too long or the store's own", "[store]") {
  WriteBatch batch;
  CHECK_THROWS_AS(batch.put("", "v"), BugFound);
  CHECK_THROWS_AS(batch.put(std::string(storage::keys::bytes_max + 1, 'k'), "v"), BugFound);
  CHECK_THROWS_AS(batch.put(storage::keys::epoch(ShardId{3}), "v"), BugFound);
  CHECK_THROWS_AS(batch.remove(storage::keys::format_version()), BugFound);
  CHECK_THROWS_AS(batch.remove_prefix(""), BugFound);
  CHECK_THROWS_AS(batch.remove_prefix("\0\0"s), BugFound);
  CHECK_THROWS_AS(batch.remove_prefix(storage::keys::locator(ExecutionId{})), BugFound);
  CHECK_THROWS_AS(batch.require({storage::keys::node_shard, Epoch{1}}), BugFound);
  CHECK(batch.empty());
  CHECK(batch.bytes() == 0);
}

TEST_CASE("appending moves operations and fences and leaves the other empty", "[store]") {
  WriteBatch first = puts({{"a", "1"}});
  first.require({ShardId{1}, Epoch{1}});
  WriteBatch second = puts({{"b", "22"}});
  second.require({ShardId{1}, Epoch{1}});
  second.require({ShardId{1}, Epoch{2}});
  const std::size_t bytes = first.bytes() + second.bytes();
  first.append(std::move(second));
  CHECK(first.operations().size() == 2);
  CHECK(first.bytes() == bytes);
  CHECK(first.fences() == std::vector<Fence>{{ShardId{1}, Epoch{1}}, {ShardId{1}, Epoch{2}}});
  CHECK(second.empty());  // NOLINT: defined by append
  CHECK(second.fences().empty());
}

}  // namespace
}  // namespace millrace::tests
