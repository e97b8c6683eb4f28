#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

namespace {

Json numbers(int count) {
  JsonArray items;
  for (int i = 0; i < count; ++i) items.push_back(i);
  return JsonObject{{"items", std::move(items)}};
}

const std::string doubled = "[" + fan_out(element_function) + "," + respond_items + "]";

}  // namespace

TEST_CASE("the results of a fan-out come back in input order") {
  ActorTestBed bed;
  bed.deploy("w", doubled);
  auto reply = bed.trigger("w", numbers(2'000));
  REQUIRE(reply.ok());
  const auto* response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  const auto& items = response->body.at("items").as_array();
  REQUIRE(items.size() == 2'000);
  for (int i = 0; i < 2'000; ++i) CHECK(items[static_cast<std::size_t>(i)] == Json(i));
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
}

TEST_CASE("no more elements run at once than the concurrency allows") {
  ActorTestBed bed;
  bed.deploy("w",
             "[" + fan_out(element_function, R"("concurrency":3,)") + "," + respond_items + "]");
  bed.functions->hold("item");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w", numbers(10)); });
  REQUIRE(bed.functions->wait_for_calls("item", 3));
  CHECK(bed.gateway->stats().children_live == 3);
  CHECK(bed.functions->calls("item") == 3);
  bed.functions->release("item");
  client.join();
  REQUIRE(reply->ok());
  CHECK(std::get<RunResponded>(**reply).body.at("items").as_array().size() == 10);
}

TEST_CASE("more elements than may be in memory run in turns") {
  ActorOptions options;
  options.fan_out_children_live_max = 4;
  ActorTestBed bed(options);
  bed.deploy("w", doubled);
  bed.functions->hold("item");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w", numbers(50)); });
  REQUIRE(bed.functions->wait_for_calls("item", 4));
  CHECK(bed.gateway->stats().children_live == 4);
  bed.functions->release("item");
  client.join();
  REQUIRE(reply->ok());
  CHECK(std::get<RunResponded>(**reply).body.at("items").as_array().size() == 50);
}

TEST_CASE("a failed element fails the run and names its index") {
  ActorTestBed bed;
  bed.script.on("item", when_parameter("v", 3, throwing("bad tag"), echoing()));
  bed.restart();
  bed.deploy("w", doubled);
  auto reply = bed.trigger("w", numbers(10));
  REQUIRE(reply.ok());
  const auto* failed = std::get_if<RunFailed>(&*reply);
  REQUIRE(failed != nullptr);
  CHECK(failed->step.text == "each");
  CHECK(failed->error.code == ErrorCode::fan_out_item_failed);
  CHECK(failed->error.message.find("element 3") != std::string::npos);
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
}

TEST_CASE("with onError continue the others finish and the errors are listed") {
  ActorTestBed bed;
  bed.script.on("item", when_parameter("v", 3, throwing("bad tag"), echoing()));
  bed.restart();
  bed.deploy("w", "[" + fan_out(element_function, R"("onError":"continue",)") +
                      R"(,{"id":"ok","type":"response","body":{"items":"{{item.result.v}}",
                          "errors":"{{each.errors}}"}}])");
  auto reply = bed.trigger("w", numbers(5));
  REQUIRE(reply.ok());
  const auto* response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  CHECK(to_text(response->body.at("items")) == "[0,1,2,null,4]");
  const auto& errors = response->body.at("errors").as_array();
  REQUIRE(errors.size() == 5);
  CHECK(errors[0].is_null());
  CHECK(errors[3].at("error").at("code") == "function_threw");
}

TEST_CASE("a crash in the middle of a fan-out continues with the missing elements only") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function, R"("concurrency":4,)") + "," +
                      R"({"id":"sum","type":"function","code":"p=>p",
                          "parameters":{"all":"{{item.result.v}}"}}])");
  bed.functions->hold("item");
  bed.functions->hold("sum");  // elements may be quick: the reduce is left for the next start
  const auto execution = bed.accept("w", numbers(12));
  REQUIRE(bed.functions->wait_for_calls("item", 4));
  bed.functions->release("item");
  REQUIRE(bed.functions->wait_for_calls("item", 6));
  bed.functions->hold("item");
  // Whatever is durable now is not run again; the rest is.
  bed.restart();
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto parameters = bed.functions->parameters("sum");
  REQUIRE(parameters.size() == 1);
  CHECK(parameters[0] == R"({"all":[0,1,2,3,4,5,6,7,8,9,10,11]})");
  CHECK(bed.functions->calls("item") <= 12);
}

TEST_CASE("a response inside a fan-out answers the request once") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"r","type":"response","statusCode":203,
      "body":{"v":"{{each.instance}}"}})",
                              R"("concurrency":1,)") +
                      "]");
  auto reply = bed.trigger("w", numbers(3));
  REQUIRE(reply.ok());
  const auto* response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  CHECK(response->status == 203);
  CHECK(to_text(response->body) == R"({"v":0})");
  CHECK(bed.reaches(response->execution, ExecutionStatus::succeeded));
}

TEST_CASE("nested fan-outs reduce to nested arrays") {
  ActorTestBed bed;
  bed.deploy("w", R"([{"id":"rows","type":"fanOut","items":"{{trigger.request.body.rows}}","steps":[
      {"id":"cells","type":"fanOut","items":"{{rows.instance}}","steps":[
        {"id":"cell","type":"function","code":"p=>p","parameters":{"v":"{{cells.instance}}"}}]}]},
      {"id":"ok","type":"response","body":{"all":"{{cell.result.v}}"}}])");
  auto body = parse_json(R"({"rows":[[1,2],[],[3]]})");
  auto reply = bed.trigger("w", *body);
  REQUIRE(reply.ok());
  const auto* response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  CHECK(to_text(response->body) == R"({"all":[[1,2],[],[3]]})");
}

TEST_CASE("a fan-out that is not done within its timeout fails and its elements go") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function, R"("timeout":"5s",)") + "]");
  bed.functions->hold("item");
  const auto execution = bed.accept("w", numbers(3));
  REQUIRE(bed.functions->wait_for_calls("item", 3));
  bed.clock.advance(Millis(4'000));
  CHECK(bed.status(execution) == ExecutionStatus::executing);
  bed.clock.advance(Millis(2'000));
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
  bed.functions->release("item");
  const auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  CHECK(shown->failure->got == "step_timeout");
}

TEST_CASE("a fan-out whose elements sleep is woken by its timeout, also after a restart") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(delay_step("2", "HOURS"), R"("timeout":"1h",)") + "]");
  const auto execution = bed.accept("w", numbers(3));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  bed.restart();
  bed.clock.advance(std::chrono::minutes(61));
  CHECK(bed.reaches(execution, ExecutionStatus::failed));
}
