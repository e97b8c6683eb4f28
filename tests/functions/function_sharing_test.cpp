// Calls that last long beside others: who only waits needs no place, and who computes for long makes
// room for other projects and other users.

#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <vector>

namespace millrace::test {
namespace {

constexpr const char* endless = "() => { for (;;); }";
constexpr const char* sleeping = "() => new Promise(r => setTimeout(r, 500000))";

SharedSource lasting(std::string code, std::string project) {
  FunctionSource source = function(std::move(code), std::move(project));
  source.limits.time = Millis(600'000);
  return shared(std::move(source));
}

std::future<FunctionOutcome> start_for(FunctionPool& pool, const std::string& user,
                                       SharedSource source) {
  auto promise = std::make_shared<std::promise<FunctionOutcome>>();
  auto answer = promise->get_future();
  pool.run({std::move(source), "{}", UserId(user)},
           [promise](FunctionOutcome outcome) { promise->set_value(std::move(outcome)); });
  return answer;
}

FunctionPoolOptions places(std::size_t count) {
  FunctionPoolOptions options = small_pool();
  options.workers_max = count;
  return options;
}

}  // namespace

TEST_CASE("however many functions of a project only wait, another project's function runs") {
  for (const std::size_t count : {1U, 2U}) {
    FunctionPool pool(places(count));
    std::vector<std::future<FunctionOutcome>> waiting;
    for (int i = 0; i < 50; ++i) waiting.push_back(start(pool, lasting(sleeping, "a")));
    REQUIRE(tests::poll_until([&] { return pool.stats().suspended > count; }));
    CHECK(text(call(pool, function("() => 1", "b"))) == "1");
    CHECK(pool.stats().timeouts == 0);
  }
}

TEST_CASE("however many functions of a user only wait, another user's function runs") {
  FunctionPool pool(places(2));
  std::vector<std::future<FunctionOutcome>> waiting;
  const auto source = lasting("p => new Promise(r => setTimeout(r, 500000))", "a");
  for (int i = 0; i < 50; ++i) waiting.push_back(start_for(pool, "first", source));
  REQUIRE(tests::poll_until([&] { return pool.stats().suspended > 2; }));
  CHECK(text(start_for(pool, "second", lasting("() => 1", "a")).get()) == "1");
}

TEST_CASE("functions that compute for long make room for another project's") {
  FunctionPool pool(places(2));
  std::vector<std::future<FunctionOutcome>> busy;
  for (int i = 0; i < 4; ++i) busy.push_back(start(pool, lasting(endless, "a")));
  REQUIRE(tests::poll_until([&] { return pool.stats().running >= 2; }));
  for (int i = 0; i < 5; ++i) CHECK(text(call(pool, function("() => 1", "b"))) == "1");
  CHECK(pool.stats().suspensions > 0);
  CHECK(pool.stats().timeouts == 0);
}

TEST_CASE("functions that compute for long make room for another user's") {
  FunctionPool pool(places(2));
  std::vector<std::future<FunctionOutcome>> busy;
  for (int i = 0; i < 20; ++i) busy.push_back(start_for(pool, "first", lasting(endless, "a")));
  REQUIRE(tests::poll_until([&] { return pool.stats().running >= 2; }));
  for (int i = 0; i < 5; ++i) {
    CHECK(text(start_for(pool, "second", lasting("() => 1", "a")).get()) == "1");
  }
}

TEST_CASE("a function that waited goes on, also when nothing else is left to do") {
  FunctionPool pool(places(1));
  std::vector<std::future<FunctionOutcome>> answers;
  const auto source =
      shared(function("async p => { await new Promise(r => setTimeout(r, 60)); return p.n }", "a"));
  for (int i = 0; i < 20; ++i) {
    answers.push_back(start(pool, source, "{\"n\":" + std::to_string(i) + "}"));
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(text(answers[static_cast<std::size_t>(i)].get()) == std::to_string(i));
  }
  CHECK(tests::poll_until([&] { return pool.stats().suspended == 0; }));
  CHECK(pool.stats().suspensions > 0);
}

TEST_CASE("a function that waits keeps its place when no more workers may stand still") {
  FunctionPoolOptions options = places(1);
  options.suspended_workers_max = 1;
  FunctionPool pool(options);
  std::vector<std::future<FunctionOutcome>> answers;
  for (const std::string project : {"a", "b", "c", "a", "b", "c"}) {
    answers.push_back(start(
        pool, shared(function("async () => { await new Promise(r => setTimeout(r, 60)); return 1 }",
                              project))));
  }
  for (auto& answer : answers) CHECK(text(answer.get()) == "1");
  CHECK(pool.stats().suspended == 0);
}

TEST_CASE("a call's time does not go by while it makes room for others") {
  FunctionPool pool(places(1));
  // Each needs less than its limit, all together several times as much.
  std::vector<std::future<FunctionOutcome>> answers;
  for (int i = 0; i < 12; ++i) {
    FunctionSource source =
        function("() => { let x = 0; for (let i = 0; i < 1e8; ++i) x = (x + i) | 0; return 1 }",
                 "project" + std::to_string(i));
    source.limits.time = Millis(1'000);
    answers.push_back(start(pool, shared(std::move(source))));
  }
  for (auto& answer : answers) CHECK(text(answer.get()) == "1");
}

TEST_CASE("a wait counts as long as it was asked for, however long it takes") {
  FunctionPool pool(places(1));
  const auto outcome =
      call(pool, function("async () => { await new Promise(r => setTimeout(r, 1500)); return 1 }"));
  CHECK(text(outcome) == "1");
  CHECK(outcome.duration >= Millis(1'400));
  FunctionSource impatient = function("() => new Promise(r => setTimeout(r, 500000))");
  impatient.limits.time = Millis(100);
  CHECK(code(call(pool, impatient)) == "function_timeout");
}

}  // namespace millrace::test
