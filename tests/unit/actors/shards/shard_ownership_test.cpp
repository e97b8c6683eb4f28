#include "actors/shards/shard_ownership.h"

#include "storage/group_commit.h"
#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <atomic>
#include <thread>

using namespace millrace;

namespace {

constexpr ShardId shard{7};

storage::WriteBatch row_under(const storage::Fence& fence, const std::string& key) {
  storage::WriteBatch batch;
  batch.put(key, "value");
  batch.require(fence);
  return batch;
}

}  // namespace

TEST_CASE("a shard that is not owned has no fence and the error says what to do") {
  const ShardOwnership ownership;
  CHECK(ownership.owned().empty());
  CHECK_FALSE(ownership.owns(shard));
  const auto fence = ownership.fence(shard);
  REQUIRE_FALSE(fence.ok());
  CHECK(fence.error().code == ErrorCode::shard_moved);
  CHECK(fence.error().message.find("again") != std::string::npos);
}

TEST_CASE("claimed shards have the fences that the store accepts and others have none") {
  storage::MemoryStore store;
  ShardOwnership ownership;
  const ShardSet some{ShardId{0}, shard, ShardId{255}};
  REQUIRE(ownership.claim(store, some).ok());
  CHECK(ownership.owned() == some);
  for (const ShardId each : some) CHECK(store.commit(row_under(*ownership.fence(each), "k")).ok());
  CHECK_FALSE(ownership.fence(ShardId{1}).ok());
}

TEST_CASE("a shard that is lost and gained again has a new fence and the old one is refused") {
  storage::MemoryStore store;
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  const storage::Fence built_under = *ownership.fence(shard);
  ownership.lose(shard);
  ownership.lose(shard);
  CHECK_FALSE(ownership.owns(shard));
  CHECK(ownership.owned() == ShardSet::all() - ShardSet{shard});
  REQUIRE(ownership.claim(store, {shard}).ok());
  const storage::Fence now = *ownership.fence(shard);
  CHECK(now != built_under);
  CHECK(store.commit(row_under(built_under, "k")).error().code == ErrorCode::stale_epoch);
  CHECK(store.commit(row_under(now, "k")).ok());
}

TEST_CASE("gaining a shard under an epoch that is not newer is a bug") {
  ShardOwnership ownership;
  CHECK_THROWS_AS(ownership.gain(shard, Epoch{0}), BugFound);
  ownership.gain(shard, Epoch{5});
  CHECK_THROWS_AS(ownership.gain(shard, Epoch{5}), BugFound);
  ownership.lose(shard);
  CHECK_THROWS_AS(ownership.gain(shard, Epoch{5}), BugFound);
  CHECK_THROWS_AS(ownership.gain(shard, Epoch{4}), BugFound);
  CHECK_FALSE(ownership.owns(shard));
  ownership.gain(shard, Epoch{6});
  CHECK(ownership.fence(shard)->epoch == Epoch{6});
  CHECK_THROWS_AS(ownership.gain(ShardId{256}, Epoch{1}), BugFound);
}

TEST_CASE("a fence for a shard that is not owned is refused by a store that nobody claimed") {
  storage::MemoryStore store;
  ShardOwnership ownership;
  const auto refused = store.commit(row_under(ownership.fence_or_refusal(shard), "k"));
  REQUIRE_FALSE(refused.ok());
  CHECK(means_shard_moved(refused.error().code));
  REQUIRE(ownership.claim(store, {shard}).ok());
  CHECK(store.commit(row_under(ownership.fence_or_refusal(shard), "k")).ok());
}

TEST_CASE("a failed claim leaves what was owned as it was") {
  class FullStore final : public storage::OrderedStore {
   public:
    Outcome commit(const storage::WriteBatch&) override { return full(); }
    Result<std::optional<std::string>> get(std::string_view) const override { return full(); }
    std::unique_ptr<storage::Cursor> scan(std::string_view, storage::Direction,
                                          std::string_view) const override {
      return nullptr;
    }
    std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange>,
                                               const storage::ManyOptions&) const override {
      return nullptr;
    }
    Result<std::vector<Epoch>> claim(std::span<const ShardId>) override { return full(); }

   private:
    static Error full() { return {ErrorCode::overloaded, "the disk is full"}; }
  };
  FullStore store;
  ShardOwnership ownership;
  ownership.gain(shard, Epoch{1});
  CHECK(ownership.claim(store, ShardSet::all()).error().code == ErrorCode::overloaded);
  CHECK(ownership.owned() == ShardSet{shard});
  CHECK(ownership.fence(shard)->epoch == Epoch{1});
}

TEST_CASE("threads that ask while a shard comes and goes see no fence or one that was given") {
  ShardOwnership ownership;
  std::atomic<bool> is_running{true};
  std::atomic<std::uint64_t> gained{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      while (is_running) {
        const auto fence = ownership.fence(shard);
        if (!fence) continue;
        const auto epoch = static_cast<std::uint64_t>(fence->epoch);
        if (epoch < last || epoch > gained) ++wrong;
        last = epoch;
      }
    });
  }
  for (std::uint64_t epoch = 1; epoch <= 2'000; ++epoch) {
    gained = epoch;
    ownership.gain(shard, Epoch{epoch});
    ownership.lose(shard);
  }
  is_running = false;
  for (auto& reader : readers) reader.join();
  CHECK(wrong == 0);
}
