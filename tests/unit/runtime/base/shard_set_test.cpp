#include "runtime/base/shard_set.h"

#include "runtime/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <set>

using namespace millrace;

TEST_CASE("a set of all shards has each once and a set of none has none") {
  CHECK(ShardSet::none().empty());
  CHECK(ShardSet::none().size() == 0);
  const ShardSet none = ShardSet::none();
  CHECK(none.begin() == none.end());
  CHECK_FALSE(ShardSet::all().empty());
  CHECK(ShardSet::all().size() == shard_count);
  std::uint16_t next = 0;
  for (const ShardId shard : ShardSet::all()) CHECK(shard == ShardId{next++});
  CHECK(next == shard_count);
}

TEST_CASE("shards are visited in ascending order whatever they were added in") {
  const ShardSet set{ShardId{255}, ShardId{0}, ShardId{64}, ShardId{63}, ShardId{64}};
  CHECK(set.ids() == std::vector<ShardId>{ShardId{0}, ShardId{63}, ShardId{64}, ShardId{255}});
  CHECK(ShardSet(set.ids()) == set);
}

TEST_CASE("a shard that does not exist can be neither added nor asked for") {
  ShardSet set;
  CHECK_THROWS_AS(set.add(ShardId{256}), BugFound);
  CHECK_THROWS_AS(set.remove(ShardId{0xffff}), BugFound);
  CHECK_THROWS_AS(set.contains(ShardId{256}), BugFound);
}

TEST_CASE("sets of shards behave as sets of numbers do") {
  SeededRandom random(3);
  const auto draw = [&] {
    ShardSet set;
    for (std::size_t i = random.below(200); i > 0; --i) {
      set.add(ShardId{static_cast<std::uint16_t>(random.below(shard_count))});
    }
    return set;
  };
  for (int round = 0; round < 50; ++round) {
    const ShardSet a = draw();
    ShardSet b = draw();
    std::size_t wrong = 0;
    for (const ShardId shard : ShardSet::all()) {
      const bool in_a = a.contains(shard);
      const bool in_b = b.contains(shard);
      wrong += (a | b).contains(shard) != (in_a || in_b) ? 1 : 0;
      wrong += (a & b).contains(shard) != (in_a && in_b) ? 1 : 0;
      wrong += (a - b).contains(shard) != (in_a && !in_b) ? 1 : 0;
    }
    CHECK(wrong == 0);
    CHECK(((a - b) | (a & b)) == a);
    CHECK(a.size() == a.ids().size());
    for (const ShardId shard : a) b.remove(shard);
    CHECK((a & b).empty());
  }
}

TEST_CASE("users are told that a shard moved and never of epochs") {
  CHECK(public_code(ErrorCode::stale_epoch) == ErrorCode::shard_moved);
  CHECK(public_code(ErrorCode::overloaded) == ErrorCode::overloaded);
  CHECK(wire_name(ErrorCode::shard_moved) == "shard_moved");
  CHECK(http_status(ErrorCode::shard_moved) == 503);
  CHECK(retry_class(ErrorCode::shard_moved) == RetryClass::retry);
  CHECK(means_shard_moved(ErrorCode::stale_epoch));
  CHECK(means_shard_moved(ErrorCode::shard_moved));
  CHECK_FALSE(means_shard_moved(ErrorCode::storage_failed));
  CHECK(static_cast<int>(ErrorCode::shard_moved) == 55);
}
