// ExecutionTable::history over every store: what a page holds, compared with a plain sort and
// filter of the same executions.

#include "storage/tables/execution_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>

namespace millrace::tests {
namespace {

using storage::Direction;
using storage::ExecutionTable;
using storage::WriteBatch;
using Query = ExecutionTable::HistoryQuery;

/// 1,200 executions of 60 users over two projects, several in the same millisecond.
std::vector<ExecutionSummary> many_executions() {
  CountingRandom random;
  std::vector<ExecutionSummary> all;
  for (int i = 0; i < 1'200; ++i) {
    const std::string project = i % 4 == 3 ? "other" : "project";
    auto summary = summary_for(project, "user " + std::to_string(i * 37 % 60),
                               at(1'000 + i * 7919 % 500), random);
    summary.workflow = WorkflowId("workflow " + std::to_string(i % 5));
    if (i % 3 == 0) summary.integration = "slack";
    summary.status = static_cast<ExecutionStatus>(1 + i % 5);
    summary.tasks = static_cast<std::uint32_t>(i);
    all.push_back(summary);
  }
  return all;
}

bool matches(const Query& query, const ExecutionSummary& row) {
  return row.project == query.project && (!query.user || row.user == *query.user) &&
         (!query.workflow || row.workflow == *query.workflow) &&
         (!query.integration || row.integration == *query.integration) &&
         (!query.status || row.status == *query.status) &&
         (!query.after || row.started >= *query.after) &&
         (!query.before || row.started < *query.before);
}

/// What the query should find, all pages of it.
std::vector<std::uint32_t> expected(std::vector<ExecutionSummary> all, const Query& query) {
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    const auto order = std::tie(a.started, a.id) < std::tie(b.started, b.id);
    return query.direction == Direction::forward ? order : !order && a.id != b.id;
  });
  std::vector<std::uint32_t> out;
  for (const auto& row : all) {
    if (matches(query, row)) out.push_back(row.tasks);
  }
  return out;
}

/// Reads page by page until a page is not full.
std::vector<std::uint32_t> paged(const ExecutionTable& table, Query query, std::size_t total) {
  std::vector<std::uint32_t> out;
  for (query.offset = 0;; query.offset += query.limit) {
    const auto page = table.history(query);
    REQUIRE(page.ok());
    CHECK(page->total == total);
    for (const auto& row : page->executions) out.push_back(row.tasks);
    if (page->executions.size() < query.limit) return out;
  }
}

TEST_CASE("the task history finds exactly what a sort and filter finds", "[history]") {
  const auto store = any_store();
  const ExecutionTable table(**store);
  const auto all = many_executions();
  WriteBatch batch;
  for (const auto& summary : all) ExecutionTable::put_summary(batch, summary);
  must_commit(**store, batch);

  std::vector<Query> queries;
  for (const auto direction : {Direction::forward, Direction::backward}) {
    Query plain;
    plain.project = ProjectId("project");
    plain.direction = direction;
    queries.push_back(plain);
    queries.push_back(plain);
    queries.back().project = ProjectId("nobody");
    queries.push_back(plain);
    queries.back().user = UserId("user 7");
    queries.push_back(plain);
    queries.back().workflow = WorkflowId("workflow 3");
    queries.push_back(plain);
    queries.back().integration = "";
    queries.push_back(plain);
    queries.back().status = ExecutionStatus::failed;
    queries.push_back(plain);
    queries.back().after = at(1'100);
    queries.back().before = at(1'400);
    queries.push_back(queries.back());
    queries.back().user = UserId("user 8");
    queries.back().status = ExecutionStatus::succeeded;
    queries.push_back(plain);
    queries.back().after = at(1'300);
    queries.push_back(plain);
    queries.back().before = at(1'001);
    queries.push_back(plain);
    queries.back().after = at(1'400);
    queries.back().before = at(1'400);
  }
  for (Query& query : queries) {
    const auto right = expected(all, query);
    for (const std::size_t limit : {100u, 7u}) {
      query.limit = limit;
      CHECK(paged(table, query, right.size()) == right);
    }
  }
}

TEST_CASE("a page of the task history has a maximum whatever is asked", "[history]") {
  const auto store = any_store();
  WriteBatch batch;
  for (const auto& summary : many_executions()) ExecutionTable::put_summary(batch, summary);
  must_commit(**store, batch);
  Query query;
  query.project = ProjectId("project");
  query.limit = 1'000'000;
  const auto page = ExecutionTable(**store).history(query);
  REQUIRE(page.ok());
  CHECK(page->executions.size() == limits::history_page_max);
  CHECK(page->total == 900);

  query.limit = 0;
  const auto count = ExecutionTable(**store).history(query);
  REQUIRE(count.ok());
  CHECK(count->executions.empty());
  CHECK(count->total == 900);
}

TEST_CASE("an overwritten summary is one line of the task history", "[history]") {
  const auto store = any_store();
  CountingRandom random;
  auto summary = summary_for("project", "user", at(9), random);
  for (const auto status : {ExecutionStatus::executing, ExecutionStatus::succeeded}) {
    summary.status = status;
    WriteBatch batch;
    ExecutionTable::put_summary(batch, summary);
    must_commit(**store, batch);
  }
  Query query;
  query.project = summary.project;
  const auto page = ExecutionTable(**store).history(query);
  REQUIRE(page.ok());
  REQUIRE(page->executions.size() == 1);
  CHECK(page->executions.front().status == ExecutionStatus::succeeded);
}

TEST_CASE("projects whose ids are prefixes of each other have separate histories", "[history]") {
  using namespace std::string_literals;
  const auto store = any_store();
  CountingRandom random;
  const std::vector<std::string> projects{"a"s, "a\0"s, "a\0\1"s, "a\0\xff"s, "a\xff"s, "aa"s};
  WriteBatch batch;
  for (const auto& project : projects) {
    ExecutionTable::put_summary(batch, summary_for(project, "user", at(1), random));
  }
  must_commit(**store, batch);
  for (const auto& project : projects) {
    Query query;
    query.project = ProjectId(project);
    const auto page = ExecutionTable(**store).history(query);
    REQUIRE(page.ok());
    REQUIRE(page->executions.size() == 1);
    CHECK(page->executions.front().project.text == project);
  }
}

}  // namespace
}  // namespace millrace::tests
