// Calls that nobody wants any more: they are answered, their code ends, and others take their place.

#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <atomic>
#include <thread>
#include <vector>

namespace millrace::test {
namespace {

/// May compute and wait for minutes, so that only a cancellation ends it.
SharedSource lasting(std::string code, std::string project = "acme") {
  FunctionSource source = function(std::move(code), std::move(project));
  source.limits.time = Millis(600'000);
  return shared(std::move(source));
}

struct Cancellable {
  FunctionEngine::CallId id = 0;
  std::future<FunctionOutcome> answer;
};

Cancellable begin(FunctionPool& pool, SharedSource source, std::string parameters = "{}") {
  auto promise = std::make_shared<std::promise<FunctionOutcome>>();
  auto answer = promise->get_future();
  const auto id =
      pool.run({std::move(source), std::move(parameters)},
               [promise](FunctionOutcome outcome) { promise->set_value(std::move(outcome)); });
  return {id, std::move(answer)};
}

FunctionPoolOptions one_place() {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;
  return options;
}

}  // namespace

TEST_CASE("a cancelled call is answered, and its place serves another project") {
  FunctionPool pool(one_place());
  for (const char* const code : {"() => { for (;;); }", "() => new Array(2 ** 32 - 1).map(x => x)",
                                 "() => new Promise(r => setTimeout(r, 500000))"}) {
    INFO(code);
    auto endless = begin(pool, lasting(code));
    REQUIRE(tests::poll_until([&] { return pool.stats().running == 1; }));
    pool.cancel(endless.id);
    CHECK(millrace::test::code(endless.answer.get()) == "cancelled");
    CHECK(text(call(pool, function("() => 1", "other"))) == "1");
    CHECK(tests::poll_until([&] { return pool.stats().running == 0; }));
    CHECK(pool.stats().suspended == 0);
  }
  CHECK(pool.stats().cancelled == 3);
  CHECK(pool.stats().timeouts == 0);
}

TEST_CASE("a call that is cancelled while it waits for a worker never runs") {
  FunctionPool pool(one_place());
  auto endless = begin(pool, lasting("() => { for (;;); }"));
  auto waiting = begin(pool, lasting("() => 1"));
  auto kept = begin(pool, lasting("() => 2"));
  pool.cancel(waiting.id);
  CHECK(code(waiting.answer.get()) == "cancelled");
  pool.cancel(endless.id);
  CHECK(code(endless.answer.get()) == "cancelled");
  CHECK(text(kept.answer.get()) == "2");
  CHECK(tests::poll_until([&] { return pool.stats().queued == 0; }));
}

TEST_CASE("cancelling a call again, after its answer, or one that never was changes nothing") {
  FunctionPool pool(one_place());
  auto endless = begin(pool, lasting("() => { for (;;); }"));
  pool.cancel(endless.id);
  pool.cancel(endless.id);
  CHECK(code(endless.answer.get()) == "cancelled");
  auto quick = begin(pool, lasting("() => 1"));
  CHECK(text(quick.answer.get()) == "1");
  pool.cancel(quick.id);
  pool.cancel(123'456);
  CHECK(run(pool, "() => 2") == "2");
  CHECK(pool.stats().cancelled == 1);
}

TEST_CASE("calls beside a cancelled one are answered all the same") {
  FunctionPool pool(one_place());
  const auto source = lasting("p => { if (p.hang) for (;;); return p.n }");
  for (int i = 0; i < 20; ++i) CHECK(text(begin(pool, source, R"({"n":1})").answer.get()) == "1");
  std::vector<Cancellable> calls;
  for (int i = 0; i < 100; ++i) {
    const std::string extra = i == 40 ? ",\"hang\":true" : "";
    calls.push_back(begin(pool, source, "{\"n\":" + std::to_string(i) + extra + "}"));
  }
  CHECK(text(calls[39].answer.get()) == "39");
  pool.cancel(calls[40].id);
  pool.cancel(calls[99].id);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i == 39) continue;
    INFO(i);
    const bool is_cancelled = i == 40 || i == 99;
    CHECK(text(calls[i].answer.get()).rfind(is_cancelled ? "cancelled" : std::to_string(i), 0) ==
          0);
  }
}

TEST_CASE("each call is answered once, whoever cancels while calls come in") {
  FunctionPool pool(small_pool());
  const auto source = lasting("() => 1");
  constexpr int count = 2'000;
  std::atomic<int> answers = 0;
  std::atomic<FunctionEngine::CallId> latest = 0;
  std::atomic<bool> over = false;
  std::thread canceller([&] {
    while (!over) pool.cancel(latest);
  });
  for (int i = 0; i < count; ++i) {
    latest = pool.run({source, "{}"}, [&](const FunctionOutcome&) { ++answers; });
  }
  CHECK(tests::poll_until([&] { return answers == count; }));
  over = true;
  canceller.join();
  CHECK(run(pool, "() => 2") == "2");
  CHECK(answers == count);
  CHECK(pool.stats().queued == 0);
}

}  // namespace millrace::test
