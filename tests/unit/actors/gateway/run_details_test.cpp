// One run in detail: what is counted, listed and found of its fan-outs, over crashes and restarts, and of runs
// that were stored before anything was counted.
#include "actors/gateway/run_details.h"

#include "runtime/execution/event_codec.h"
#include "storage/keys.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/step_rows.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <atomic>
#include <map>
#include <stdexcept>

using namespace millrace;

namespace {

std::string function(const std::string& id, const std::string& parameters,
                     const std::string& extra = "") {
  return R"({"id":")" + id + R"(","type":"function","code":"(p) => p",)" + extra +
         R"("parameters":{"v":")" + parameters + "\"}}";
}

/// {"items": [0, 1, ...]}
Json items(int count) {
  JsonArray all;
  for (int i = 0; i < count; ++i) all.emplace_back(i);
  return JsonObject{{"items", std::move(all)}};
}

FunctionRule failing_at(std::vector<int> places) {
  return [places = std::move(places)](const ScriptedCall& call) {
    const auto at = call.parameters.at("v").to_number<int>();
    const bool fails = std::find(places.begin(), places.end(), at) != places.end();
    return (fails ? throwing("no " + std::to_string(at)) : returning(at))(call);
  };
}

/// "item: SUCCEEDED 3 FAILED 1 of 4", by step.
std::map<std::string, std::string> counts_in(const RunDetails::Graph& graph) {
  std::map<std::string, std::string> shown;
  for (const auto& step : graph.steps) {
    std::string text;
    StepCount count = step.count;
    for (const char* status : {"SUCCEEDED", "FAILED", "CANCELLED", "EXECUTING", "DELAYED"}) {
      const auto number = count.of_status(status);
      if (number == 0) continue;
      text += (text.empty() ? "" : " ") + std::string(status) + " " + std::to_string(number);
    }
    if (count.elements != 0) text += " of " + std::to_string(count.elements);
    shown[step.step] = text;
  }
  return shown;
}

std::map<std::string, std::string> graph_of(const ActorTestBed& bed, const ExecutionId& execution) {
  const auto graph = bed.history->runs().graph(bed.project, execution);
  CHECK(graph.ok());
  CHECK_FALSE(graph->is_partial);
  return counts_in(*graph);
}

std::vector<std::string> ids_of(const std::vector<StepExecution>& steps) {
  std::vector<std::string> ids;
  for (const auto& step : steps) ids.push_back(step.id);
  return ids;
}

/// All pages of the query.
std::vector<std::string> page_through(const ActorTestBed& bed, const ExecutionId& execution,
                                      StepQuery query) {
  std::vector<std::string> ids;
  for (;;) {
    const auto page = bed.history->runs().steps(bed.project, execution, query);
    CHECK(page.ok());
    for (const auto& step : page->steps) ids.push_back(step.id);
    if (!page->next) return ids;
    query.after = page->next;
  }
}

/// Everything that this version adds is taken out of the rows, as if the run had been stored before.
void make_old(storage::MemoryStore& store, const ExecutionId& execution) {
  const storage::ExecutionTable table(store);
  const auto root = table.pages(execution, {});
  REQUIRE(root.ok());
  storage::WriteBatch batch;
  for (auto page : *root) {
    auto events = parse_json(std::string_view(page.events).substr(1), limits::stored_depth_max);
    REQUIRE(events.ok());
    for (auto& event : events->as_array()) {
      event.as_object().erase("sc");
      event.as_object().erase("lf");
    }
    page.events = "1" + to_text(*events);
    storage::ExecutionTable::put_page(batch, execution, {}, page);
  }
  const auto remove_all = [&](const std::string& prefix) {
    const auto cursor = store.scan(prefix, storage::Direction::forward, {});
    for (; cursor->valid(); cursor->next()) batch.remove(std::string(cursor->key()));
  };
  remove_all(storage::keys::step_counts(execution));
  remove_all(storage::keys::failed_steps(execution));
  REQUIRE(store.commit(batch).ok());
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "the graph counts how often each step went how, and failed elements are found by their rows") {
  ActorTestBed bed;
  bed.script.on("item", failing_at({3, 17, 29}));
  bed.restart();
  bed.deploy("w", "[" +
                      fan_out(function("item", "{{each.instance}}") + "," +
                                  function("more", "{{each.index}}"),
                              R"("onError":"continue",)") +
                      "," + function("end", "1") + "]");
  const auto execution = bed.accept("w", items(40));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto graph = bed.history->runs().graph(bed.project, execution);
  REQUIRE(graph.ok());
  CHECK(counts_in(*graph) == std::map<std::string, std::string>{{"trigger", "SUCCEEDED 1"},
                                                                {"each", "SUCCEEDED 1 of 40"},
                                                                {"item", "SUCCEEDED 37 FAILED 3"},
                                                                {"more", "SUCCEEDED 37"},
                                                                {"end", "SUCCEEDED 1"}});
  CHECK(graph->definition.at("name") == "w");
  CHECK(graph->steps[2].count.start.has_value());
  CHECK(graph->steps[2].count.end.has_value());

  const auto& runs = bed.history->runs();
  auto page = runs.steps(bed.project, execution, {.statuses = {"FAILED"}, .limit = 2});
  REQUIRE(page.ok());
  CHECK(ids_of(page->steps) == Ids{"item.3", "item.17"});
  CHECK(page->total == 3);
  REQUIRE(page->steps[0].error);
  CHECK(page->steps[0].error->message == "no 3");
  CHECK(page->steps[0].input_bytes == 7);
  page =
      runs.steps(bed.project, execution, {.statuses = {"FAILED"}, .after = page->next, .limit = 2});
  REQUIRE(page.ok());
  CHECK(ids_of(page->steps) == Ids{"item.29"});
  CHECK_FALSE(page->next);
  CHECK(page_through(bed, execution, {.step = "more", .statuses = {"FAILED"}}).empty());
  CHECK(page_through(bed, execution, {.step = "nothing", .statuses = {"FAILED"}}).empty());
  CHECK(page_through(bed, execution, {.indexes = {17}}) == Ids{"item.17"});
  CHECK(page_through(bed, execution, {.limit = 7}).size() == 2 + 40 + 37 + 1);
  CHECK(*runs.steps(bed.project, execution, {})->total == 80);
  CHECK_FALSE(runs.steps(bed.project, execution, {.indexes = {17}})->total);
}

TEST_CASE(
    "a fan-out that fails takes along what its elements have done, and the cause is its first "
    "failed row") {
  ActorTestBed bed;
  bed.script.on("item", failing_at({2}));
  bed.restart();
  bed.deploy("w",
             "[" + fan_out(function("item", "{{each.instance}}"), R"("concurrency":1,)") + "]");
  const auto execution = bed.accept("w", items(6));
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  const auto counts = graph_of(bed, execution);
  CHECK(counts.at("item") == "SUCCEEDED 2 FAILED 1");
  CHECK(counts.at("each") == "FAILED 1 of 6");
  // The fan-out itself first: steps in their order.
  CHECK(page_through(bed, execution, {.statuses = {"FAILED"}, .limit = 1}) ==
        Ids{"each", "item.2"});
}

TEST_CASE("sleeping elements are counted where they sleep, over a restart as well") {
  ActorTestBed bed;
  bed.deploy("w",
             "[" +
                 fan_out(function("item", "{{each.instance}}") + "," + delay_step("1", "HOURS") +
                         "," + function("after", "{{each.index}}")) +
                 "]");
  const auto execution = bed.accept("w", items(30));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  const auto asleep = [&] {
    return graph_of(bed, execution) ==
           std::map<std::string, std::string>{{"trigger", "SUCCEEDED 1"},
                                              {"each", "EXECUTING 1 of 30"},
                                              {"item", "SUCCEEDED 30"},
                                              {"wait", "DELAYED 30"},
                                              {"after", ""}};
  };
  CHECK(asleep());
  bed.restart();
  CHECK(asleep());
  const auto open = bed.history->runs().open_steps(bed.project, execution);
  REQUIRE(open.ok());
  CHECK(open->steps.size() == 31);
  REQUIRE(open->steps.back().wakes);
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(graph_of(bed, execution) ==
        std::map<std::string, std::string>{{"trigger", "SUCCEEDED 1"},
                                           {"each", "SUCCEEDED 1 of 30"},
                                           {"item", "SUCCEEDED 30"},
                                           {"wait", "SUCCEEDED 30"},
                                           {"after", "SUCCEEDED 30"}});
}

TEST_CASE(
    "a run in flight shows its counts so far, and after a crash in the middle they are exact") {
  ActorTestBed bed;
  bed.script.on("item", failing_at({1, 5}));
  bed.restart();
  bed.deploy("w",
             "[" +
                 fan_out(function("item", "{{each.instance}}") + "," + delay_step("9", "HOURS") +
                             "," + function("held", "{{each.instance}}"),
                         R"("onError":"continue",)") +
                 "]");
  const auto execution = bed.accept("w", items(12));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.functions->hold("held");
  bed.clock.advance(std::chrono::hours(10));
  REQUIRE(bed.functions->wait_for_calls("held", 10));
  CHECK(bed.eventually([&] {
    const auto counts = graph_of(bed, execution);
    return counts.at("held") == "EXECUTING 10" && counts.at("wait") == "SUCCEEDED 10" &&
           counts.at("item") == "SUCCEEDED 10 FAILED 2";
  }));
  bed.restart();
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto counts = graph_of(bed, execution);
  CHECK(counts.at("item") == "SUCCEEDED 10 FAILED 2");
  CHECK(counts.at("held") == "SUCCEEDED 10");
  CHECK(page_through(bed, execution, {.statuses = {"FAILED"}}) == Ids{"item.1", "item.5"});
}

TEST_CASE("elements inside elements are counted with what was cut off among them") {
  ActorTestBed bed;
  bed.script.on("leaf", failing_at({2}));
  bed.restart();
  const std::string inner =
      R"({"id":"inner","type":"fanOut","items":[0,1,2],"concurrency":1,"steps":[)" +
      function("leaf", "{{inner.instance}}") + "]}";
  bed.deploy("w", "[" + fan_out(inner, R"("onError":"continue",)") + "]");
  const auto execution = bed.accept("w", items(5));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto counts = graph_of(bed, execution);
  CHECK(counts.at("leaf") == "SUCCEEDED 10 FAILED 5");
  CHECK(counts.at("inner") == "FAILED 5 of 15");
  CHECK(page_through(bed, execution, {.step = "leaf", .statuses = {"FAILED"}, .limit = 2}) ==
        Ids{"leaf.0.2", "leaf.1.2", "leaf.2.2", "leaf.3.2", "leaf.4.2"});
  CHECK(page_through(bed, execution, {.indexes = {3, 1}}) == Ids{"leaf.3.1"});
}

TEST_CASE("what a cancelled run leaves open is counted as cancelled") {
  ActorTestBed bed;
  bed.deploy(
      "w",
      "[" + fan_out(function("item", "{{each.instance}}") + "," + delay_step("1", "HOURS")) + "]");
  const auto execution = bed.accept("w", items(8));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  REQUIRE(bed.gateway->cancel(bed.project, execution, "test").ok());
  REQUIRE(bed.reaches(execution, ExecutionStatus::cancelled));
  const auto counts = graph_of(bed, execution);
  CHECK(counts.at("item") == "SUCCEEDED 8");
  CHECK(counts.at("wait") == "CANCELLED 8");
  CHECK(counts.at("each") == "CANCELLED 1 of 8");
}

TEST_CASE("a cancel leaves those elements in the history whose first step was running") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function, R"("concurrency":2,)") + "]");
  bed.functions->hold("item");
  const auto execution = bed.accept("w", items(5));
  REQUIRE(bed.functions->wait_for_calls("item", 2));
  REQUIRE(bed.gateway->cancel(bed.project, execution, "test").ok());
  REQUIRE(bed.reaches(execution, ExecutionStatus::cancelled));
  const auto counts = graph_of(bed, execution);
  CHECK(counts.at("item") == "CANCELLED 2");
  CHECK(counts.at("each") == "CANCELLED 1 of 5");
  CHECK(page_through(bed, execution, {}) == Ids{"trigger", "each", "item.0", "item.1"});
  CHECK(page_through(bed, execution, {.statuses = {"CANCELLED"}, .limit = 1}) ==
        Ids{"each", "item.0", "item.1"});
  const auto& runs = bed.history->runs();
  CHECK(*runs.steps(bed.project, execution, {})->total == 4);
  const auto step = runs.step(bed.project, execution, "item.1");
  REQUIRE(step.ok());
  CHECK(step->step.status == "CANCELLED");
  CHECK(step->step.end.has_value());
  CHECK(step->input.at("v") == 1);
  CHECK_FALSE(runs.step(bed.project, execution, "item.2").ok());
  const auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  CHECK(shown->steps.size() == 4);
}

TEST_CASE(
    "first steps of elements inside elements are counted and listed, and what a cancel left of "
    "them") {
  ActorTestBed bed;
  const std::string inner = R"({"id":"inner","type":"fanOut","items":[0,1,2],"steps":[)" +
                            function("leaf", "{{inner.instance}}") + "]}";
  bed.deploy("w", "[" + fan_out(inner) + "]");
  bed.functions->hold("leaf");
  const auto execution = bed.accept("w", items(2));
  REQUIRE(bed.functions->wait_for_calls("leaf", 6));
  CHECK(bed.eventually([&] {
    const auto counts = graph_of(bed, execution);
    return counts.at("leaf") == "EXECUTING 6" && counts.at("inner") == "EXECUTING 2 of 6";
  }));
  const Ids leaves{"leaf.0.0", "leaf.0.1", "leaf.0.2", "leaf.1.0", "leaf.1.1", "leaf.1.2"};
  CHECK(page_through(bed, execution, {.step = "leaf", .statuses = {"EXECUTING"}}) == leaves);
  REQUIRE(bed.gateway->cancel(bed.project, execution, "test").ok());
  REQUIRE(bed.reaches(execution, ExecutionStatus::cancelled));
  CHECK(graph_of(bed, execution).at("leaf") == "CANCELLED 6");
  // Elements inside elements are left a moment later.
  CHECK(bed.eventually([&] {
    return page_through(bed, execution, {.step = "leaf", .statuses = {"CANCELLED"}}) == leaves;
  }));
}

TEST_CASE(
    "an element that crashes before its first event is counted once, and its attempt is shown") {
  std::atomic<int> left{1};
  ActorOptions options;
  options.before_record = [&](const ExecutionId&, const Event& event) {
    const auto* completed = std::get_if<StepCompleted>(&event.body);
    if (completed && to_text(*completed->output) == R"({"result":{"v":7}})" && left-- > 0) {
      throw std::runtime_error("injected crash");
    }
  };
  ActorTestBed bed(options);
  bed.deploy("w", "[" + fan_out(element_function) + "]");
  const auto execution = bed.accept("w", items(16));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(graph_of(bed, execution).at("item") == "SUCCEEDED 16");
  CHECK(page_through(bed, execution, {}).size() == 18);
  const auto step = bed.history->step(bed.project, execution, "item.7");
  REQUIRE(step.ok());
  REQUIRE(step->step.attempts.size() == 2);
  CHECK(step->step.attempts[0].is_cut_off);
}

TEST_CASE("an element that sleeps keeps its seat: none behind it is shown as running") {
  ActorTestBed bed;
  bed.deploy("w",
             "[" +
                 fan_out(function("item", "{{each.instance}}") + "," + delay_step("1", "HOURS"),
                         R"("concurrency":2,)") +
                 "]");
  const auto execution = bed.accept("w", items(5));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  CHECK(graph_of(bed, execution).at("item") == "SUCCEEDED 2");
  CHECK(page_through(bed, execution, {.statuses = {"EXECUTING"}}) == Ids{"each"});
  CHECK(page_through(bed, execution, {.limit = 1}) ==
        Ids{"trigger", "each", "item.0", "wait.0", "item.1", "wait.1"});
  CHECK_FALSE(bed.history->runs().step(bed.project, execution, "item.2").ok());
  bed.restart();
  CHECK(page_through(bed, execution, {.statuses = {"EXECUTING"}}) == Ids{"each"});
}

TEST_CASE(
    "a run lists a thousand steps, all of those outside of fan-outs among them, and says how many "
    "there are") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function("begin", "1") + "," +
                      fan_out(function("item", "{{each.instance}}")) + "," + function("end", "1") +
                      "]");
  const auto execution = bed.accept("w", items(1'500));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  CHECK(shown->steps.size() == 1'000);
  CHECK(shown->steps_total == 1'504);
  CHECK_FALSE(shown->is_total_cut);
  CHECK(shown->steps.front().id == "trigger");
  CHECK(shown->steps.back().id == "end");
  CHECK(page_through(bed, execution, {.limit = 400}).size() == 1'504);
}

TEST_CASE("runs that were stored before anything was counted are counted by reading them") {
  ActorTestBed bed;
  bed.script.on("item", failing_at({3}));
  bed.restart();
  const std::string inner = R"({"id":"inner","type":"fanOut","items":[0,1],"steps":[)" +
                            function("leaf", "{{inner.instance}}") + "]}";
  bed.deploy("w", "[" +
                      fan_out(function("item", "{{each.instance}}") + "," + inner,
                              R"("onError":"continue",)") +
                      "]");
  const auto execution = bed.accept("w", items(20));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto counted = graph_of(bed, execution);
  const auto failed = page_through(bed, execution, {.statuses = {"FAILED"}});
  make_old(bed.store, execution);
  CHECK(graph_of(bed, execution) == counted);
  CHECK(page_through(bed, execution, {.statuses = {"FAILED"}}) == failed);
  CHECK(failed == Ids{"item.3"});
}

TEST_CASE("a run that began before anything was counted goes on with exact counts") {
  ActorTestBed bed;
  bed.script.on("item", failing_at({3}));
  bed.restart();
  bed.deploy("w",
             "[" +
                 fan_out(function("item", "{{each.instance}}") + "," + delay_step("1", "HOURS"),
                         R"("onError":"continue",)") +
                 "]");
  const auto execution = bed.accept("w", items(10));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  REQUIRE(bed.commits->commit_and_wait({}).ok());
  make_old(bed.store, execution);
  bed.restart();
  CHECK(graph_of(bed, execution).at("item") == "SUCCEEDED 9 FAILED 1");
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(graph_of(bed, execution).at("item") == "SUCCEEDED 9 FAILED 1");
  CHECK(graph_of(bed, execution).at("wait") == "SUCCEEDED 9");
  CHECK(page_through(bed, execution, {.statuses = {"FAILED"}}) == Ids{"item.3"});
}

TEST_CASE("a step deep inside is found by its name, and its values by their parts") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(function("item", "{{each.instance}}")) + "]");
  const auto execution = bed.accept("w", items(50));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto& runs = bed.history->runs();
  CHECK(runs.step(bed.project, execution, "item.41")->input.at("v") == 41);
  CHECK(to_text(*runs.value(bed.project, execution, "item.41", RunDetails::Part::output)) ==
        R"({"result":{"v":41}})");
  CHECK(to_text(*runs.value(bed.project, execution, "each", RunDetails::Part::input)).size() > 100);
  for (const char* const id : {"item.50", "item", "item.x", "nothing", "item.1.1", ""}) {
    INFO(id);
    const auto step = runs.step(bed.project, execution, id);
    REQUIRE_FALSE(step.ok());
    CHECK(step.error().code == ErrorCode::not_found);
  }
  CHECK_FALSE(runs.graph(ProjectId("other"), execution).ok());
  CHECK_FALSE(runs.steps(ProjectId("other"), execution, {}).ok());
  CHECK_FALSE(runs.value(ProjectId("other"), execution, "item.1", RunDetails::Part::output).ok());
}

TEST_CASE("a run without fan-outs writes nothing for its history's sake") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  const auto reply = bed.trigger("w", JsonObject{{"n", 7}});
  REQUIRE(reply.ok());
  const auto execution = std::get<RunResponded>(*reply).execution;
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto cursor =
      bed.store.scan(storage::keys::execution(execution), storage::Direction::forward, {});
  std::size_t rows = 0;
  for (; cursor->valid(); cursor->next()) ++rows;
  CHECK(rows == 2);  // the locator, and one page
}

TEST_CASE("an attempt that a stop of the server cut off is an attempt of its own") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.commits->commit_and_wait({}).ok());
  bed.clock.advance(Millis(500));
  bed.restart();
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto step = bed.history->step(bed.project, execution, "work");
  REQUIRE(step.ok());
  const auto& attempts = step->step.attempts;
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].is_cut_off);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].ended - attempts[0].started == Millis(500));
  CHECK_FALSE(attempts[1].is_cut_off);
  CHECK(attempts[1].number == 1);
  CHECK(attempts[1].started == attempts[0].ended);
  CHECK(step->step.start == attempts[0].started);
}

TEST_CASE("a stop of the server cuts off the attempts of elements, and leaves what they had done") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(function("item", "{{each.instance}}") + "," +
                              function("more", "{{each.index}}")) +
                      "]");
  bed.functions->hold("more");
  const auto execution = bed.accept("w", items(3));
  REQUIRE(bed.functions->wait_for_calls("more", 3));
  // What an element has done is on the disk before it could be repeated.
  REQUIRE(bed.eventually([&] { return graph_of(bed, execution).at("more") == "EXECUTING 3"; }));
  bed.restart();
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.history->step(bed.project, execution, "more.1")->step.attempts.size() == 2);
  CHECK(bed.history->step(bed.project, execution, "item.1")->step.attempts.size() == 1);
}

TEST_CASE(
    "a stop of the server cuts nothing off of what waits: for a place, for a retry, in a delay") {
  ActorOptions options;
  options.live_executions_per_project_max = 1;
  ActorTestBed bed(options);
  bed.deploy("w", "[" + function_step("work") + "," + delay_step("1", "HOURS") + "," +
                      function_step("after") + "]");
  bed.functions->hold("work");
  const auto first = bed.accept("w");
  const auto queued = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  bed.restart();
  REQUIRE(bed.reaches(first, ExecutionStatus::delayed));
  REQUIRE(bed.reaches(queued, ExecutionStatus::delayed));
  bed.restart();
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.reaches(first, ExecutionStatus::succeeded));
  REQUIRE(bed.reaches(queued, ExecutionStatus::succeeded));
  CHECK(bed.history->step(bed.project, first, "work")->step.attempts.size() == 2);
  CHECK(bed.history->step(bed.project, queued, "work")->step.attempts.size() == 1);
  CHECK(bed.history->step(bed.project, first, "after")->step.attempts.size() == 1);
}
