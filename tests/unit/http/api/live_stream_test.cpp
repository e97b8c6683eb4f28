#include "http/api/live_stream.h"

#include "tests/support/catch.h"
#include "tests/unit/actors/observation/observed_runs.h"

using namespace millrace;

namespace {

const ProjectId acme("acme");
const std::string run_id = "00000000-0000-0000-0000-000000000000";

struct Streams {
  LiveStream open(LiveStream::Filter filter = {}, const std::string& last_event = {}) {
    auto seat = feed.take_seat(acme, filter.execution);
    return {feed, std::move(*seat), clock, std::move(filter), last_event};
  }
  /// What it writes next; `went` says how it goes on.
  std::string next(LiveStream& stream) {
    std::string text;
    went = stream.next([&](std::string_view bytes) {
      text += bytes;
      return !is_gone;
    });
    return text;
  }
  void end_run(int times = 1) {
    for (int i = 0; i < times; ++i) {
      tell(feed, workflow, {end_event(ExecutionStatus::failed, 0, ErrorCode::function_threw)},
           ExecutionStatus::failed);
    }
  }
  std::string id(std::uint64_t number) const {
    return "id: " + feed.incarnation() + "-" + std::to_string(number) + "\n\n";
  }

  ManualClock clock;
  std::shared_ptr<const Workflow> workflow = a_step_of_each_kind();
  LiveFeed feed{clock};
  StreamedBody::Next went = StreamedBody::Next::more;
  bool is_gone = false;
};

const std::string failed_run =
    R"({"id":")" + run_id +
    R"(","workflowId":"lead-to-crm","userId":"ada","status":"FAILED","at":"1970-01-01T00:00:00.000Z",)"
    R"("code":"function_threw"})";

}  // namespace

TEST_CASE("a stream begins with how to come back, and tells how runs stand") {
  Streams s;
  LiveStream stream = s.open();
  CHECK(s.next(stream) == "retry: 1000\n\n");
  s.end_run();
  CHECK(s.next(stream) ==
        "event: execution\ndata: {\"executions\":[" + failed_run + "]}\n\n" + s.id(1));
  CHECK(s.went == StreamedBody::Next::more);
}

TEST_CASE("steps are told to whoever looks on one run, the newest of each") {
  Streams s;
  LiveStream one = s.open({.execution = ExecutionId{}});
  LiveStream all = s.open();
  s.next(one);
  s.next(all);
  ObservedEvent retried = step_event(EventKind::step_failed, 5, Millis(2));
  retried.retry_at = test_epoch;
  tell(s.feed, s.workflow,
       {{.kind = EventKind::execution_started},
        retried,
        step_event(EventKind::step_completed, 5, Millis(3))},
       ExecutionStatus::executing);
  const std::string text = s.next(one);
  CHECK(text.find(R"("stepId":"fetch","status":"SUCCEEDED","attempt":1)") != std::string::npos);
  CHECK(text.find(R"("stepId":"fetch","status":"EXECUTING")") == std::string::npos);
  CHECK(text.find("event: step") < text.find("event: execution"));
  CHECK(s.next(all).find("event: step") == std::string::npos);
}

TEST_CASE("what came since the last message is told to whoever comes back, or that it is gone") {
  Streams s;
  LiveStream first = s.open();
  s.next(first);
  s.end_run();
  LiveStream second = s.open({}, s.feed.incarnation() + "-0");
  CHECK(s.next(second) == "retry: 1000\n\n");
  CHECK(s.next(second).find("event: execution") == 0);
  for (const std::string id : {"123-0", "x", "-1"}) {
    LiveStream other = s.open({}, id);
    CHECK(s.next(other) == "retry: 1000\n\nevent: gap\ndata: {}\n\n" + s.id(1));
  }
}

TEST_CASE("more than a message takes is a gap") {
  Streams s;
  LiveStream stream = s.open({.execution = ExecutionId{}});
  s.next(stream);
  const BranchPath root;
  const ExecutionId execution;
  const UserId user("ada");
  for (std::uint32_t i = 0; i <= limits::live_message_entries_max; ++i) {
    const BranchPath path = root.child(2, i);
    const std::vector<ObservedEvent> events{step_event(EventKind::step_completed, 3, Millis(1))};
    s.feed.durable({execution, acme, user, s.workflow, path, events});
  }
  CHECK(s.next(stream) == "event: gap\ndata: {}\n\n" + s.id(limits::live_message_entries_max + 1));
}

TEST_CASE("a stream is for one workflow where it says so") {
  Streams s;
  LiveStream other = s.open({.workflow = WorkflowId("other")});
  LiveStream own = s.open({.workflow = WorkflowId("lead-to-crm")});
  s.next(other);
  s.next(own);
  s.end_run();
  CHECK(s.next(own).find("event: execution") == 0);
  CHECK(s.next(other).empty());
}

TEST_CASE("a stream ends when its time is over, its client is gone, or the server stops") {
  Streams s;
  LiveStream late = s.open();
  s.next(late);
  LiveStream gone = s.open();
  s.next(gone);
  LiveStream closed = s.open();
  s.next(closed);
  s.end_run();
  s.is_gone = true;
  s.next(gone);
  CHECK(s.went == StreamedBody::Next::broken);
  s.is_gone = false;
  s.clock.advance(limits::live_stream_time);
  CHECK(s.next(late).find("event: execution") == 0);
  CHECK(s.went == StreamedBody::Next::end);
  s.feed.close();
  s.next(closed);
  CHECK(s.went == StreamedBody::Next::end);
}
