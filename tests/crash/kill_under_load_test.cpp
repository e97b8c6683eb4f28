// The promise of the product: whatever was acknowledged survives the death of the process, at
// whatever moment it comes, and every step that was seen once is never run again.
#include "tests/crash/load_clients.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// MILLRACE_CRASH_SEED repeats the choices of an earlier run; the kernel's timing stays its own.
std::uint64_t chosen_seed() {
  const char* const given = std::getenv("MILLRACE_CRASH_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "crash test with MILLRACE_CRASH_SEED=" << seed << std::endl;
  return seed;
}

std::string unfinished(const TestProject& project, const std::string& status) {
  return project.get("/task-history/workflow-executions?status=" + status).at("/total");
}

/// Examines every run, on several threads as there are thousands.
std::vector<std::string> problems_of(const TestProject& project, const LoadPeer& peer,
                                     const std::vector<AcknowledgedRun>& runs) {
  std::vector<std::string> problems;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto examine = [&] {
    for (std::size_t i = next++; i < runs.size(); i = next++) {
      std::string problem;
      try {
        problem = problem_of(project, peer, runs[i]);
      } catch (const std::exception& failure) {
        problem = failure.what();
      }
      if (problem.empty()) continue;
      const std::lock_guard lock(mutex);
      problems.push_back(runs[i].workflow + ' ' + runs[i].id + ": " + problem);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(examine);
  for (auto& thread : threads) thread.join();
  return problems;
}

}  // namespace

TEST_CASE("every acknowledged run survives kills at random moments and ends right") {
  const std::uint64_t seed = chosen_seed();
  CAPTURE(seed);
  SeededRandom random(seed);
  CrashingServer server;
  const TestProject project(server.process());
  const LoadPeer peer;
  deploy_load_workflows(project, peer);
  LoadClients clients(server, project, 4, seed);
  constexpr int kills = 8;
  for (int i = 0; i < kills; ++i) {
    const std::chrono::milliseconds life(1'000 + random.below(2'000));
    REQUIRE_FALSE(server.process().wait_for_exit(life).has_value());
    server.kill_and_start();
  }
  clients.stop();
  CHECK(clients.surprises() == std::vector<std::string>());
  REQUIRE(clients.acknowledged().size() >= kills);
  std::cout << clients.acknowledged().size() << " runs were acknowledged, " << peer.repeats()
            << " requests were sent again" << std::endl;

  CHECK(poll_until([&] {
    return unfinished(project, "EXECUTING") == "0" && unfinished(project, "DELAYED") == "0";
  }));
  // Also runs whose acknowledgement never arrived end as their workflow says.
  CHECK(unfinished(project, "FAILED") == "0");
  CHECK(unfinished(project, "CANCELLED") == "0");

  CHECK(problems_of(project, peer, clients.acknowledged()) == std::vector<std::string>());
  std::set<std::string> ids;
  for (const AcknowledgedRun& run : clients.acknowledged()) CHECK(ids.insert(run.id).second);
  for (const auto& [run, entry] : clients.seen_ended()) {
    const std::string now = project.get(TestProject::execution_path(run)).text;
    if (now != entry) FAIL_CHECK(run << " had ended as " << entry << " and is now " << now);
  }
}
