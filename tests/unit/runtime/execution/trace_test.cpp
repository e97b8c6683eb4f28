// A run's own requests belong to the trace of the request that triggered it.

#include "runtime/execution/branch_snapshot.h"
#include "runtime/text/ascii_text.h"
#include "tests/support/catch.h"
#include "tests/support/simulated_run.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <set>

namespace millrace {
namespace {

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string trigger_span = "00f067aa0ba902b7";

TraceParent trigger_trace() {
  return *TraceParent::parse("00-" + trace_id + "-" + trigger_span + "-01");
}

std::string steps(const std::string& headers = "{}") {
  return R"({"id": "send", "type": "request", "method": "GET", "url": "https://a.example",
      "headers": )" +
         headers + R"(, "retry": {"delays": ["1s"]}})";
}

std::vector<std::string> sent_traces(const SimulatedRun& run, const std::string& step = "send") {
  std::vector<std::string> traces;
  for (const HttpRequest& each : run.sent(step)) {
    std::string trace;
    for (const HttpHeader& header : each.headers) {
      if (lower_case(header.name) == "traceparent") trace += header.value;
    }
    traces.push_back(trace);
  }
  return traces;
}

std::unique_ptr<SimulatedRun> run_of(const std::string& text, std::optional<TraceParent> trace,
                                     SimulatedWorld world = {}) {
  auto run = std::make_unique<SimulatedRun>(compile_steps(text), std::move(world));
  run->start({.trace = trace});
  return run;
}

}  // namespace

TEST_CASE("a request of a traced run carries the trace id and a span id of its own") {
  const auto run = run_of(steps(), trigger_trace());
  run->run_to_end();
  const auto traces = sent_traces(*run);
  REQUIRE(traces.size() == 1);
  const auto sent = TraceParent::parse(traces[0]);
  REQUIRE(sent.has_value());
  CHECK(sent->trace_id == trigger_trace().trace_id);
  CHECK(sent->span_id != trigger_trace().span_id);
  CHECK(sent->flags == 1);
}

TEST_CASE("a request of a run without a trace carries none") {
  const auto run = run_of(steps(), std::nullopt);
  run->run_to_end();
  CHECK(sent_traces(*run) == std::vector<std::string>{""});
}

TEST_CASE("a traceparent that the definition sets is sent as it is and alone") {
  const auto run = run_of(steps(R"({"TraceParent": "own"})"), trigger_trace());
  run->run_to_end();
  CHECK(sent_traces(*run) == std::vector<std::string>{"own"});
}

TEST_CASE("each attempt is a span of the same trace") {
  SimulatedWorld world;
  world.requests.on("send", first_attempts(1, answering(503, nullptr), answering(200, 1)));
  const auto run = run_of(steps(), trigger_trace(), std::move(world));
  run->run_to_end();
  const auto traces = sent_traces(*run);
  REQUIRE(traces.size() == 2);
  CHECK(traces[0] != traces[1]);
  for (const auto& each : traces) CHECK_THAT(each, Catch::StartsWith("00-" + trace_id + "-"));
}

TEST_CASE("elements of a fan-out send spans of their own") {
  const auto run = run_of(
      R"({"id": "each", "type": "fanOut", "items": [1, 2, 3], "steps": [
          {"id": "send", "type": "request", "method": "GET", "url": "https://a.example"}]})",
      trigger_trace());
  run->run_to_end();
  const auto traces = sent_traces(*run);
  CHECK(std::set<std::string>(traces.begin(), traces.end()).size() == 3);
}

TEST_CASE("a request that is repeated after a crash is the same span by replay and by snapshot") {
  for (const auto how : {SimulatedRun::Reopen::by_replay, SimulatedRun::Reopen::through_snapshot}) {
    const auto run = run_of(steps(), trigger_trace());
    run->hold("send");
    run->run_until_waiting();
    const auto before = sent_traces(*run);
    REQUIRE(before.size() == 1);
    run->crash_and_reopen(how);
    run->run_until_waiting();
    CHECK(sent_traces(*run) == before);
  }
}

TEST_CASE("a snapshot keeps the trace and one whose trace is damaged is refused") {
  const auto run = run_of(steps(), trigger_trace());
  const std::string snapshot = BranchSnapshotCodec::write(run->root());
  BranchMachine machine(run->shared_workflow(), SimulatedRun::id());
  REQUIRE(BranchSnapshotCodec::restore(machine, snapshot).ok());
  CHECK(machine.scope().facts()->started.trace == trigger_trace());
  std::string damaged = snapshot;
  damaged.replace(damaged.find(trace_id), trace_id.size(), std::string(32, '0'));
  BranchMachine other(run->shared_workflow(), SimulatedRun::id());
  const auto restored = BranchSnapshotCodec::restore(other, damaged);
  REQUIRE_FALSE(restored.ok());
  CHECK(restored.error().code == ErrorCode::corrupt_data);
}

}  // namespace millrace
