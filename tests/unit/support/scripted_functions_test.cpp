#include "tests/support/scripted_functions.h"

#include "tests/support/catch.h"

#include <future>

namespace millrace {
namespace {

FunctionCall call_of(const std::string& step, const std::string& parameters = "{}") {
  FunctionSource source;
  source.identity = "workflow@1/" + step;
  return {std::make_shared<const FunctionSource>(std::move(source)), parameters};
}

std::future<FunctionOutcome> run(ScriptedFunctions& functions, FunctionCall call) {
  auto promise = std::make_shared<std::promise<FunctionOutcome>>();
  functions.run(std::move(call),
                [promise](FunctionOutcome outcome) { promise->set_value(std::move(outcome)); });
  return promise->get_future();
}

}  // namespace

TEST_CASE("a scripted function answers by its rule and counts attempts per parameters") {
  ScriptedFunctions functions(FunctionScript().on(
      "call", failing_first(1, ErrorCode::function_timeout, "slow", returning(1))));
  CHECK_FALSE(run(functions, call_of("call", R"({"n":1})")).get().result.ok());
  CHECK_FALSE(run(functions, call_of("call", R"({"n":2})")).get().result.ok());
  CHECK(*run(functions, call_of("call", R"({"n":1})")).get().result == "1");
  CHECK(functions.calls("call") == 3);
  CHECK(*run(functions, call_of("other", R"({"n":3})")).get().result == R"({"n":3})");
}

TEST_CASE("a held function answers when it is released and lets others pass") {
  ScriptedFunctions functions;
  functions.hold("slow");
  auto slow = run(functions, call_of("slow"));
  CHECK(functions.wait_for_calls("slow", 1));
  CHECK(run(functions, call_of("quick")).get().result.ok());
  CHECK(slow.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  functions.on("slow", returning("late"));
  functions.release("slow");
  CHECK(*slow.get().result == R"("late")");
}

TEST_CASE("stopping scripted functions answers what is outstanding and refuses the rest") {
  ScriptedFunctions functions;
  functions.hold("slow");
  auto outstanding = run(functions, call_of("slow"));
  functions.stop();
  CHECK(outstanding.get().result.error().code == ErrorCode::overloaded);
  CHECK(run(functions, call_of("slow")).get().result.error().code == ErrorCode::overloaded);
  functions.stop();
}

}  // namespace millrace
