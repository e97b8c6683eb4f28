#include "storage/postgres/commit_statement.h"

#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::storage;

namespace {

using Views = std::vector<std::string_view>;

const LanePosition position{std::string(16, 'i'), 3, 4, 5};

}  // namespace

TEST_CASE("of the operations on one key only the last one is sent to PostgreSQL") {
  WriteBatch batch;
  batch.put("k-zb", "1");
  batch.put("k-za", "2");
  batch.put("k-zb", "3");
  batch.put("k-zc", "4");
  batch.remove("k-zc");
  batch.remove("k-zd");
  batch.put("k-zd", "5");
  const CommitRows rows = last_operations(batch);
  CHECK(rows.keys == Views{"k-za", "k-zb", "k-zd"});
  CHECK(rows.values == Views{"2", "3", "5"});
  CHECK(rows.removed == Views{"k-zc"});
  CHECK_FALSE(rows.has_puts_in_ranges);
  CHECK(commit_queries(rows, position).size() == 1);
}

TEST_CASE(
    "what a prefix removes is not sent, and what is put below it comes in a statement of its own") {
  WriteBatch batch;
  batch.put("k-zpre-1", "gone with the prefix");
  batch.remove("k-zpre-2");
  batch.remove_prefix("k-zpre");
  batch.remove("k-zpre-3");
  batch.put("k-zqqq", "beside");
  const CommitRows beside = last_operations(batch);
  CHECK(beside.keys == Views{"k-zqqq"});
  CHECK(beside.removed.empty());
  CHECK(beside.range_begins == Views{"k-zpre"});
  CHECK(beside.range_ends == std::vector<std::string>{"k-zprf"});
  CHECK(commit_queries(beside, position).size() == 1);

  batch.put("k-zpre-4", "below");
  const CommitRows below = last_operations(batch);
  CHECK(below.keys == Views{"k-zpre-4", "k-zqqq"});
  CHECK(below.has_puts_in_ranges);
  const auto queries = commit_queries(below, position);
  REQUIRE(queries.size() == 2);
  // Both are told the same position.
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(queries[0].parameters.values()[i] == queries[1].parameters.values()[i]);
  }
}
