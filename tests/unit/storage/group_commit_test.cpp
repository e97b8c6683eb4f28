// Group commit: order, company, failure, fences, and that everyone is answered exactly once.

#include "storage/group_commit.h"

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/memory/memory_store.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>

namespace millrace::tests {
namespace {

using namespace std::chrono_literals;
using storage::Generation;
using storage::GroupCommit;
using storage::GroupCommitOptions;
using storage::MemoryStore;
using storage::Urgency;
using storage::WriteBatch;

/// A store whose commits wait at a gate, so that a test decides what queues behind a commit.
class GatedStore final : public storage::OrderedStore {
 public:
  Outcome commit(const WriteBatch& batch) override {
    {
      std::unique_lock lock(mutex_);
      ++arrived_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return is_open_ || permits_ > 0; });
      if (!is_open_) --permits_;
    }
    return memory_.commit(batch);
  }
  Result<std::optional<std::string>> get(std::string_view key) const override {
    return memory_.get(key);
  }
  std::unique_ptr<storage::Cursor> scan(std::string_view prefix, storage::Direction direction,
                                        std::string_view start_at) const override {
    return memory_.scan(prefix, direction, start_at);
  }
  std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange> ranges,
                                             const storage::ManyOptions& options) const override {
    return memory_.scan_many(std::move(ranges), options);
  }
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
    return memory_.claim(shards);
  }

  MemoryStore& memory() { return memory_; }
  void close() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  /// Lets one commit pass a closed gate.
  void pass_one() {
    const std::lock_guard lock(mutex_);
    ++permits_;
    changed_.notify_all();
  }
  /// Waits until `count` commits in all have come to the gate.
  void wait_for_arrivals(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  MemoryStore memory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  int permits_ = 0;
  int arrived_ = 0;
};

/// Collects answers; `wait_for` blocks until there are enough.
class Answers {
 public:
  GroupCommit::OnCommitted expect(int number) {
    return [this, number](const Outcome& outcome) {
      const std::lock_guard lock(mutex_);
      order_.push_back(number);
      codes_.push_back(outcome.ok() ? std::optional<ErrorCode>() : outcome.error().code);
      changed_.notify_all();
    };
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return order_.size() >= count; });
  }
  std::vector<int> order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }
  /// The error code of answer `i`; nothing for success.
  std::optional<ErrorCode> code(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return codes_.at(i);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> order_;
  std::vector<std::optional<ErrorCode>> codes_;
};

std::string key(int number) { return "key " + std::to_string(1'000'000 + number); }

WriteBatch row(int number, const std::string& value = "v") {
  WriteBatch batch;
  batch.put(key(number), value);
  return batch;
}

const ProjectId large("large");
const ProjectId small("small");

/// A linger no test lives to see: lazy batches wait until something else commits them.
GroupCommitOptions patient() {
  GroupCommitOptions options;
  options.linger = 24h;
  return options;
}

TEST_CASE("batches commit and answer in the order of submission", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  std::vector<int> expected;
  {
    GroupCommit commit(store, {});
    for (int i = 0; i < 500; ++i) {
      expected.push_back(i);
      commit.submit(row(0, std::to_string(i)), i % 7 == 0 ? Urgency::urgent : Urgency::lazy,
                    answers.expect(i));
    }
  }
  CHECK(answers.order() == expected);
  CHECK(**store.get(key(0)) == "499");
}

TEST_CASE("lazy batches wait for company and become one commit", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  GroupCommit commit(store, patient());
  for (int i = 0; i < 1'000; ++i) commit.submit(row(i), Urgency::lazy, answers.expect(i));
  CHECK(store.commit_count() == 0);
  // The urgent one takes all that came before it along.
  REQUIRE(commit.commit_and_wait(row(1'000)).ok());
  answers.wait_for(1'000);
  CHECK(store.commit_count() == 1);
  CHECK(commit.stats().commits == 1);
  CHECK(commit.stats().batches == 1'001);
  CHECK(commit.stats().waiting_bytes == 0);
}

TEST_CASE("a lazy batch commits by itself when its linger has passed", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  GroupCommitOptions options;
  options.linger = 1ms;
  GroupCommit commit(store, options);
  commit.submit(row(1), Urgency::lazy, answers.expect(1));
  answers.wait_for(1);
  CHECK(store.get(key(1))->has_value());
}

TEST_CASE("lazy batches commit early when they are enough bytes for a commit", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 1'000;
  GroupCommit commit(store, options);
  for (int i = 0; i < 10; ++i) {
    commit.submit(row(i, std::string(100, 'v')), Urgency::lazy, answers.expect(i));
  }
  // Two of them may be too little for another one.
  answers.wait_for(8);
  CHECK(store.commit_count() >= 1);
}

TEST_CASE("what queues during a commit goes into the next one", "[group_commit]") {
  GatedStore store;
  store.close();
  Answers answers;
  GroupCommit commit(store, {});
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  for (int i = 1; i <= 100; ++i) commit.submit(row(i), Urgency::urgent, answers.expect(i));
  store.open();
  answers.wait_for(101);
  CHECK(store.memory().commit_count() == 2);
}

TEST_CASE("one commit takes no more bytes than its limit and keeps the order", "[group_commit]") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 500;
  GroupCommit commit(store, options);
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  std::vector<int> expected{0};
  for (int i = 1; i <= 10; ++i) {
    expected.push_back(i);
    // The third alone is more than a commit should take; it must go through all the same.
    commit.submit(row(i, std::string(i == 3 ? 2'000 : 200, 'v')), Urgency::urgent,
                  answers.expect(i));
  }
  store.open();
  answers.wait_for(11);
  CHECK(answers.order() == expected);
  CHECK(store.memory().commit_count() > 4);
}

TEST_CASE("who submits little goes with the next commit, however much another lane waits") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 64u << 10;
  GroupCommit commit(store, options);
  commit.submit(row(0), {.lane = large}, answers.expect(0));
  store.wait_for_arrivals(1);
  for (int i = 1; i <= 1'000; ++i) {
    commit.submit(row(i, std::string(1'000, 'v')), {.lane = large}, answers.expect(i));
  }
  commit.submit(row(-1), {.lane = small}, answers.expect(-1));
  store.pass_one();
  store.wait_for_arrivals(2);
  store.pass_one();
  store.wait_for_arrivals(3);
  const auto order = answers.order();
  CHECK(std::count(order.begin(), order.end(), -1) == 1);
  store.open();
  answers.wait_for(1'002);
}

TEST_CASE(
    "lanes that always have something waiting share each commit, whatever their batches are") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 512u << 10;
  GroupCommit commit(store, options);
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  for (int i = 1; i <= 400; ++i) {
    commit.submit(row(i, std::string(20'000, 'v')), {.lane = large}, answers.expect(i));
  }
  for (int i = 1'001; i <= 9'000; ++i) {
    commit.submit(row(i, std::string(700, 'v')), {.lane = small}, answers.expect(i));
  }
  store.pass_one();
  store.wait_for_arrivals(2);
  store.pass_one();
  store.wait_for_arrivals(3);
  std::size_t of_large = 0;
  std::size_t of_small = 0;
  for (const int number : answers.order()) {
    if (number > 1'000) of_small += 1'000;
    if (number >= 1 && number <= 400) of_large += 20'300;
  }
  CHECK(of_large > of_small / 2);
  CHECK(of_small > of_large / 2);
  store.open();
  answers.wait_for(8'401);
}

TEST_CASE("the batches of each lane commit in the order of their submission") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 4'000;
  GroupCommit commit(store, options);
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  SeededRandom random(11);
  constexpr int lanes = 5;
  for (int i = 1; i <= 500; ++i) {
    const int lane = static_cast<int>(random.below(lanes));
    commit.submit(row(i, std::string(random.below(900), 'v')),
                  {.lane = ProjectId("lane-" + std::to_string(lane))},
                  answers.expect(lane * 1'000 + i));
  }
  store.open();
  answers.wait_for(501);
  std::array<int, lanes> last{};
  for (const int number : answers.order()) {
    int& before = last[static_cast<std::size_t>(number / 1'000)];
    CHECK(number >= before);
    before = number;
  }
}

TEST_CASE("a batch without a lane overtakes nothing and is overtaken by nothing") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 4'000;
  GroupCommit commit(store, options);
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  for (int i = 1; i <= 50; ++i) {
    commit.submit(row(i, std::string(500, 'v')), {.lane = large}, answers.expect(i));
  }
  commit.submit({}, Urgency::urgent, answers.expect(51));
  commit.submit(row(52), Urgency::lazy, answers.expect(52));
  commit.submit(row(53), {.lane = small}, answers.expect(53));
  commit.submit(row(54), {.lane = large}, answers.expect(54));
  store.open();
  answers.wait_for(55);
  const auto order = answers.order();
  for (int i = 0; i <= 52; ++i) CHECK(order.at(static_cast<std::size_t>(i)) == i);
}

TEST_CASE("an empty batch of a lane waits for its lane and for no other") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.commit_bytes_max = 4'000;
  GroupCommit commit(store, options);
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  for (int i = 1; i <= 50; ++i) {
    commit.submit(row(i, std::string(500, 'v')), {.lane = large}, answers.expect(i));
  }
  commit.submit(row(51), {.lane = small}, answers.expect(51));
  commit.submit({}, {.lane = small}, answers.expect(52));
  store.open();
  answers.wait_for(53);
  const auto order = answers.order();
  const auto at = [&](int number) { return std::find(order.begin(), order.end(), number); };
  CHECK(at(51) < at(52));
  CHECK(at(52) < at(50));
}

TEST_CASE("the queue is full at its bytes and has room again after the commit", "[group_commit]") {
  GatedStore store;
  store.close();
  Answers answers;
  auto options = patient();
  options.queue_bytes_max = 1'000;
  GroupCommit commit(store, options);
  CHECK_FALSE(commit.is_full());
  commit.submit(row(0, std::string(1'000, 'v')), Urgency::urgent, answers.expect(0));
  CHECK(commit.is_full());
  store.wait_for_arrivals(1);
  CHECK(commit.is_full());  // on its way to the disk is still waiting
  commit.submit(row(1), Urgency::urgent, answers.expect(1));  // accepted work is always taken
  store.open();
  answers.wait_for(2);
  CHECK_FALSE(commit.is_full());
}

TEST_CASE("a failed commit fails all that wait and later batches commit again", "[group_commit]") {
  GatedStore store;
  store.close();
  store.memory().fail_next_commits(1, ErrorCode::overloaded);
  Answers answers;
  GroupCommit commit(store, {});
  commit.submit(row(0), Urgency::urgent, answers.expect(0));
  store.wait_for_arrivals(1);
  for (int i = 1; i <= 5; ++i) commit.submit(row(i), Urgency::urgent, answers.expect(i));
  store.open();
  answers.wait_for(6);
  CHECK(answers.order() == std::vector<int>{0, 1, 2, 3, 4, 5});
  for (std::size_t i = 0; i < 6; ++i) CHECK(answers.code(i) == ErrorCode::overloaded);
  CHECK(store.memory().commit_count() == 0);
  CHECK(rows_of(store, "").empty());
  CHECK(commit.commit_and_wait(row(6)).ok());
  CHECK(commit.stats().failures == 1);
  CHECK(commit.stats().waiting_bytes == 0);
}

TEST_CASE("a batch that builds on a lost one is never written", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  GroupCommit commit(store, {});
  const Generation built = commit.generation();
  store.fail_next_commits(1, ErrorCode::storage_failed);
  commit.submit(row(0), Urgency::urgent, answers.expect(0), built);
  answers.wait_for(1);

  // The disk is well again, but this owner has not heard of the failure yet.
  commit.submit(row(1), Urgency::urgent, answers.expect(1), built);
  answers.wait_for(2);
  CHECK(answers.code(1) == ErrorCode::storage_failed);
  CHECK_FALSE(store.get(key(1))->has_value());

  // Others go on meanwhile, and the old generation stays refused after their success.
  CHECK(commit.commit_and_wait(row(2)).ok());
  commit.submit(row(3), Urgency::urgent, answers.expect(3), built);
  answers.wait_for(3);
  CHECK(answers.code(2) == ErrorCode::storage_failed);

  const Generation rebuilt = commit.generation();
  CHECK(rebuilt > built);
  commit.submit(row(4), Urgency::urgent, answers.expect(4), rebuilt);
  answers.wait_for(4);
  CHECK_FALSE(answers.code(3).has_value());
  CHECK(rows_of(store, "").size() == 2);
}

TEST_CASE("a refused batch shares a group with good ones and is answered in order",
          "[group_commit]") {
  GatedStore store;
  Answers answers;
  GroupCommit commit(store, patient());
  const Generation built = commit.generation();
  store.memory().fail_next_commits(1, ErrorCode::overloaded);
  CHECK_FALSE(commit.commit_and_wait(row(9)).ok());
  commit.submit(row(0), Urgency::lazy, answers.expect(0), commit.generation());
  commit.submit(row(1), Urgency::lazy, answers.expect(1), built);
  commit.submit(row(2), Urgency::urgent, answers.expect(2), commit.generation());
  answers.wait_for(3);
  CHECK(answers.order() == std::vector<int>{0, 1, 2});
  CHECK_FALSE(answers.code(0).has_value());
  CHECK(answers.code(1) == ErrorCode::overloaded);
  CHECK_FALSE(answers.code(2).has_value());
  CHECK(rows_of(store, "").size() == 2);
}

TEST_CASE("batches with stale fences fail alone and their company commits", "[group_commit]") {
  MemoryStore store;
  const auto old_epochs = *store.claim(ShardSet::all().ids());
  const auto epochs = *store.claim(ShardSet::all().ids());
  Answers answers;
  GroupCommit commit(store, patient());
  const Generation generation = commit.generation();
  for (int i = 0; i < 100; ++i) {
    const std::uint16_t shard = static_cast<std::uint16_t>(i % 10);
    WriteBatch batch = row(i);
    batch.put(key(i + 1'000), "second operation");
    batch.require({ShardId{shard}, i % 5 == 0 ? old_epochs[shard] : epochs[shard]});
    commit.submit(std::move(batch), i == 99 ? Urgency::urgent : Urgency::lazy, answers.expect(i),
                  generation);
  }
  answers.wait_for(100);
  for (int i = 0; i < 100; ++i) {
    const bool is_stale = i % 5 == 0;
    CHECK(answers.order()[static_cast<std::size_t>(i)] == i);
    CHECK(answers.code(static_cast<std::size_t>(i)) ==
          (is_stale ? std::optional(ErrorCode::stale_epoch) : std::nullopt));
    CHECK(store.get(key(i))->has_value() == !is_stale);
    CHECK(store.get(key(i + 1'000))->has_value() == !is_stale);
  }
  CHECK(store.commit_count() == 1);
  CHECK(commit.generation() == generation);
  CHECK(commit.stats().batches == 80);
  CHECK(commit.stats().moved == 20);
  CHECK(commit.stats().failures == 0);
}

TEST_CASE("a group of nothing but stale batches answers all and commits nothing",
          "[group_commit]") {
  MemoryStore store;
  const auto epochs = *store.claim(ShardSet::all().ids());
  REQUIRE(store.claim(ShardSet::all().ids()).ok());
  Answers answers;
  GroupCommit commit(store, patient());
  for (int i = 0; i < 3; ++i) {
    WriteBatch batch = row(i);
    batch.require({ShardId{1}, epochs[1]});
    commit.submit(std::move(batch), i == 2 ? Urgency::urgent : Urgency::lazy, answers.expect(i));
  }
  answers.wait_for(3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(answers.code(i) == ErrorCode::stale_epoch);
  CHECK(store.commit_count() == 0);
}

TEST_CASE("a store that fails while stale fences are sorted out fails the group",
          "[group_commit]") {
  MemoryStore store;
  const auto old_epochs = *store.claim(ShardSet::all().ids());
  REQUIRE(store.claim(ShardSet::all().ids()).ok());
  store.fail_next_commits(1, ErrorCode::storage_failed);
  Answers answers;
  GroupCommit commit(store, patient());
  WriteBatch stale = row(0);
  stale.require({ShardId{1}, old_epochs[1]});
  commit.submit(std::move(stale), Urgency::lazy, answers.expect(0));
  commit.submit(row(1), Urgency::urgent, answers.expect(1));
  answers.wait_for(2);
  CHECK(answers.code(0) == ErrorCode::stale_epoch);
  CHECK(answers.code(1) == ErrorCode::storage_failed);
}

TEST_CASE("an empty batch is answered when everything before it is durable", "[group_commit]") {
  MemoryStore store;
  GroupCommit commit(store, patient());
  commit.submit(row(0), Urgency::lazy, {});
  REQUIRE(commit.commit_and_wait(WriteBatch()).ok());
  CHECK(store.get(key(0))->has_value());
}

TEST_CASE("the end of a group commit commits and answers all that waits", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  {
    GroupCommit commit(store, patient());
    for (int i = 0; i < 100; ++i) commit.submit(row(i), Urgency::lazy, answers.expect(i));
  }
  CHECK(answers.order().size() == 100);
  CHECK(rows_of(store, "").size() == 100);
}

TEST_CASE("a callback may submit and is answered even at the end", "[group_commit]") {
  MemoryStore store;
  Answers answers;
  {
    GroupCommit commit(store, patient());
    commit.submit(row(0), Urgency::lazy,
                  [&](const Outcome&) { commit.submit(row(1), Urgency::lazy, answers.expect(1)); });
  }
  CHECK(answers.order() == std::vector<int>{1});
  CHECK(store.get(key(1))->has_value());
}

TEST_CASE("a bug in a store is an answer and not the end of the thread", "[group_commit]") {
  class BuggyStore final : public storage::OrderedStore {
   public:
    Outcome commit(const WriteBatch&) override { throw BugFound("bug"); }
    Result<std::optional<std::string>> get(std::string_view) const override {
      return std::optional<std::string>();
    }
    std::unique_ptr<storage::Cursor> scan(std::string_view, storage::Direction,
                                          std::string_view) const override {
      return nullptr;
    }
    std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange>,
                                               const storage::ManyOptions&) const override {
      return nullptr;
    }
    Result<std::vector<Epoch>> claim(std::span<const ShardId>) override {
      return std::vector<Epoch>();
    }
  };
  BuggyStore store;
  GroupCommit commit(store, {});
  for (int twice = 0; twice < 2; ++twice) {
    CHECK(commit.commit_and_wait(row(0)).error().code == ErrorCode::internal_error);
  }
}

TEST_CASE("while a store takes no commits nothing is read from it for them", "[group_commit]") {
  class AwayStore final : public storage::OrderedStore {
   public:
    Outcome commit(const WriteBatch& batch) override {
      return is_away ? Outcome(Error(ErrorCode::overloaded, "away")) : memory_.commit(batch);
    }
    Result<std::optional<std::string>> get(std::string_view key) const override {
      return memory_.get(key);
    }
    std::unique_ptr<storage::Cursor> scan(std::string_view prefix, storage::Direction direction,
                                          std::string_view start_at) const override {
      return memory_.scan(prefix, direction, start_at);
    }
    std::unique_ptr<storage::Cursor> scan_many(std::vector<storage::KeyRange> ranges,
                                               const storage::ManyOptions& options) const override {
      return memory_.scan_many(std::move(ranges), options);
    }
    Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override {
      return memory_.claim(shards);
    }
    std::atomic<bool> is_away{false};

   private:
    MemoryStore memory_;
  };
  class Reader final : public storage::CommitFollower {
   public:
    void before(WriteBatch&) override { ++asked; }
    void after(const Outcome&) override {}
    std::atomic<int> asked{0};
  };
  AwayStore store;
  Reader reader;
  GroupCommitOptions options;
  options.followers = {&reader};
  GroupCommit commit(store, options);
  CHECK(commit.commit_and_wait(row(0)).ok());
  store.is_away = true;
  for (int i = 1; i < 4; ++i) {
    CHECK(commit.commit_and_wait(row(i)).error().code == ErrorCode::overloaded);
  }
  CHECK(reader.asked == 2);
  store.is_away = false;
  CHECK(commit.commit_and_wait(row(4)).ok());
  CHECK(reader.asked == 3);
}

TEST_CASE("many threads each see their own batches answered once and in order", "[group_commit]") {
  const auto store = any_store();
  constexpr int threads_max = 8;
  constexpr int batches = 200;
  std::vector<Answers> answers(threads_max);
  {
    GroupCommit commit(**store, {});
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_max; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < batches; ++i) {
          commit.submit(row(t * batches + i), i % 16 == 0 ? Urgency::urgent : Urgency::lazy,
                        answers[static_cast<std::size_t>(t)].expect(i));
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::vector<int> expected;
  for (int i = 0; i < batches; ++i) expected.push_back(i);
  for (auto& one : answers) CHECK(one.order() == expected);
  CHECK(rows_of(**store, "key ").size() == threads_max * batches);
}

TEST_CASE("failures at random moments never leave a hole behind in any thread's rows",
          "[group_commit]") {
  // Each thread is an owner that writes 1, 2, 3, ... under its generation; at an error it rebuilds:
  // it reads what is durable and goes on behind it. Its rows must never have a hole.
  MemoryStore store;
  constexpr int owners = 4;
  constexpr int last = 150;
  std::atomic<bool> is_running{true};
  std::atomic<int> holes{0};
  {
    GroupCommit commit(store, {1ms});
    std::thread saboteur([&] {
      while (is_running) {
        store.fail_next_commits(1, ErrorCode::overloaded);
        while (is_running && !commit.commit_and_wait(row(-1)).ok()) {
        }
      }
    });
    std::vector<std::thread> threads;
    for (int owner = 0; owner < owners; ++owner) {
      threads.emplace_back([&, owner] {
        const auto durable = [&] {
          int count = 0;
          while (store.get(key(owner * 10'000 + count + 1))->has_value()) ++count;
          return count;
        };
        while (durable() < last) {
          const Generation built = commit.generation();
          auto failed = std::make_shared<std::atomic<bool>>(false);
          auto answered = std::make_shared<std::atomic<int>>(0);
          int submitted = 0;
          for (int next = durable() + 1; next <= last && !*failed; ++next, ++submitted) {
            // Half of the owners have lanes of their own.
            const ProjectId lane(owner % 2 == 0 ? std::string() : "owner-" + std::to_string(owner));
            commit.submit(row(owner * 10'000 + next), {Urgency::lazy, built, lane},
                          [failed, answered](const Outcome& outcome) {
                            if (!outcome.ok()) *failed = true;
                            ++*answered;
                          });
            // Several in flight at once, so that a failure catches some queued and some not.
            while (submitted - *answered > 8) std::this_thread::yield();
          }
          while (*answered < submitted) std::this_thread::yield();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    is_running = false;
    saboteur.join();
  }
  for (int owner = 0; owner < owners; ++owner) {
    for (int i = 1; i <= last; ++i) {
      if (!store.get(key(owner * 10'000 + i))->has_value()) ++holes;
    }
  }
  CHECK(holes == 0);
}

}  // namespace
TEST_CASE("a commit tells how long it took, how many shared it and how long they waited") {
  ManualClock clock;
  storage::CommitTimings timings(clock);
  GatedStore store;
  store.close();
  Answers answers;
  {
    GroupCommit commits(store, {.timings = &timings});
    commits.submit(row(0), Urgency::urgent, answers.expect(0));
    store.wait_for_arrivals(1);
    // Both wait 3 ms behind the first commit, which takes as long.
    commits.submit(row(1), Urgency::urgent, answers.expect(1));
    commits.submit(row(2), Urgency::urgent, answers.expect(2));
    clock.advance(3ms);
    store.open();
  }
  CHECK(answers.order().size() == 3);
  CHECK(timings.commit.read().count() == 2);
  CHECK(timings.commit.read().sum == 3'000);
  CHECK(timings.batches.read().sum == 3);
  CHECK(timings.wait.read().count() == 3);
  CHECK(timings.wait.read().sum == 6'000);
}

TEST_CASE("a commit that wrote nothing or failed is not timed") {
  ManualClock clock;
  storage::CommitTimings timings(clock);
  MemoryStore store;
  GroupCommit commits(store, {.timings = &timings});
  CHECK(commits.commit_and_wait({}).ok());
  store.fail_next_commits(1, ErrorCode::storage_failed);
  CHECK_FALSE(commits.commit_and_wait(row(0)).ok());
  CHECK(timings.commit.read().count() == 0);
  CHECK(timings.wait.read().count() == 0);
}

}  // namespace millrace::tests
