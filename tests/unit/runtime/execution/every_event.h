#pragma once
// One event of each kind with all members set, and the page that holds it. The pages are pinned:
// journals with them are on disks, so they must be readable for ever.

#include "runtime/execution/event.h"
#include "tests/support/manual_clock.h"

#include <string>
#include <vector>

namespace millrace {

struct StoredEvent {
  EventBody body;
  std::string page;
};

inline std::vector<StoredEvent> stored_events() {
  const Instant later = test_epoch + Millis(1'500);
  ExecutionStarted started;
  started.project = ProjectId("acme");
  started.user = UserId("ada");
  started.workflow = WorkflowId("lead-to-crm");
  started.version = 3;
  started.trigger = share(JsonObject{{"request", {{"body", {{"name", "Ad\u00e4"}}}}}});
  started.settings = share(JsonObject{{"channel", "#sales"}});
  started.user_meta = share(nullptr);

  ExecutionStarted tested = started;
  tested.is_test = true;
  tested.credential = "account-1";

  ExecutionStarted traced = started;
  traced.trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

  ExecutionStarted replayed = started;
  replayed.replay =
      ReplayStart{*ExecutionId::parse("01890000-0000-8000-8000-000000000001"), std::nullopt, {}};
  ExecutionStarted from_step = replayed;
  from_step.replay->from_step = 2;
  from_step.replay->kept = {{0, share(JsonObject{{"result", 1}}), false},
                            {1, share(JsonObject()), true}};

  StepCompleted completed;
  completed.step = 1;
  completed.attempt = 2;
  completed.started = test_epoch;
  completed.output = share(JsonObject{{"result", {1.5, "two", nullptr, true}}});
  completed.input_bytes = 17;
  completed.tasks = 1;
  completed.console = {{"log", "first\nline"}, {"warn", "\u2713 \"quoted\""}};

  StepFailed retried;
  retried.step = 1;
  retried.attempt = 1;
  retried.started = test_epoch;
  retried.code = ErrorCode::function_timeout;
  retried.message = "too slow";
  retried.retry_at = later;
  retried.input_bytes = 2;
  retried.console = {{"error", "careful"}};
  StepFailed failed = retried;
  failed.retry_at.reset();
  failed.console.clear();

  StepFailed answered = failed;
  answered.code = ErrorCode::request_failed;
  answered.response = share(JsonObject{{"statusCode", 503}, {"body", nullptr}});

  PageFetched page;
  page.step = 2;
  page.attempt = 3;
  page.started = test_epoch;
  page.results = share(JsonArray{1, {{"id", 2}}});
  page.next_token = share("b");
  page.bytes = 99;

  FanOutJoined joined;
  joined.step = 3;
  joined.started = test_epoch;
  joined.outputs = {{4, share(JsonArray{1, nullptr})}, {5, share(JsonArray())}};
  joined.output = share(JsonObject{{"errors", JsonArray()}});
  joined.tasks = 2;
  FanOutJoined counted;
  counted.step = 3;
  counted.started = test_epoch;
  counted.output = share(JsonObject());
  StepCounts inside;
  inside.of(4).succeeded = 2;
  inside.of(4).failed = 1;
  inside.of(4).start = test_epoch;
  counted.inside = std::make_shared<const StepCounts>(inside);

  ExecutionEnded broken;
  broken.status = ExecutionStatus::failed;
  broken.step = 4;
  broken.code = ErrorCode::function_threw;
  broken.message = "no such lead";
  ExecutionEnded parked = broken;
  parked.step.reset();
  ExecutionEnded cancelled;
  cancelled.status = ExecutionStatus::cancelled;

  return {
      {started,
       R"(1[{"k":1,"t":1767225600000,"p":"acme","u":"ada","w":"lead-to-crm","v":3,)"
       R"("in":{"request":{"body":{"name":"Adä"}}},"st":{"channel":"#sales"},"um":null}])"},
      {tested,
       R"(1[{"k":1,"t":1767225600000,"p":"acme","u":"ada","w":"lead-to-crm","v":3,)"
       R"("in":{"request":{"body":{"name":"Adä"}}},"st":{"channel":"#sales"},"um":null,"tm":1,)"
       R"("cr":"account-1"}])"},
      {completed, R"(1[{"k":2,"t":1767225600000,"s":1,"a":2,"b":1767225600000,)"
                  R"("o":{"result":[1.5,"two",null,true]},"i":17,"n":1,)"
                  R"("c":[["log","first\nline"],["warn","✓ \"quoted\""]]}])"},
      {retried, R"(1[{"k":3,"t":1767225600000,"s":1,"a":1,"b":1767225600000,"e":23,"m":"too slow",)"
                R"("r":1767225601500,"i":2,"c":[["error","careful"]]}])"},
      {failed,
       R"(1[{"k":3,"t":1767225600000,"s":1,"a":1,"b":1767225600000,"e":23,"m":"too slow","i":2}])"},
      {answered,
       R"(1[{"k":3,"t":1767225600000,"s":1,"a":1,"b":1767225600000,"e":35,"m":"too slow",)"
       R"("i":2,"re":{"statusCode":503,"body":null}}])"},
      {page, R"(1[{"k":10,"t":1767225600000,"s":2,"a":3,"b":1767225600000,"x":[1,{"id":2}],)"
             R"("to":"b","y":99,"n":1}])"},
      {RequestPaused{2, 1, test_epoch, later, 429},
       R"(1[{"k":11,"t":1767225600000,"s":2,"a":1,"b":1767225600000,"d":1767225601500,"h":429}])"},
      {RequestPaused{2, 1, test_epoch, later, 0},
       R"(1[{"k":11,"t":1767225600000,"s":2,"a":1,"b":1767225600000,"d":1767225601500}])"},
      {DelayArmed{2, later}, R"(1[{"k":4,"t":1767225600000,"s":2,"d":1767225601500}])"},
      {DelayElapsed{2}, R"(1[{"k":5,"t":1767225600000,"s":2}])"},
      {FanOutOpened{3, 100}, R"(1[{"k":6,"t":1767225600000,"s":3,"n":100}])"},
      {joined, R"(1[{"k":7,"t":1767225600000,"s":3,"b":1767225600000,"x":[[4,[1,null]],[5,[]]],)"
               R"("o":{"errors":[]},"n":2}])"},
      {FanOutOpened{3, 100, true}, R"(1[{"k":6,"t":1767225600000,"s":3,"n":100,"lf":1}])"},
      {counted, R"(1[{"k":7,"t":1767225600000,"s":3,"b":1767225600000,"x":[],"o":{},"n":0,)"
                R"("sc":[[4,2,1,0,0,0,0,1767225600000,null]]}])"},
      {ExecutionMigrated{2, 3, 1, {{0, 0}, {2, 1}}, "API key", nullptr},
       R"(1[{"k":12,"t":1767225600000,"vf":2,"v":3,"s":1,"x":[[0,0],[2,1]],"by":"API key"}])"},
      {CancelRequested{}, R"(1[{"k":8,"t":1767225600000}])"},
      {ExecutionEnded{}, R"(1[{"k":9,"t":1767225600000,"z":3}])"},
      {broken, R"(1[{"k":9,"t":1767225600000,"z":4,"s":4,"e":21,"m":"no such lead"}])"},
      {parked, R"(1[{"k":9,"t":1767225600000,"z":4,"e":21,"m":"no such lead"}])"},
      {traced, R"(1[{"k":1,"t":1767225600000,"p":"acme","u":"ada","w":"lead-to-crm","v":3,)"
               R"("in":{"request":{"body":{"name":"Adä"}}},"st":{"channel":"#sales"},"um":null,)"
               R"("tp":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}])"},
      {cancelled, R"(1[{"k":9,"t":1767225600000,"z":5}])"},
      {replayed, R"(1[{"k":1,"t":1767225600000,"p":"acme","u":"ada","w":"lead-to-crm","v":3,)"
                 R"("in":{"request":{"body":{"name":"Adä"}}},"st":{"channel":"#sales"},"um":null,)"
                 R"("rp":"01890000-0000-8000-8000-000000000001"}])"},
      {from_step, R"(1[{"k":1,"t":1767225600000,"p":"acme","u":"ada","w":"lead-to-crm","v":3,)"
                  R"("in":{"request":{"body":{"name":"Adä"}}},"st":{"channel":"#sales"},"um":null,)"
                  R"("rp":"01890000-0000-8000-8000-000000000001","fs":2,)"
                  R"("kp":[[0,{"result":1}],[1,{},1]]}])"},
  };
}

}  // namespace millrace
