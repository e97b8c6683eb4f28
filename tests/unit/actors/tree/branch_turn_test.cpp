// Who drives a branch: one at a time, and nothing that is posted gets lost.
#include "actors/tree/branch_turn.h"

#include "tests/support/catch.h"

#include <atomic>
#include <thread>
#include <vector>

using namespace millrace;

namespace {

BranchTurn::News result(std::uint64_t number) { return FunctionFinished{number, nullptr}; }

std::uint64_t number_of(const std::optional<BranchTurn::News>& news) {
  return news ? std::get<FunctionFinished>(*news).number : 0;
}

}  // namespace

TEST_CASE("whoever posts to a branch that nobody drives gets the turn") {
  BranchTurn turn;
  REQUIRE(turn.post(result(1)));
  CHECK(number_of(turn.next()) == 1);
  CHECK_FALSE(turn.next());
  REQUIRE(turn.post(result(2)));
}

TEST_CASE("what is posted while somebody drives is taken up before the turn is given back") {
  BranchTurn turn;
  turn.enter();
  CHECK_FALSE(turn.post(result(1)));
  CHECK_FALSE(turn.post(FlushDue{}));
  CHECK_FALSE(turn.post(result(2)));
  CHECK(number_of(turn.next()) == 1);
  CHECK(number_of(turn.next()) == 2);
  const auto last = turn.next();
  REQUIRE(last);
  CHECK(std::holds_alternative<FlushDue>(*last));
  CHECK_FALSE(turn.next());
}

TEST_CASE("news that are left wait for whoever has the turn next") {
  BranchTurn turn;
  turn.leave_news(result(1));
  turn.enter();
  CHECK(number_of(turn.next()) == 1);
  CHECK_FALSE(turn.next());
}

TEST_CASE("reminders that come together are one") {
  BranchTurn turn;
  turn.enter();
  CHECK_FALSE(turn.post(FlushDue{}));
  CHECK_FALSE(turn.post(FlushDue{}));
  CHECK(turn.next());
  CHECK_FALSE(turn.next());
}

TEST_CASE("a turn that is given back early leaves what waits to the next one") {
  BranchTurn turn;
  REQUIRE(turn.post(result(1)));
  turn.leave();
  turn.enter();
  CHECK(number_of(turn.next()) == 1);
}

TEST_CASE("nothing is posted to a branch that is closed") {
  BranchTurn turn;
  turn.enter();
  CHECK_FALSE(turn.post(result(1)));
  turn.close();
  CHECK_FALSE(turn.next());
  CHECK_FALSE(turn.post(result(2)));
  turn.leave_news(result(3));
  turn.enter();
  CHECK_FALSE(turn.next());
}

TEST_CASE("many threads drive a branch one at a time and nothing gets lost") {
  constexpr int threads = 4;
  constexpr std::uint64_t each = 2'000;
  BranchTurn turn;
  std::atomic<int> inside{0};
  std::atomic<bool> were_two_inside{false};
  std::uint64_t taken = 0;  // whoever has the turn
  const auto drain = [&] {
    while (true) {
      if (inside.fetch_add(1) != 0) were_two_inside = true;
      // The last one gives the turn back: outside again before that.
      inside.fetch_sub(1);
      if (!turn.next()) return;
      ++taken;
    }
  };
  std::vector<std::thread> posters;
  for (int i = 0; i < threads; ++i) {
    posters.emplace_back([&, i] {
      for (std::uint64_t n = 1; n <= each; ++n) {
        if (i == 0) {
          turn.leave_news(result(n));
          turn.enter();
          drain();
        } else if (turn.post(result(n))) {
          drain();
        }
      }
    });
  }
  for (auto& poster : posters) poster.join();
  turn.enter();
  drain();
  CHECK_FALSE(were_two_inside);
  CHECK(taken == threads * each);
}
