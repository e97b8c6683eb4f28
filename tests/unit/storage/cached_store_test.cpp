// What is remembered of the rows that every trigger looks up, and when it is forgotten. That reads are right is
// the contract suite's matter.
#include "storage/cached_store.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <functional>

using namespace millrace;
using namespace millrace::storage;
using namespace millrace::tests;

namespace {

const ProjectId project{"demo"};
const std::string one = keys::hook(ShardId{7}, "one");
const std::string two = keys::hook(ShardId{7}, "two");
const std::string listeners = keys::triggers(project, "event", "Contact Created");
std::string listener(const std::string& workflow) {
  return keys::trigger(project, "event", "Contact Created", WorkflowId(workflow));
}

/// A store that counts what is asked of it.
class CountingStore final : public OrderedStore {
 public:
  Outcome commit(const WriteBatch& batch) override { return rows.commit(batch); }
  Result<std::optional<std::string>> get(std::string_view key) const override {
    ++reads;
    auto value = rows.get(key);
    if (behind_read) behind_read();
    return value;
  }
  std::unique_ptr<Cursor> scan(std::string_view prefix, Direction direction,
                               std::string_view start_at) const override {
    ++reads;
    return rows.scan(prefix, direction, start_at);
  }
  std::unique_ptr<Cursor> scan_many(std::vector<KeyRange> ranges,
                                    const ManyOptions& options) const override {
    return rows.scan_many(std::move(ranges), options);
  }
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
    return rows.claim(shards);
  }

  MemoryStore rows;
  mutable std::size_t reads = 0;
  std::function<void()> behind_read;  // between the read and its return
};

struct CacheBed {
  explicit CacheBed(CachedStoreOptions options = {})
      : cache(std::unique_ptr<OrderedStore>(database), options) {}

  /// How many reads of the store it takes.
  std::size_t cost_of(const std::function<void()>& read) const {
    const std::size_t before = database->reads;
    read();
    return database->reads - before;
  }
  void put(const std::string& key, const std::string& value) {
    WriteBatch batch;
    batch.put(key, value);
    must_commit(cache, batch);
  }
  std::string value(const std::string& key) const {
    const auto found = cache.get(key);
    REQUIRE(found.ok());
    return found->value_or("none");
  }

  CountingStore* const database = new CountingStore;
  CachedStore cache;
};

}  // namespace

TEST_CASE("a lookup is read once, also one that finds nothing, until its shard's lookups change") {
  CacheBed bed;
  CHECK(bed.cost_of([&] { CHECK(bed.value(one) == "none"); }) == 1);
  CHECK(bed.cost_of([&] { CHECK(bed.value(one) == "none"); }) == 0);
  bed.put(one, "a");
  CHECK(bed.cost_of([&] { CHECK(bed.value(one) == "a"); }) == 1);
  CHECK(bed.cost_of([&] { CHECK(bed.value(one) == "a"); }) == 0);
  bed.put(two, "b");
  CHECK(bed.cost_of([&] { CHECK(bed.value(one) == "a"); }) == 1);
  CHECK(bed.cache.stats().hits == 2);
  CHECK(bed.cache.stats().misses == 3);
}

TEST_CASE("a range of lookups is read once, until a row of it comes or goes") {
  CacheBed bed;
  bed.put(listener("w"), "w");
  CHECK(bed.cost_of([&] { CHECK(rows_of(bed.cache, listeners).size() == 1); }) == 1);
  CHECK(bed.cost_of([&] { CHECK(rows_of(bed.cache, listeners).size() == 1); }) == 0);
  bed.put(listener("v"), "v");
  CHECK(rows_of(bed.cache, listeners).size() == 2);
  WriteBatch all;
  all.remove_prefix(listeners);
  must_commit(bed.cache, all);
  CHECK(rows_of(bed.cache, listeners).empty());
}

TEST_CASE("a removal of all rows of a kind leaves nothing remembered") {
  CacheBed bed;
  bed.put(one, "a");
  CHECK(bed.value(one) == "a");
  WriteBatch all;
  all.remove_prefix(one.substr(0, keys::shard_and_kind_bytes));
  must_commit(bed.cache, all);
  CHECK(bed.value(one) == "none");
}

TEST_CASE("what was read while a commit was under way is not taken for what came after it") {
  CacheBed bed;
  bed.put(one, "old");
  bed.database->behind_read = [&] {
    bed.database->behind_read = nullptr;
    bed.put(one, "new");
  };
  CHECK(bed.value(one) == "old");  // it has begun before the commit
  CHECK(bed.value(one) == "new");
}

TEST_CASE("what a failed commit has left is read again") {
  CacheBed bed;
  bed.put(one, "a");
  CHECK(bed.value(one) == "a");
  bed.database->rows.fail_next_commits(1, ErrorCode::storage_failed);
  WriteBatch batch;
  batch.put(one, "b");
  CHECK_FALSE(bed.cache.commit(batch).ok());
  CHECK(bed.cost_of([&] { CHECK(bed.value(one) == "a"); }) == 1);
}

TEST_CASE("other rows, and walks that begin in the middle, are read each time") {
  CacheBed bed;
  const std::string user = keys::user(project, UserId("ada"));
  bed.put(user, "a");
  CHECK(bed.cost_of([&] { CHECK(bed.value(user) == "a"); }) == 1);
  CHECK(bed.cost_of([&] { CHECK(bed.value(user) == "a"); }) == 1);
  bed.put(listener("v"), "v");
  bed.put(listener("w"), "w");
  CHECK(rows_of(bed.cache, listeners).size() == 2);
  CHECK(rows_of(bed.cache, listeners, Direction::backward).front().second == "w");
  CHECK(rows_of(bed.cache, listeners, Direction::forward, listener("w")).size() == 1);
}

TEST_CASE("a long range is read whole each time, and not twice as often") {
  CacheBed bed({.rows_max = 2});
  for (const char* workflow : {"u", "v", "w"}) bed.put(listener(workflow), workflow);
  CHECK(rows_of(bed.cache, listeners).size() == 3);
  CHECK(bed.cost_of([&] { CHECK(rows_of(bed.cache, listeners).size() == 3); }) == 1);
}

TEST_CASE("the cache keeps to its bytes, and to what is asked for") {
  CacheBed bed({.bytes_max = 16 * 4'000});
  for (int i = 0; i < 1'000; ++i) {
    CHECK(bed.value(one) == "none");
    CHECK(bed.value(keys::hook(ShardId{7}, "stranger" + std::to_string(i))) == "none");
  }
  CHECK(bed.cost_of([&] { bed.value(one); }) == 0);
  CHECK(bed.cost_of([&] { bed.value(keys::hook(ShardId{7}, "stranger0")); }) == 1);
}
