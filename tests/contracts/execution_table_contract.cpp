// storage/tables/execution_table.h over every store: journals, snapshots, summaries, erasing.

#include "storage/keys.h"
#include "storage/tables/execution_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <set>

namespace millrace::tests {
namespace {

using storage::BranchSnapshot;
using storage::ExecutionTable;
using storage::JournalPage;
using storage::WriteBatch;
using namespace std::string_literals;

struct Page {
  std::uint64_t first;
  std::uint32_t count;
};

JournalPage page(Page shape) {
  return JournalPage{shape.first, "events from " + std::to_string(shape.first), shape.count};
}

std::vector<std::uint64_t> firsts(const std::vector<JournalPage>& pages) {
  std::vector<std::uint64_t> out;
  for (const auto& one : pages) out.push_back(one.first_sequence);
  return out;
}

class Executions {
 public:
  Executions() : store_(any_store()), table_(**store_) {}

  storage::OrderedStore& store() { return **store_; }
  const ExecutionTable& table() const { return table_; }

  void write(const ExecutionId& id, const BranchPath& branch, std::vector<Page> pages) {
    WriteBatch batch;
    for (const Page& shape : pages) ExecutionTable::put_page(batch, id, branch, page(shape));
    must_commit(store(), batch);
  }

  ExecutionId new_id(const std::string& user = "user") {
    return id_for("project", user, at(1'700'000'000'000), random_);
  }
  CountingRandom& random() { return random_; }

 private:
  std::unique_ptr<StoreUnderTest> store_;
  ExecutionTable table_;
  CountingRandom random_;
};

using Sequences = std::vector<std::uint64_t>;
const BranchPath root;

TEST_CASE("the pages of a journal come back in sequence order", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  // 256 and 65,536 would come first if numbers were not big endian.
  executions.write(id, root, {{300, 65'236}, {65'536, 1}, {1, 9}, {10, 246}, {256, 44}});
  const auto pages = executions.table().pages(id, root);
  REQUIRE(pages.ok());
  CHECK(firsts(*pages) == Sequences{1, 10, 256, 300, 65'536});
  CHECK(pages->front().events == "events from 1");
  CHECK(pages->front().event_count == 9);
  CHECK(executions.table().pages(executions.new_id(), root)->empty());
}

TEST_CASE("reading after a sequence skips pages that end before it", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  executions.write(id, root, {{1, 3}, {4, 2}, {6, 5}});
  const auto after = [&](std::uint64_t sequence) {
    const auto pages = executions.table().pages(id, root, sequence);
    REQUIRE(pages.ok());
    return firsts(*pages);
  };
  CHECK(after(0) == Sequences{1, 4, 6});
  CHECK(after(1) == Sequences{1, 4, 6});
  CHECK(after(3) == Sequences{4, 6});
  CHECK(after(4) == Sequences{4, 6});
  CHECK(after(5) == Sequences{6});
  CHECK(after(8) == Sequences{6});
  CHECK(after(10).empty());
}

TEST_CASE("pages that do not state their events are still read from the right one",
          "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  executions.write(id, root, {{1, 0}, {4, 0}, {9, 0}});
  CHECK(firsts(*executions.table().pages(id, root, 0)) == Sequences{1, 4, 9});
  CHECK(firsts(*executions.table().pages(id, root, 5)) == Sequences{4, 9});
}

TEST_CASE("a journal with a gap is refused as corrupt", "[execution_table]") {
  Executions executions;
  const auto refused = [&](std::vector<Page> pages, std::uint64_t after) {
    const auto id = executions.new_id();
    executions.write(id, root, std::move(pages));
    const auto read = executions.table().pages(id, root, after);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == ErrorCode::corrupt_data);
    CHECK(read.error().message.find(id.text()) != std::string::npos);
  };
  refused({{2, 1}}, 0);                  // the beginning is missing
  refused({{1, 2}, {4, 1}}, 0);          // event 3 is missing
  refused({{1, 3}, {3, 1}}, 0);          // event 3 is there twice
  refused({{1, 2}, {5, 1}}, 3);          // event 4, the first wanted one, is missing
  refused({{7, 2}}, 3);                  // nothing reaches up to event 4
  refused({{1, 2}, {3, 2}, {9, 1}}, 1);  // events 5 to 8 are missing
}

TEST_CASE("journals of neighbouring executions and branches do not mix", "[execution_table]") {
  Executions executions;
  const auto first = executions.new_id();
  const auto second = executions.new_id();
  executions.write(first, root, {{1, 1}, {2, 1}});
  executions.write(second, root, {{1, 5}});
  executions.write(first, root.child(3, 0), {{1, 7}});
  CHECK(firsts(*executions.table().pages(first, root)) == Sequences{1, 2});
  CHECK(executions.table().pages(second, root)->front().event_count == 5);
  CHECK(executions.table().pages(first, root.child(3, 0))->front().event_count == 7);
  CHECK(executions.table().pages(first, root.child(3, 1))->empty());
}

TEST_CASE("twenty thousand children are visited in element order", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  constexpr std::uint32_t elements = 20'000;
  WriteBatch batch;
  // Backwards, so that the order is the keys' and not the writer's.
  for (std::uint32_t index = elements; index-- > 0;) {
    const auto branch = root.child(2, index);
    ExecutionTable::put_page(batch, id, branch, page({1, 2}));
    if (index % 7 == 0) ExecutionTable::put_page(batch, id, branch, page({3, 1}));
    // Neighbours that do not belong: another fan-out, and children of children.
    if (index % 100 == 0) {
      ExecutionTable::put_page(batch, id, root.child(3, index), page({1, 1}));
      ExecutionTable::put_page(batch, id, branch.child(2, 0), page({1, 1}));
    }
  }
  must_commit(executions.store(), batch);

  std::uint32_t expected = 0;
  std::uint32_t wrong = 0;
  const auto visited = executions.table().children(
      id, root, 2, [&](std::uint32_t index, std::vector<JournalPage> pages) {
        const Sequences right = index % 7 == 0 ? Sequences{1, 3} : Sequences{1};
        if (index != expected++ || firsts(pages) != right) ++wrong;
        return true;
      });
  REQUIRE(visited.ok());
  CHECK(expected == elements);
  CHECK(wrong == 0);
}

TEST_CASE("children of a child are found below their own parent alone", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  const auto parent = root.child(1, 4);
  for (std::uint32_t index : {9u, 0u, 256u, 3u}) {
    executions.write(id, parent.child(2, index), {{1, 1}});
    executions.write(id, root.child(1, 5).child(2, index), {{1, 1}});
    executions.write(id, parent.child(2, index).child(2, index), {{1, 1}});
  }
  executions.write(id, parent, {{1, 1}});
  std::vector<std::uint32_t> order;
  const auto collect = [&](std::uint32_t index, std::vector<JournalPage>) {
    order.push_back(index);
    return true;
  };
  REQUIRE(executions.table().children(id, parent, 2, collect).ok());
  CHECK(order == std::vector<std::uint32_t>{0, 3, 9, 256});
  order.clear();
  REQUIRE(executions.table().children(id, root, 1, collect).ok());
  CHECK(order == std::vector<std::uint32_t>{4});
}

TEST_CASE("visiting children stops when the visitor has seen enough", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  for (std::uint32_t index = 0; index < 5; ++index) {
    executions.write(id, root.child(1, index), {{1, 1}});
  }
  int visits = 0;
  REQUIRE(executions.table()
              .children(id, root, 1,
                        [&](std::uint32_t, std::vector<JournalPage>) { return ++visits < 2; })
              .ok());
  CHECK(visits == 2);
}

TEST_CASE("a child's journal with a gap is refused", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  executions.write(id, root.child(1, 0), {{1, 1}});
  executions.write(id, root.child(1, 1), {{2, 1}});
  const auto visited = executions.table().children(
      id, root, 1, [](std::uint32_t, std::vector<JournalPage>) { return true; });
  REQUIRE_FALSE(visited.ok());
  CHECK(visited.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("an element that has begun has a journal before its first event, and goes on in it",
          "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  const auto element = root.child(1, 2);
  const auto begin = [&](const BranchPath& branch) {
    storage::WriteBatch batch;
    JournalPage begun;
    begun.events = "nothing yet";
    begun.attempts_begun = 1;
    ExecutionTable::put_begun(batch, id, branch, begun);
    must_commit(executions.store(), batch);
  };
  begin(element);
  auto pages = executions.table().pages(id, element);
  REQUIRE(pages.ok());
  REQUIRE(firsts(*pages) == Sequences{0});
  CHECK(pages->front().events == "nothing yet");
  CHECK(pages->front().event_count == 0);
  CHECK(pages->front().attempts_begun == 1);
  CHECK(executions.table().last_child(id, root, 1).value() == 2u);
  std::vector<std::uint32_t> order;
  REQUIRE(executions.table()
              .children(id, root, 1,
                        [&](std::uint32_t index, std::vector<JournalPage>) {
                          order.push_back(index);
                          return true;
                        })
              .ok());
  CHECK(order == std::vector<std::uint32_t>{2});
  executions.write(id, element, {{1, 2}, {3, 1}});
  pages = executions.table().pages(id, element);
  REQUIRE(pages.ok());
  CHECK(firsts(*pages) == Sequences{0, 1, 3});
  // Its first event is missing.
  begin(root.child(1, 3));
  executions.write(id, root.child(1, 3), {{2, 1}});
  CHECK_FALSE(executions.table().pages(id, root.child(1, 3)).ok());
}

TEST_CASE("a branch has its own latest snapshot and no other", "[execution_table]") {
  Executions executions;
  const auto id = executions.new_id();
  const std::string state(100'000, '\0');
  WriteBatch batch;
  ExecutionTable::put_snapshot(batch, id, root, BranchSnapshot{64, "first"});
  ExecutionTable::put_snapshot(batch, id, root, BranchSnapshot{128, state});
  ExecutionTable::put_snapshot(batch, id, root.child(0, 0), BranchSnapshot{7, ""});
  must_commit(executions.store(), batch);
  const auto found = executions.table().snapshot(id, root);
  REQUIRE((found.ok() && found->has_value()));
  CHECK((*found)->last_sequence == 128);
  CHECK((*found)->state == state);
  CHECK((*executions.table().snapshot(id, root.child(0, 0)))->last_sequence == 7);
  CHECK_FALSE(executions.table().snapshot(id, root.child(0, 1))->has_value());
}

TEST_CASE("a summary is found by its bare id with every field", "[execution_table]") {
  Executions executions;
  auto summary =
      summary_for("project\0with\xff"s, "user", at(1'700'000'000'123), executions.random());
  summary.workflow = WorkflowId("workflow\0"s);
  summary.version = 4'000'000'000;
  summary.integration = "slack";
  summary.status = ExecutionStatus::failed;
  summary.tasks = 77;
  summary.ended = at(1'700'000'000'999);
  summary.priority = 9;
  WriteBatch batch;
  ExecutionTable::put_summary(batch, summary);
  must_commit(executions.store(), batch);
  const auto found = executions.table().summary(summary.id);
  REQUIRE((found.ok() && found->has_value()));
  CHECK(is_same(**found, summary));
  CHECK_FALSE(executions.table().summary(executions.new_id())->has_value());
}

TEST_CASE("the marker of an unfinished run says its priority, and nothing of the standard one",
          "[execution_table]") {
  Executions executions;
  for (const Priority priority : {priority_min, priority_standard, priority_max}) {
    auto summary = summary_for("project", "user", at(priority), executions.random());
    summary.priority = priority;
    WriteBatch batch;
    ExecutionTable::put_summary(batch, summary);
    must_commit(executions.store(), batch);
  }
  std::vector<Priority> found;
  REQUIRE(executions.table()
              .unfinished(ShardSet::all(),
                          [&](const ExecutionSummary& summary) {
                            found.push_back(summary.priority);
                            return true;
                          })
              .ok());
  CHECK(found == std::vector<Priority>{priority_min, priority_standard, priority_max});
}

std::set<std::string> unfinished_ids(const ExecutionTable& table) {
  std::set<std::string> ids;
  REQUIRE(table
              .unfinished(ShardSet::all(),
                          [&](ExecutionSummary summary) {
                            ids.insert(summary.id.text());
                            return true;
                          })
              .ok());
  return ids;
}

TEST_CASE("the unfinished marker follows the status on every shard", "[execution_table]") {
  Executions executions;
  std::vector<ExecutionSummary> all;
  WriteBatch batch;
  for (int user = 0; user < 300; ++user) {
    all.push_back(summary_for("project", std::to_string(user), at(user), executions.random()));
    ExecutionTable::put_summary(batch, all.back());
  }
  must_commit(executions.store(), batch);
  CHECK(unfinished_ids(executions.table()).size() == 300);

  WriteBatch later;
  std::set<std::string> left;
  const std::array statuses{ExecutionStatus::delayed, ExecutionStatus::succeeded,
                            ExecutionStatus::failed, ExecutionStatus::cancelled};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].status = statuses[i % statuses.size()];
    if (!is_final(all[i].status)) left.insert(all[i].id.text());
    ExecutionTable::put_summary(later, all[i]);
  }
  must_commit(executions.store(), later);
  CHECK(unfinished_ids(executions.table()) == left);

  int visits = 0;
  REQUIRE(executions.table()
              .unfinished(ShardSet::all(), [&](ExecutionSummary) { return ++visits < 5; })
              .ok());
  CHECK(visits == 5);
}

TEST_CASE("unfinished runs are read from any id on, in start order within a shard",
          "[execution_table]") {
  Executions executions;
  WriteBatch batch;
  for (int i = 0; i < 20; ++i) {
    for (const char* user : {"1", "2", "3"}) {
      ExecutionTable::put_summary(batch, summary_for("project", user, at(i), executions.random()));
    }
  }
  must_commit(executions.store(), batch);
  const auto read = [&](const std::optional<ExecutionId>& from) {
    std::vector<ExecutionId> ids;
    const auto each = [&](const ExecutionSummary& summary) {
      ids.push_back(summary.id);
      return true;
    };
    REQUIRE(executions.table().unfinished(ShardSet::all(), each, from).ok());
    return ids;
  };
  const auto all = read({});
  REQUIRE(all.size() == 60);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(read(all[i]) == std::vector(all.begin() + static_cast<std::ptrdiff_t>(i), all.end()));
    if (i > 0 && all[i].shard() == all[i - 1].shard()) CHECK(all[i - 1] < all[i]);
  }
}

TEST_CASE("unfinished runs are found on the shards asked for and despite damaged markers",
          "[execution_table]") {
  Executions executions;
  WriteBatch batch;
  std::size_t of_some = 0;
  const ShardSet some{shard_of(ProjectId("project"), UserId("4")),
                      shard_of(ProjectId("project"), UserId("5"))};
  for (int user = 0; user < 50; ++user) {
    const auto each = summary_for("project", std::to_string(user), at(user), executions.random());
    ExecutionTable::put_summary(batch, each);
    if (some.contains(each.id.shard())) ++of_some;
  }
  // Before all others of their shard: they must not end the walk.
  for (const ShardId shard : ShardSet::all()) {
    batch.put(storage::keys::unfinished(shard) + std::string(16, '\0'), "damaged");
  }
  must_commit(executions.store(), batch);
  const auto found = [&](const ShardSet& shards) {
    std::size_t rows = 0;
    const auto read = executions.table().unfinished(shards, [&](const ExecutionSummary&) {
      ++rows;
      return true;
    });
    CHECK(read.ok() == shards.empty());
    if (!read.ok()) CHECK(read.error().code == ErrorCode::corrupt_data);
    return rows;
  };
  CHECK(found(some) == of_some);
  CHECK(found(ShardSet::all()) == 50);
  CHECK(found(ShardSet::none()) == 0);
}

TEST_CASE("runs that are erased among others that go on take no row of theirs along",
          "[execution_table]") {
  Executions executions;
  std::vector<ExecutionSummary> kept;
  for (int round = 0; round < 200; ++round) {
    const std::string user = "user-" + std::to_string(round % 5);
    const auto erased = summary_for("project", user, at(2 * round), executions.random());
    kept.push_back(summary_for("project", user, at(2 * round + 1), executions.random()));
    WriteBatch first;
    for (const auto& summary : {erased, kept.back()}) {
      ExecutionTable::put_page(first, summary.id, root, page({1, 2}));
      ExecutionTable::put_summary(first, summary);
    }
    must_commit(executions.store(), first);
    // In one batch with rows before, behind and within what is removed: later operations win.
    WriteBatch batch;
    const ExecutionSummary& earlier = kept[kept.size() / 2];
    ExecutionTable::put_page(batch, earlier.id, root.child(0, static_cast<std::uint32_t>(round)),
                             page({1, 1}));
    ExecutionTable::put_page(batch, erased.id, root, page({3, 1}));
    ExecutionTable::erase(batch, erased);
    ExecutionTable::put_page(batch, kept.back().id, root, page({3, 1}));
    must_commit(executions.store(), batch);
    CHECK(executions.table().pages(erased.id, root)->empty());
    CHECK_FALSE(executions.table().summary(erased.id)->has_value());
  }
  for (const auto& summary : kept) {
    CHECK(firsts(*executions.table().pages(summary.id, root)) == Sequences{1, 3});
    CHECK(executions.table().summary(summary.id)->has_value());
  }
}

TEST_CASE("erasing an execution leaves no row of it and every row of others", "[execution_table]") {
  Executions executions;
  const auto kept = summary_for("project", "user", at(5), executions.random());
  const auto erased = summary_for("project", "user", at(5), executions.random());
  for (const auto& summary : {kept, erased}) {
    WriteBatch batch;
    ExecutionTable::put_summary(batch, summary);
    ExecutionTable::put_page(batch, summary.id, root, page({1, 1}));
    ExecutionTable::put_page(batch, summary.id, root.child(1, 2).child(3, 4), page({1, 1}));
    ExecutionTable::put_snapshot(batch, summary.id, root, BranchSnapshot{1, "state"});
    must_commit(executions.store(), batch);
  }
  const std::size_t rows_of_two = rows_of(executions.store(), "").size();
  WriteBatch batch;
  ExecutionTable::erase(batch, erased);
  must_commit(executions.store(), batch);

  CHECK_FALSE(executions.table().summary(erased.id)->has_value());
  CHECK_FALSE(executions.table().snapshot(erased.id, root)->has_value());
  CHECK(executions.table().pages(erased.id, root)->empty());
  CHECK(unfinished_ids(executions.table()) == std::set<std::string>{kept.id.text()});
  CHECK(executions.table().pages(kept.id, root)->size() == 1);
  CHECK(executions.table().snapshot(kept.id, root)->has_value());
  const std::size_t rows_per_execution = 6;
  CHECK(rows_of(executions.store(), "").size() == rows_of_two - rows_per_execution);
}

TEST_CASE("a damaged row is an error that names its table and is never served",
          "[execution_table]") {
  Executions executions;
  const auto summary = summary_for("project", "user", at(5), executions.random());
  WriteBatch batch;
  ExecutionTable::put_summary(batch, summary);
  batch.put(storage::keys::history_row(summary.project, summary.started, summary.id), "\x01\x0a");
  batch.put(storage::keys::snapshot(summary.id, root), "\x09");
  batch.put(storage::keys::journal_page(summary.id, root, 1), "");
  must_commit(executions.store(), batch);
  const auto check = [](const Error& error, std::string_view table) {
    CHECK(error.code == ErrorCode::corrupt_data);
    CHECK(error.message.find(table) != std::string::npos);
  };
  check(executions.table().summary(summary.id).error(), "execution summary");
  check(executions.table().snapshot(summary.id, root).error(), "snapshot");
  check(executions.table().pages(summary.id, root).error(), "journal");
  check(executions.table().history({.project = summary.project}).error(), "execution summary");
}

}  // namespace
}  // namespace millrace::tests
