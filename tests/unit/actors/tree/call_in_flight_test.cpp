#include "actors/tree/call_in_flight.h"

#include "storage/tables/file_table.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_functions.h"
#include "tests/support/scripted_http.h"
#include "tests/unit/actors/tree/branch_parts.h"
#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;

namespace {

/// A run that stands at its only step, and its calls.
class CallBed : public BranchParts {
 public:
  explicit CallBed(const std::string& step) : machine(compile_steps(step), execution) {
    ExecutionStarted started;
    started.project = project;
    started.user = user;
    started.trigger = share(JsonObject{{"request", {{"body", "in"}}}});
    started.settings = share(JsonObject());
    started.user_meta = share(JsonObject());
    machine.apply({clock.now(), started});
  }
  template <class Wanted>
  Wanted effect() const {
    return std::get<Wanted>(machine.plan(clock.now()));
  }
  FileHandle store_file(const std::string& bytes) {
    RunFiles files;
    const FileHandle file = files.keep(bytes);
    storage::WriteBatch batch;
    storage::FileTable::put(batch, execution, file, bytes);
    REQUIRE(store.commit(batch).ok());
    return file;
  }

  std::atomic<std::uint64_t> late{0};
  ScriptedFunctions functions;
  ScriptedHttp http;
  BranchMachine machine;
  CallInFlight call{
      {functions, http, reader, store, clock, random, late}, execution, machine, inbox};
};

const std::string function_step =
    R"({"id": "work", "type": "function", "code": "p => p",
        "parameters": {"v": "{{trigger.request.body}}"}})";
const std::string request_step =
    R"({"id": "ask", "type": "request", "method": "POST", "url": "https://api.example/a",
        "body": {"v": "{{trigger.request.body}}"}})";

}  // namespace

TEST_CASE("a function without files runs at once and its result completes the step") {
  CallBed bed(function_step);
  CHECK_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  CHECK(bed.call.is_open());
  auto finished = bed.inbox->next<FunctionFinished>();
  REQUIRE(finished);
  const auto end = bed.call.take(*finished);
  REQUIRE(end);
  CHECK(to_text(*std::get<StepCompleted>(end->event).output) == R"({"result":{"v":"in"}})");
  CHECK(end->files.empty());
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a request is sent when it is told that everything before it is durable") {
  CallBed bed(request_step);
  bed.http.on("ask", answering(200, JsonObject{{"id", 7}}));
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  CHECK(bed.http.sent("ask").empty());
  CHECK_FALSE(bed.call.take(CallIsDurable{number}));
  auto answered = bed.inbox->next<RequestAnswered>();
  REQUIRE(answered);
  const auto end = bed.call.take(*answered);
  REQUIRE(end);
  CHECK(std::holds_alternative<StepCompleted>(end->event));
  CHECK(bed.http.sent("ask").size() == 1);
}

TEST_CASE("an outcome of a call that was abandoned is counted and changes nothing") {
  CallBed bed(function_step);
  bed.functions.hold("work");
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  bed.call.abandon();
  bed.functions.release("work");
  auto finished = bed.inbox->next<FunctionFinished>();
  REQUIRE(finished);
  CHECK_FALSE(bed.call.take(*finished));
  CHECK(bed.late == 1);
}

TEST_CASE("abandoning a request that is in the air cancels it") {
  CallBed bed(request_step);
  bed.http.hold("ask");
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  REQUIRE(bed.http.wait_for_calls("ask", 1));
  bed.call.abandon();
  CHECK(bed.http.cancelled("ask") == 1);
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a function with a file waits until that is durable and gets its bytes as hex") {
  CallBed bed(function_step);
  const FileHandle file = bed.store_file("AB");
  RunFunction effect = bed.effect<RunFunction>();
  effect.parameters = R"({"v":")" + to_text(file) + "\"}";
  const auto number = bed.call.begin(std::move(effect), bed.clock.now());
  REQUIRE(number);
  CHECK(bed.functions.calls("work") == 0);
  CHECK_FALSE(bed.call.take(CallIsDurable{*number}));
  auto read = bed.inbox->next<FilesRead>();
  REQUIRE(read);
  CHECK_FALSE(bed.call.take(*read));
  REQUIRE(bed.inbox->next<FunctionFinished>());
  CHECK(bed.functions.parameters("work").front() == R"({"v":"4142"})");
}

TEST_CASE("files that are too much for a function fail its attempt") {
  CallBed bed(function_step);
  RunFunction effect = bed.effect<RunFunction>();
  effect.parameters = R"({"v":")" + to_text(bed.store_file("AB")) + "\"}";
  const auto number = bed.call.begin(std::move(effect), bed.clock.now());
  REQUIRE(number);
  FilesRead read{*number, std::make_shared<Result<RunFiles>>(
                              Error(ErrorCode::limit_exceeded, "too many bytes"))};
  const auto end = bed.call.take(read);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::limit_exceeded);
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a file in a response comes back beside the event with a handle in its place") {
  CallBed bed(request_step);
  bed.http.on("ask", answering_bytes(200, "image/png", "PNG"));
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  auto answered = bed.inbox->next<RequestAnswered>();
  REQUIRE(answered);
  const auto end = bed.call.take(*answered);
  REQUIRE(end);
  REQUIRE(end->files.all().size() == 1);
  const auto& [file, bytes] = *end->files.all().begin();
  CHECK(*bytes == "PNG");
  const std::string output = to_text(*std::get<StepCompleted>(end->event).output);
  CHECK(output.find(to_text(file)) != std::string::npos);
}

TEST_CASE("a result that is no JSON within bounds is the function's fault") {
  CallBed bed(function_step);
  bed.functions.on("work", returning_text("[" + std::string(100'000, '[')));
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  auto finished = bed.inbox->next<FunctionFinished>();
  REQUIRE(finished);
  const auto end = bed.call.take(*finished);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::function_output);
}

TEST_CASE("a branch has one call in flight at a time") {
  CallBed bed(function_step);
  bed.functions.hold("work");
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  CHECK_THROWS_AS(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()), BugFound);
}
