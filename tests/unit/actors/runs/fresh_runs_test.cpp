#include "actors/runs/fresh_runs.h"

#include "runtime/base/random.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

const storage::Fence fence{ShardId{7}, Epoch{3}};

std::shared_ptr<const RunOrder> order() {
  SystemRandom random;
  auto made = std::make_shared<RunOrder>();
  made->execution = ExecutionId::make(fence.shard, Instant{}, random);
  return made;
}

}  // namespace

TEST_CASE("a run that was just stored is handed to the first who begins it, and to nobody else") {
  FreshRuns fresh;
  const auto stored = order();
  fresh.add(stored, fence, 100);
  CHECK(fresh.take(order()->execution, fence) == nullptr);
  CHECK(fresh.take(stored->execution, fence) == stored);
  CHECK(fresh.take(stored->execution, fence) == nullptr);
}

TEST_CASE("a run whose shard was away since is read from its rows") {
  FreshRuns fresh;
  const auto stored = order();
  fresh.add(stored, fence, 100);
  const storage::Fence later{fence.shard, Epoch{4}};
  CHECK(fresh.take(stored->execution, later) == nullptr);
  CHECK(fresh.take(stored->execution, fence) == nullptr);
}

TEST_CASE("a run that could not be stored is not kept") {
  FreshRuns fresh;
  const auto refused = order();
  fresh.add(refused, fence, 100);
  fresh.forget(refused->execution);
  fresh.forget(refused->execution);
  CHECK(fresh.take(refused->execution, fence) == nullptr);
}

TEST_CASE("of too many runs that nobody begins the oldest are left out") {
  FreshRuns fresh;
  const auto first = order();
  const auto second = order();
  fresh.add(first, fence, 100);
  fresh.add(second, fence, 100);
  for (std::size_t i = 1; i < FreshRuns::runs_max; ++i) fresh.add(order(), fence, 100);
  CHECK(fresh.take(first->execution, fence) == nullptr);
  CHECK(fresh.take(second->execution, fence) == second);
}

TEST_CASE("runs that nobody begins keep to their bytes") {
  FreshRuns fresh;
  const auto first = order();
  const auto second = order();
  fresh.add(first, fence, FreshRuns::bytes_max / 2);
  fresh.add(second, fence, FreshRuns::bytes_max / 2);
  const auto third = order();
  fresh.add(third, fence, 1);
  CHECK(fresh.take(first->execution, fence) == nullptr);
  CHECK(fresh.take(second->execution, fence) == second);
  CHECK(fresh.take(third->execution, fence) == third);
}
