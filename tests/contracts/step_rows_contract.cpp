// storage/tables/step_rows.h over every store.

#include "storage/keys.h"
#include "storage/tables/step_rows.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::FailedStep;
using storage::StepRows;
using storage::WriteBatch;

BranchPath element(std::uint32_t index, std::optional<std::uint32_t> inner = std::nullopt) {
  const BranchPath outer = BranchPath{}.child(1, index);
  return inner ? outer.child(3, *inner) : outer;
}

class StepRowsOfRuns {
 public:
  StepRowsOfRuns() : store_(any_store()) {}
  storage::OrderedStore& store() { return **store_; }

  void fail(const std::vector<FailedStep>& steps) {
    WriteBatch batch;
    for (const auto& step : steps) StepRows::put_failed(batch, id, step);
    must_commit(store(), batch);
  }
  std::vector<FailedStep> failed(std::optional<StepIndex> step = {},
                                 std::optional<FailedStep> after = {}, std::size_t most = 100) {
    std::vector<FailedStep> found;
    const auto read = StepRows(store()).failed(id, step, after, [&](FailedStep each) {
      found.push_back(std::move(each));
      return found.size() < most;
    });
    REQUIRE(read.ok());
    return found;
  }

  CountingRandom random;
  ExecutionId id = id_for("project", "user", at(1'700'000'000'000), random);
  ExecutionId other = id_for("project", "user", at(1'700'000'000'000), random);

 private:
  std::unique_ptr<StoreUnderTest> store_;
};

}  // namespace

TEST_CASE("failed steps come by step and then by element, from anywhere on", "[step_rows]") {
  StepRowsOfRuns rows;
  const std::vector<FailedStep> sorted{{2, element(0)},    {2, element(7)},    {2, element(256)},
                                       {2, element(1000)}, {4, element(0, 9)}, {4, element(5, 0)},
                                       {4, element(5, 2)}, {6, element(1)}};
  rows.fail({sorted.rbegin(), sorted.rend()});
  CHECK(rows.failed() == sorted);
  CHECK(rows.failed(4) == std::vector<FailedStep>(sorted.begin() + 4, sorted.begin() + 7));
  CHECK(rows.failed(5).empty());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    CHECK(
        rows.failed({}, sorted[i]) ==
        std::vector<FailedStep>(sorted.begin() + static_cast<std::ptrdiff_t>(i) + 1, sorted.end()));
  }
  // From between two of them, from before and from behind the step that is asked for.
  CHECK(rows.failed({}, FailedStep{2, element(8)}, 1) == std::vector<FailedStep>{sorted[2]});
  CHECK(rows.failed(4, sorted[0], 1) == std::vector<FailedStep>{sorted[4]});
  CHECK(rows.failed(2, sorted[5]).empty());
}

TEST_CASE("counts are those that were put last, and each run has its own", "[step_rows]") {
  StepRowsOfRuns rows;
  const StepRows table(rows.store());
  CHECK_FALSE(table.counts(rows.id)->has_value());
  storage::OpenFanOutCounts counts{3, {}};
  for (const std::int64_t number : {1, 70'000}) {
    counts.counts.of(4).succeeded = number;
    counts.counts.of(4).start = at(5);
    WriteBatch batch;
    StepRows::put_counts(batch, rows.id, counts);
    must_commit(rows.store(), batch);
    const auto found = table.counts(rows.id);
    REQUIRE(found.ok());
    REQUIRE(found->has_value());
    CHECK((*found)->fan_out == 3);
    CHECK((*found)->counts == counts.counts);
  }
  CHECK_FALSE(table.counts(rows.other)->has_value());
}

TEST_CASE("repeated attempts come by branch and time", "[step_rows]") {
  StepRowsOfRuns rows;
  const std::vector<storage::RepeatedAttempt> sorted{{{}, 1, at(5)},
                                                     {{}, 1, at(9)},
                                                     {{}, 300, at(1)},
                                                     {element(2), 4, at(7)},
                                                     {element(2, 0), 2, at(3)}};
  WriteBatch batch;
  for (auto each = sorted.rbegin(); each != sorted.rend(); ++each) {
    StepRows::put_repeated(batch, rows.id, *each);
  }
  must_commit(rows.store(), batch);
  CHECK(*StepRows(rows.store()).repeated(rows.id, 100) == sorted);
  CHECK(StepRows(rows.store()).repeated(rows.id, 2)->size() == 2);
  CHECK(StepRows(rows.store()).repeated(rows.other, 100)->empty());
  CHECK(rows.failed().empty());
}

TEST_CASE("rows of steps are erased with their run", "[step_rows]") {
  StepRowsOfRuns rows;
  rows.fail({{2, element(0)}});
  WriteBatch batch;
  StepRows::put_counts(batch, rows.id, {3, {}});
  must_commit(rows.store(), batch);
  WriteBatch erase;
  erase.remove_prefix(storage::keys::execution(rows.id));
  must_commit(rows.store(), erase);
  CHECK(rows.failed().empty());
  CHECK_FALSE(StepRows(rows.store()).counts(rows.id)->has_value());
}

TEST_CASE("damaged rows of steps are told of", "[step_rows]") {
  StepRowsOfRuns rows;
  for (const char* const value : {"", "\x01", "\x01\x12\x01x", "\x02"}) {
    WriteBatch batch;
    batch.put(storage::keys::step_counts(rows.id), value);
    must_commit(rows.store(), batch);
    const auto found = StepRows(rows.store()).counts(rows.id);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == ErrorCode::corrupt_data);
  }
  WriteBatch batch;
  batch.put(storage::keys::failed_steps(rows.id) + "x", "\x01");
  must_commit(rows.store(), batch);
  const auto read = StepRows(rows.store()).failed(rows.id, {}, {}, [](FailedStep) { return true; });
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == ErrorCode::corrupt_data);
}

}  // namespace millrace::tests
