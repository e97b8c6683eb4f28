// The processes behind the pool: how they die, what replaces them, what they are forbidden, and
// that nothing is left of them.

#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>

namespace millrace::test {
namespace {

std::size_t open_descriptors() {
  const auto folder = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(folder, {}));
}

/// Children of this process, zombies included.
std::size_t children() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    pid_t pid = 0;
    while (file >> pid) ++count;
  }
  return count;
}

/// Processor time of a process so far, in clock ticks.
std::uint64_t ticks_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name in parentheses may hold anything; user and system time are the 12th and 13th after it.
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return user + system;
}

/// Waits until a busy function burns in one of the pool's workers. That a call was sent is not
/// enough: a call that its worker has not begun when it dies goes to another worker.
bool burns(const FunctionPool& pool) {
  constexpr std::uint64_t enough_ticks = 10;
  std::map<pid_t, std::uint64_t> before;
  for (const pid_t pid : pool.stats().workers) before.emplace(pid, ticks_of(pid));
  return tests::poll_until([&] {
    if (pool.stats().running == 0) return false;
    for (const pid_t pid : pool.stats().workers) {
      const auto [entry, is_new] = before.emplace(pid, ticks_of(pid));
      if (ticks_of(pid) >= entry->second + enough_ticks) return true;
    }
    return false;
  });
}

/// A function that may take long on a loaded machine before it comes to its end.
FunctionSource patient(std::string code) {
  FunctionSource source = function(std::move(code));
  source.limits.time = Millis(20'000);
  return source;
}

/// Exit status of the worker binary that plays a taken-over worker.
int attempt(const char* what) {
  std::string binary = MILLRACE_FUNCTION_WORKER;
  std::string option = "--attempt";
  std::string name = what;
  char* const arguments[] = {binary.data(), option.data(), name.data(), nullptr};
  pid_t pid = 0;
  REQUIRE(::posix_spawn(&pid, binary.c_str(), nullptr, nullptr, arguments, nullptr) == 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

}  // namespace

TEST_CASE("a worker that was taken over reaches nothing") {
  for (const char* const what :
       {"socket", "fork", "exec", "kill", "ptrace", "read", "thread-socket", "thread-exec"}) {
    INFO(what);
    const int status = attempt(what);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSYS);
  }
  for (const char* const what : {"open", "write", "memory", "thread-open"}) {
    INFO(what);
    const int status = attempt(what);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("a worker that is killed fails only the call that was running") {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;
  options.spare_workers = 0;
  FunctionPool pool(options);
  REQUIRE(run(pool, "() => 1") == "1");
  const auto victim = pool.stats().workers.at(0);
  auto running = start(pool, shared(patient("() => { for (;;); }")));
  std::vector<std::future<FunctionOutcome>> behind;
  for (int i = 0; i < 20; ++i) behind.push_back(start(pool, shared(function("() => 'behind'"))));
  REQUIRE(burns(pool));
  ::kill(victim, SIGKILL);
  CHECK(code(running.get()) == "function_worker_died");
  for (auto& answer : behind) CHECK(text(answer.get()) == R"("behind")");
  CHECK(pool.stats().deaths == 1);
}

TEST_CASE("a killed worker is replaced for less work than a pool begins with") {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;
  // Under 50 ms on one machine, 80 on another: what a process costs differs, so a beginning is the measure.
  std::vector<Millis> beginnings;
  for (int i = 0; i < 3; ++i) {
    const Effort effort;
    FunctionPool fresh(options);
    REQUIRE(run(fresh, "() => 1") == "1");
    beginnings.push_back(effort.spent());
  }
  FunctionPool pool(options);
  std::vector<Millis> times;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(run(pool, "() => 1") == "1");
    auto running = start(pool, shared(patient("() => { for (;;); }")));
    REQUIRE(burns(pool));
    REQUIRE(tests::poll_until([&] { return pool.stats().workers.size() == 2; }));
    // The busy one is the one that burns; killing all but it would be no test.
    for (const pid_t pid : pool.stats().workers) ::kill(pid, SIGKILL);
    CHECK(code(running.get()) == "function_worker_died");
    const Effort effort;
    CHECK(run(pool, "() => 1") == "1");
    times.push_back(effort.spent());
  }
  // The best of five: the others may have met a loaded machine.
  CHECK(*std::min_element(times.begin(), times.end()) <
        *std::max_element(beginnings.begin(), beginnings.end()));
}

TEST_CASE("a zygote that is killed is started again and its workers live on") {
  FunctionPool pool(small_pool());
  REQUIRE(run(pool, "() => 1") == "1");
  const pid_t zygote = pool.stats().zygote;
  auto running =
      start(pool, shared(function("() => new Promise(r => setTimeout(r, 200, 'kept'))")));
  REQUIRE(tests::poll_until([&] { return pool.stats().running == 1; }));
  ::kill(zygote, SIGKILL);
  CHECK(text(running.get()) == R"("kept")");
  REQUIRE(tests::poll_until([&] { return pool.stats().zygote != zygote; }));
  for (int i = 0; i < 4; ++i) {
    CHECK(text(call(pool, function("() => 1", "project" + std::to_string(i)))) == "1");
  }
}

TEST_CASE("a stopped pool answers every call once and leaves nothing behind") {
  const auto descriptors = open_descriptors();
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> answers = 0;
    std::atomic<int> overloaded = 0;
    {
      FunctionPool pool(small_pool());
      const auto slow = shared(function("() => new Promise(r => setTimeout(r, 1500))"));
      const auto endless = shared(function("() => { for (;;); }"));
      for (int i = 0; i < 500; ++i) {
        pool.run({i % 2 == 0 ? slow : endless, "{}"}, [&](const FunctionOutcome& outcome) {
          ++answers;
          if (code(outcome) == "overloaded") ++overloaded;
        });
      }
      if (round > 0) std::this_thread::sleep_for(Millis(60));
      const Effort effort;
      pool.stop();
      CHECK(effort.spent() < Millis(1'000));
      CHECK(answers == 500);
      pool.run({slow, "{}"}, [&](const FunctionOutcome&) { ++answers; });
      CHECK(answers == 501);
      CHECK_FALSE(pool.check("() => 1").ok());
    }
    CHECK(overloaded == 500);
    CHECK(children() == 0);
    CHECK(open_descriptors() == descriptors);
  }
}

TEST_CASE("deaths and hand-overs leak neither descriptors nor zombies") {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;
  options.resting_workers_max = 0;
  FunctionPool pool(options);
  REQUIRE(run(pool, "() => 1") == "1");
  REQUIRE(tests::poll_until([&] { return pool.stats().workers.size() == 2; }));
  const auto descriptors = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    CHECK(code(call(pool, patient("() => 'a'.repeat(2 ** 28).split('')"))) == "function_memory");
    CHECK(text(call(pool, function("() => 1", "project" + std::to_string(i)))) == "1");
  }
  // One worker, one spare, one zygote; the rest must be gone.
  CHECK(tests::poll_until([&] { return children() == 3; }));
  CHECK(tests::poll_until([&] { return open_descriptors() == descriptors; }));
}

TEST_CASE("projects that take turns on one place find their workers again") {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;
  FunctionPool pool(options);
  const auto call_both = [&] {
    for (const char* const project : {"one", "other"}) {
      CHECK(text(call(pool, function("() => 1", project))) == "1");
    }
  };
  call_both();
  // One for each project, and a spare.
  REQUIRE(tests::poll_until([&] { return pool.stats().workers.size() == 3; }));
  for (int i = 0; i < 20; ++i) call_both();
  CHECK(pool.stats().forks == 3);
  CHECK(pool.stats().handovers >= 41);
  CHECK(pool.stats().resting == 1);
}

TEST_CASE("a worker that is killed while it rests is replaced") {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;
  FunctionPool pool(options);
  for (int i = 0; i < 3; ++i) {
    CHECK(text(call(pool, function("() => 1", "one"))) == "1");
    CHECK(text(call(pool, function("() => 1", "other"))) == "1");
    REQUIRE(tests::poll_until([&] { return pool.stats().resting == 1; }));
    REQUIRE(tests::poll_until([&] { return pool.stats().workers.size() == 3; }));
    for (const pid_t pid : pool.stats().workers) ::kill(pid, SIGKILL);
    REQUIRE(tests::poll_until([&] { return pool.stats().resting == 0; }));
  }
}

TEST_CASE("a missing worker binary is reported and not waited for") {
  FunctionPoolOptions options = small_pool();
  options.worker_binary = "/nonexistent/millrace-function-worker";
  FunctionPool pool(options);
  CHECK(code(call(pool, function("() => 1"))) == "function_worker_died");
  CHECK(pool.stats().forks == 0);
}

TEST_CASE("workers that cannot start fail their calls and leave nothing behind") {
  const auto descriptors = open_descriptors();
  const auto folder = std::filesystem::temp_directory_path() /
                      ("millrace-no-snapshot-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  {
    // A worker without the snapshot that belongs beside it.
    FunctionPoolOptions options = small_pool();
    options.worker_binary = folder / "millrace-function-worker";
    std::filesystem::copy_file(MILLRACE_FUNCTION_WORKER, options.worker_binary);
    FunctionPool pool(options);
    const Effort effort;
    std::vector<std::future<FunctionOutcome>> answers;
    for (int i = 0; i < 100; ++i) answers.push_back(start(pool, shared(function("() => 1"))));
    for (auto& answer : answers) CHECK(code(answer.get()) == "function_worker_died");
    CHECK(effort.spent() < Millis(10'000));
  }
  std::filesystem::remove_all(folder);
  CHECK(children() == 0);
  CHECK(open_descriptors() == descriptors);
}

}  // namespace millrace::test
