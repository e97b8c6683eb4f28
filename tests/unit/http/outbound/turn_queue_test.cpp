#include "http/outbound/turn_queue.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <cstdlib>
#include <map>
#include <vector>

namespace millrace {
namespace {

const TurnQueue::Owner a{ProjectId("a"), UserId("u")};
const TurnQueue::Owner b{ProjectId("b"), UserId("u")};

std::vector<std::uint64_t> take_all(TurnQueue& queue) {
  std::vector<std::uint64_t> taken;
  while (const auto call = queue.take()) taken.push_back(*call);
  return taken;
}

}  // namespace

TEST_CASE("projects take turns however many calls each has", "[outbound]") {
  TurnQueue queue({100, 100});
  for (std::uint64_t i = 1; i <= 4; ++i) queue.add(a, i);
  queue.add(b, 10);
  queue.add(b, 11);
  CHECK(take_all(queue) == std::vector<std::uint64_t>{1, 10, 2, 11, 3, 4});
  CHECK(queue.in_air() == 6);
  CHECK(queue.waiting() == 0);
}

TEST_CASE("a project at its share is passed over until one of its calls ends", "[outbound]") {
  TurnQueue queue({100, 2});
  for (std::uint64_t i = 1; i <= 4; ++i) queue.add(a, i);
  queue.add(b, 10);
  CHECK(take_all(queue) == std::vector<std::uint64_t>{1, 10, 2});
  queue.end(a);
  CHECK(take_all(queue) == std::vector<std::uint64_t>{3});
  queue.end(b);
  CHECK(take_all(queue).empty());
}

TEST_CASE("no more calls are in the air than there are places", "[outbound]") {
  TurnQueue queue({2, 2});
  for (std::uint64_t i = 1; i <= 4; ++i) queue.add(i % 2 == 0 ? a : b, i);
  CHECK(take_all(queue).size() == 2);
  queue.end(a);
  CHECK(take_all(queue).size() == 1);
}

TEST_CASE("a call that is taken back never gets its turn", "[outbound]") {
  TurnQueue queue({100, 100});
  queue.add(a, 1);
  const auto ticket = queue.add(a, 2);
  const auto only = queue.add(b, 10);
  queue.remove(a, ticket);
  queue.remove(b, only);
  CHECK(take_all(queue) == std::vector<std::uint64_t>{1});
}

TEST_CASE("users of a project take turns however many calls each has", "[outbound]") {
  const TurnQueue::Owner other{a.project, UserId("v")};
  TurnQueue queue({100, 100});
  for (std::uint64_t i = 1; i <= 3; ++i) queue.add(a, i);
  queue.add(other, 10);
  CHECK(take_all(queue) == std::vector<std::uint64_t>{1, 10, 2, 3});
}

TEST_CASE("however many slow calls some users have, the next user's call goes at once",
          "[outbound]") {
  TurnQueue queue({4'000, 1'000});
  std::uint64_t id = 0;
  for (int user = 0; user < 5; ++user) {
    const TurnQueue::Owner flooding{a.project, UserId("u" + std::to_string(user))};
    for (int i = 0; i < 2'000; ++i) queue.add(flooding, ++id);
    take_all(queue);
    // None of their calls ends.
    queue.add({a.project, UserId("quiet" + std::to_string(user))}, ++id);
    CHECK(queue.take() == id);
  }
  CHECK(queue.in_air() < 1'000);
}

TEST_CASE("where there are only a few places a user alone may have them all", "[outbound]") {
  TurnQueue queue({20, 20});
  for (std::uint64_t i = 1; i <= 30; ++i) queue.add(a, i);
  CHECK(take_all(queue).size() == 20);
}

TEST_CASE("a user alone leaves the last places to those who have none", "[outbound]") {
  TurnQueue queue({4'000, 100});
  for (std::uint64_t i = 1; i <= 200; ++i) queue.add(a, i);
  CHECK(take_all(queue).size() == 98);
  for (std::uint64_t i = 0; i < 2; ++i) {
    const TurnQueue::Owner next{a.project, UserId("next" + std::to_string(i))};
    queue.add(next, 1'000 + 2 * i);
    queue.add(next, 1'001 + 2 * i);
    CHECK(take_all(queue) == std::vector<std::uint64_t>{1'000 + 2 * i});
  }
}

TEST_CASE("a user who comes later gets what becomes free until both have about the same",
          "[outbound]") {
  const TurnQueue::Owner later{a.project, UserId("later")};
  TurnQueue queue({4'000, 100});
  std::uint64_t id = 0;
  for (int i = 0; i < 1'000; ++i) queue.add(a, ++id);
  take_all(queue);
  const std::uint64_t last_of_first = id;
  for (int i = 0; i < 1'000; ++i) queue.add(later, ++id);
  int first = 98;
  int second = 0;
  for (int ends = 0; ends < 60; ++ends) {
    queue.end(a);
    --first;
    for (const std::uint64_t call : take_all(queue)) ++(call <= last_of_first ? first : second);
  }
  CHECK(std::abs(first - second) <= 4);
  CHECK(first + second >= 80);
}

TEST_CASE("a user has three quarters beside others, and all places when alone again",
          "[outbound]") {
  const TurnQueue::Owner other{a.project, UserId("other")};
  TurnQueue queue({4'000, 200});
  queue.add(other, 1'000);
  for (std::uint64_t i = 1; i <= 400; ++i) queue.add(a, i);
  take_all(queue);
  CHECK(queue.in_air() == 151);
  queue.end(other);
  take_all(queue);
  CHECK(queue.in_air() == 196);
}

TEST_CASE("however many slow calls some projects have, the next project's call goes at once",
          "[outbound]") {
  TurnQueue queue({400, 100});
  std::uint64_t id = 0;
  for (int project = 0; project < 8; ++project) {
    for (int user = 0; user < 20; ++user) {
      const TurnQueue::Owner flooding{ProjectId("p" + std::to_string(project)),
                                      UserId("u" + std::to_string(user))};
      for (int i = 0; i < 100; ++i) queue.add(flooding, ++id);
    }
    take_all(queue);
    queue.add({ProjectId("quiet" + std::to_string(project)), UserId("u")}, ++id);
    CHECK(queue.take() == id);
  }
}

TEST_CASE("places are never lost over any order of arrivals, ends and withdrawals", "[outbound]") {
  SeededRandom random(7);
  TurnQueue queue({8, 3});
  std::map<std::uint64_t, std::pair<TurnQueue::Owner, TurnQueue::Ticket>> waiting;
  std::vector<TurnQueue::Owner> in_air;
  std::map<std::uint64_t, TurnQueue::Owner> owner;
  std::uint64_t next = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto dice = random.below(4);
    if (dice < 2) {
      const TurnQueue::Owner project{
          ProjectId(std::string(1, static_cast<char>('a' + random.below(5)))),
          UserId(std::string(1, static_cast<char>('u' + random.below(3))))};
      const auto id = ++next;
      owner[id] = project;
      waiting.insert({id, {project, queue.add(project, id)}});
    } else if (dice == 2 && !waiting.empty() && waiting.size() > 20) {
      const auto [project, ticket] = waiting.begin()->second;
      queue.remove(project, ticket);
      waiting.erase(waiting.begin());
    } else if (!in_air.empty()) {
      const auto at = random.below(in_air.size());
      queue.end(in_air[at]);
      in_air.erase(in_air.begin() + static_cast<std::ptrdiff_t>(at));
    }
    while (const auto id = queue.take()) {
      in_air.push_back(owner.at(*id));
      REQUIRE(waiting.erase(*id) == 1);
    }
    REQUIRE(queue.in_air() == in_air.size());
    REQUIRE(queue.waiting() == waiting.size());
    REQUIRE(in_air.size() <= 8);
  }
  for (const auto& project : in_air) queue.end(project);
  std::size_t left = waiting.size();
  while (const auto id = queue.take()) {
    queue.end(owner.at(*id));
    --left;
  }
  CHECK(left == 0);
  CHECK(queue.in_air() == 0);
}

}  // namespace millrace
