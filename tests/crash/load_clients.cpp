#include "tests/crash/load_clients.h"

#include "tests/support/seeded_random.h"

namespace millrace::tests {
namespace {

/// Users read their history more often than they trigger; and each run is examined in the end, so
/// there should be thousands of them but not more.
constexpr std::size_t looks_per_run = 4;

}  // namespace

LoadClients::LoadClients(CrashingServer& server, const TestProject& project, std::size_t clients,
                         std::uint64_t seed)
    : server_(server), project_(project) {
  for (std::size_t i = 0; i < clients; ++i) {
    threads_.emplace_back([this, own_seed = seed + i] { work(own_seed); });
  }
}

void LoadClients::stop() {
  stopped_ = true;
  server_.stays_as_it_is();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void LoadClients::work(std::uint64_t seed) {
  SeededRandom random(seed);
  while (!stopped_) {
    const std::uint64_t starts = server_.starts();
    const std::string workflow = load_workflows[random.below(load_workflows.size())];
    const std::int64_t number = next_number_++;
    const std::string user = "user-" + std::to_string(random.below(8));
    const Answer answer = project_.trigger(workflow, load_body(number), user);
    if (answer.status == 0) {
      if (!server_.wait_for_start_after(starts)) return;
    } else {
      take(answer, workflow, number);
      for (std::size_t i = 0; i < looks_per_run; ++i) look_back(random.below(1'000'000));
    }
  }
}

void LoadClients::take(const Answer& answer, const std::string& workflow, std::int64_t number) {
  const std::lock_guard lock(mutex_);
  if (answer.status == 202) {
    acknowledged_.push_back({string_at(answer.json, "/executionId"), workflow, number, {}});
  } else if (answer.status == 200) {
    acknowledged_.push_back({string_at(answer.json, "/run"), workflow, number, answer.text});
  } else if (answer.status != 503) {
    surprises_.push_back(workflow + " was answered " + std::to_string(answer.status) + ": " +
                         answer.text);
  }
}

void LoadClients::look_back(std::uint64_t chance) {
  std::string run;
  {
    const std::lock_guard lock(mutex_);
    if (acknowledged_.empty()) return;
    run = acknowledged_[chance % acknowledged_.size()].id;
  }
  const Answer entry = project_.get(TestProject::execution_path(run));
  const std::lock_guard lock(mutex_);
  if (entry.status == 200 && entry.at("/status") == R"("SUCCEEDED")") {
    seen_ended_.emplace(run, entry.text);
  } else if (entry.status != 200 && entry.status != 0 && entry.status != 503) {
    surprises_.push_back("an acknowledged run is answered " + entry.text);
  }
}

}  // namespace millrace::tests
