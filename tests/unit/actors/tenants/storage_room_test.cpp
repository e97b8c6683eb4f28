// Whether a project may store something new.

#include "actors/tenants/storage_room.h"

#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

const ProjectId project("p");
const ProjectId other("q");

class Room {
 public:
  Room() {
    const auto shards = ShardSet::all().ids();
    const auto epochs = *store.claim(shards);
    for (std::size_t i = 0; i < shards.size(); ++i) fences_.push_back({shards[i], epochs[i]});
    REQUIRE(bytes.open(store, fences_));
  }

  /// Stores a secret; returns how many bytes its row has.
  std::size_t put(const ProjectId& of, const std::string& name, std::size_t bytes_of_value) {
    storage::WriteBatch batch;
    std::string key = storage::keys::secret(of, name);
    batch.require(fences_[static_cast<std::size_t>(storage::keys::shard_in(key))]);
    const std::size_t size = key.size() + bytes_of_value;
    batch.put(std::move(key), std::string(bytes_of_value, 'v'));
    REQUIRE(commits.commit_and_wait(std::move(batch)));
    return size;
  }
  void remove(const ProjectId& of, const std::string& name) {
    storage::WriteBatch batch;
    std::string key = storage::keys::secret(of, name);
    batch.require(fences_[static_cast<std::size_t>(storage::keys::shard_in(key))]);
    batch.remove(std::move(key));
    REQUIRE(commits.commit_and_wait(std::move(batch)));
  }

  storage::MemoryStore store;
  storage::StoredBytes bytes{store};
  storage::GroupCommit commits{store, {.linger = Millis(0), .followers = {&bytes}}};
  StorageRoom room{bytes, commits};

 private:
  std::vector<storage::Fence> fences_;
};

}  // namespace

TEST_CASE("a project is refused from the byte on that its limit names, and by no other project's",
          "[usage]") {
  Room test;
  const ProjectLimits limits{.stored_bytes = 1'000};
  CHECK(test.room.check(project, limits));
  const std::size_t small = test.put(project, "a", 100);
  CHECK(test.room.check(project, limits));
  test.put(project, "b", 999 - 2 * small + 100);
  CHECK(test.room.use(project)->bytes == 999);
  CHECK(test.room.check(project, limits));
  test.put(project, "a", 101);
  const auto refused = test.room.check(project, limits);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::stored_bytes_exceeded);
  CHECK(http_status(refused.error().code) == 507);
  CHECK_THAT(refused.error().message, Catch::Contains("1000 bytes of the 1000"));
  CHECK(test.room.check(other, limits));
  CHECK(test.room.refused() == 1);
  test.remove(project, "b");
  CHECK(test.room.check(project, limits));
}

TEST_CASE("without a limit nothing is asked, and what is used is known all the same", "[usage]") {
  Room test;
  const std::size_t bytes = test.put(project, "a", 5'000);
  CHECK(test.room.check(project, {}));
  const auto use = test.room.use(project);
  REQUIRE(use);
  CHECK(use->bytes == bytes);
  CHECK(use->is_exact);
  CHECK(test.room.use(other)->bytes == 0);
}

TEST_CASE("a disk that takes no commits does not keep anybody from reading what is used",
          "[usage]") {
  Room test;
  const std::size_t bytes = test.put(project, "a", 5'000);
  test.store.fail_commits(ErrorCode::overloaded);
  const auto use = test.room.use(project);
  REQUIRE(use);
  CHECK(use->bytes == bytes);
}

}  // namespace millrace
