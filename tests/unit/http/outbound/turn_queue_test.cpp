#include "http/outbound/turn_queue.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <map>
#include <vector>

namespace millrace {
namespace {

const ProjectId a("a");
const ProjectId b("b");

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

TEST_CASE("places are never lost over any order of arrivals, ends and withdrawals", "[outbound]") {
  SeededRandom random(7);
  TurnQueue queue({8, 3});
  std::map<std::uint64_t, std::pair<ProjectId, TurnQueue::Ticket>> waiting;
  std::vector<ProjectId> in_air;
  std::map<std::uint64_t, ProjectId> owner;
  std::uint64_t next = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto dice = random.below(4);
    if (dice < 2) {
      const ProjectId project(std::string(1, static_cast<char>('a' + random.below(5))));
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
