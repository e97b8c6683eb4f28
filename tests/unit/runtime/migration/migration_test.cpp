// Where runs stand in another version, what they keep, why they stay, and what is read of them afterwards.
#include "runtime/migration/migration.h"

#include "runtime/history/step_history.h"
#include "runtime/history/step_position.h"
#include "tests/support/simulated_history.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <algorithm>
#include <string>
#include <vector>

namespace millrace {
namespace {

MigrationVersion version(WorkflowVersion number, const std::string& steps,
                         const std::string& trigger = R"({"type":"request"})") {
  auto definition = parse_json(R"({"trigger":)" + trigger + R"(,"steps":[)" + steps + "]}");
  REQUIRE(definition.ok());
  auto workflow = compile_workflow(*definition, {ProjectId("acme"), WorkflowId("w"), number},
                                   &test_integrations());
  if (!workflow) FAIL(workflow.error().message);
  return {std::move(*workflow), std::move(*definition)};
}

std::shared_ptr<const Migration> between(const MigrationVersion& from, const MigrationVersion& to,
                                         const JsonObject& map = {}) {
  auto migration = Migration::between(from, to, map);
  if (!migration) FAIL(migration.error().message);
  return *migration;
}

std::vector<std::string> findings_between(const MigrationVersion& from, const MigrationVersion& to,
                                          const JsonObject& map = {}) {
  const auto migration = Migration::between(from, to, map);
  REQUIRE_FALSE(migration.ok());
  CHECK(migration.error().code == ErrorCode::invalid_request);
  std::vector<std::string> findings;
  for (const auto& detail : migration.error().details) {
    findings.push_back(detail.path + ": " + detail.message);
  }
  return findings;
}

std::string function(const std::string& id, const std::string& parameters = "{}") {
  return R"({"id":")" + id + R"(","type":"function","code":"() => 1","parameters":)" + parameters +
         "}";
}
std::string nap(const std::string& id, const std::string& unit = "HOURS") {
  return R"({"id":")" + id + R"(","type":"delay","value":1,"unit":")" + unit + R"("})";
}

/// "step_missing wait", or "" of one that moves.
std::string obstacle_of(SimulatedRun& run, const Migration& migration) {
  const auto obstacle = run.migrate(migration);
  if (!obstacle) return "";
  CHECK_FALSE(obstacle->message.empty());
  return std::string(wire_name(obstacle->kind)) + " " + obstacle->step;
}

/// Started, and as far as it comes without time.
std::unique_ptr<SimulatedRun> sleeping(const MigrationVersion& version,
                                       const SimulatedWorld& world = {}) {
  auto run = std::make_unique<SimulatedRun>(version.workflow, world);
  run->start({.trigger = JsonObject{{"request", {{"body", {{"n", 7}}}}}}});
  run->run_until_waiting();
  return run;
}

Json output_of(const SimulatedRun& run, const std::string& id) {
  for (const Step* const step : run.workflow().by_index) {
    if (step->id.text != id) continue;
    const auto& output = run.root().scope().output(step->index);
    return output ? *output : Json(nullptr);
  }
  FAIL("no step " << id);
  return nullptr;
}

/// "id STATUS @version".
std::vector<std::string> history_of(const SimulatedRun& run) {
  std::vector<std::string> lines;
  StepHistory history(
      run.versions(), SimulatedRun::id(),
      [&](const BranchPath& parent, StepIndex fan_out, const StepHistory::TakeChild& take) {
        return read_children_of(run, parent, fan_out, 0, take);
      },
      [&](StepFinding&& finding) {
        lines.push_back(finding.step.id + " " + finding.step.status +
                        (finding.step.version == 0 ? std::string()
                                                   : " @" + std::to_string(finding.step.version)));
      });
  const auto replayed = history.replay(run.root_events());
  if (!replayed) FAIL(replayed.error().message);
  return lines;
}

std::vector<std::string> walk_of(const SimulatedRun& run, std::size_t limit) {
  std::vector<std::string> ids;
  StepQuery query;
  query.limit = limit;
  do {
    const auto branches = branches_of(run);
    StepWalk walk = walk_over(run, *branches, [] { return true; });
    const auto page = walk.page(query);
    REQUIRE(page.ok());
    for (const auto& step : page->steps) ids.push_back(step.id);
    query.after = page->next;
  } while (query.after);
  return ids;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a run that sleeps goes on in the other version and reads what it has run",
          "[migration]") {
  const auto v2 = version(2, function("load", R"({"n":"{{trigger.request.body.n}}"})") + "," +
                                 nap("wait") + "," + function("send"));
  const auto v3 =
      version(3, function("first") + "," + function("load") + "," + nap("pause", "DAYS") + "," +
                     function("send", R"({"of":"{{load.result}}","new":"{{first.result}}"})"));
  auto run = sleeping(v2);
  const auto due = run->next_due();
  REQUIRE(run->migrate(*between(v2, v3, {{"wait", "pause"}})) == std::nullopt);
  CHECK(run->root().workflow().version == 3);
  CHECK(run->root().is_delayed());
  run->run_until_waiting();
  CHECK((due.has_value() && run->next_due() == due));  // as it began to sleep
  CHECK(to_text(output_of(*run, "load")) == R"({"result":{"n":7}})");
  run->run_to_end();
  CHECK(run->status() == ExecutionStatus::succeeded);
  CHECK(to_text(output_of(*run, "send")) == R"({"result":{"of":{"n":7},"new":null}})");
  CHECK(history_of(*run) ==
        Lines{"trigger SUCCEEDED", "load SUCCEEDED @2", "pause SUCCEEDED @3", "send SUCCEEDED @3"});
}

TEST_CASE("a run of which nothing has begun begins in the other version", "[migration]") {
  const auto v2 = version(2, function("old"));
  const auto v3 = version(3, function("new"));
  SimulatedRun run(v2.workflow, {});
  run.start({});
  CHECK(obstacle_of(run, *between(v2, v3)).empty());
  run.run_to_end();
  CHECK(history_of(run) == Lines{"trigger SUCCEEDED", "new SUCCEEDED @3"});
}

TEST_CASE("a run stays that has nowhere to stand, and the reason names the step", "[migration]") {
  const auto v2 = version(2, function("load") + "," + nap("wait") + "," + function("send"));
  const auto obstacle = [&](const std::string& steps) {
    return obstacle_of(*sleeping(v2), *between(v2, version(3, steps)));
  };
  CHECK(obstacle(function("load") + "," + function("send")) == "step_missing wait");
  CHECK(obstacle(function("load") + "," + function("wait")) == "step_kind_changed wait");
  CHECK(obstacle(nap("load") + "," + nap("wait")) == "step_kind_changed load");
  CHECK(obstacle(nap("wait")).empty());  // what has run may be gone
  CHECK(obstacle(R"({"id":"each","type":"fanOut","items":[1],"steps":[)" + nap("wait") + "]}") ==
        "step_kind_changed wait");
  auto run = sleeping(v2);
  CHECK(obstacle_of(*run, *between(version(4, nap("wait")), version(5, nap("wait")))) ==
        "other_version ");
  run->cancel();
  CHECK(obstacle_of(*run, *between(v2, version(3, nap("wait")))) == "execution_ended ");
  run->run_to_end();
  CHECK(obstacle_of(*run, *between(v2, version(3, nap("wait")))) == "execution_ended ");
}

TEST_CASE("a run does not come to stand behind a choice that it has not made", "[migration]") {
  const auto choice = [](const std::string& then, const std::string& otherwise) {
    return R"({"id":"big","type":"conditional","if":[[{"variable":"{{trigger.request.body.n}}",)"
           R"("operator":"NumberGreaterThan","argument":5}]],"then":[)" +
           then + R"(],"else":[)" + otherwise + "]}";
  };
  const auto v2 = version(2, choice(nap("wait"), function("small")) + "," + function("end"));
  const auto obstacle = [&](const std::string& steps) {
    return obstacle_of(*sleeping(v2), *between(v2, version(3, steps)));
  };
  CHECK(
      obstacle(choice(function("first") + "," + nap("wait"), "") + "," + function("end")).empty());
  CHECK(obstacle(choice("", nap("wait"))) == "choice_changed big");
  CHECK(obstacle(function("before") + "," + nap("wait")).empty());  // it has left it
  const auto v4 = version(4, nap("wait"));
  CHECK(obstacle_of(*sleeping(v4), *between(v4, version(5, choice(nap("wait"), "")))) ==
        "choice_changed big");
}

TEST_CASE("a request that may have left keeps its id", "[migration]") {
  const std::string sent =
      R"("type":"request","method":"GET","url":"https://a.example","autoRetry":true})";
  const auto v2 = version(2, function("load") + R"(,{"id":"call",)" + sent);
  SimulatedWorld world;
  world.requests.on("call", failing_request(ErrorCode::connection_failed, "nobody is there"));
  const auto v3 = version(3, R"({"id":"call",)" + sent + "," + R"({"id":"other",)" + sent);
  CHECK(obstacle_of(*sleeping(v2, world), *between(v2, v3, {{"call", "other"}})) ==
        "step_renamed call");
  auto run = sleeping(v2, world);
  const auto due = run->next_due();
  CHECK(obstacle_of(*run, *between(v2, v3)).empty());
  CHECK(run->root().attempt() == 2);
  run->run_until_waiting();
  CHECK((due.has_value() && run->next_due() == due));
}

TEST_CASE("a run does not move to where it would do again what it has done", "[migration]") {
  const std::string call = R"("type":"request","method":"POST","url":"https://a.example"})";
  const std::string charge = R"({"id":"charge",)" + call;
  const auto v2 = version(2, function("load") + "," + charge + "," + nap("wait"));
  const auto obstacle = [&](const std::string& steps, const JsonObject& map = {}) {
    return obstacle_of(*sleeping(v2), *between(v2, version(3, steps), map));
  };
  CHECK(obstacle(function("load") + "," + nap("wait") + "," + charge) == "step_repeated charge");
  CHECK(obstacle(charge + "," + nap("wait") + "," + function("fetch"), {{"load", "fetch"}}) ==
        "step_repeated load");
  // Their Idempotency-Keys would be the same.
  CHECK(obstacle(R"({"id":"paid",)" + call + "," + nap("wait") + "," + charge,
                 {{"charge", "paid"}}) == "step_repeated charge");
  CHECK(obstacle(charge + "," + function("load") + "," + nap("wait")).empty());
  CHECK(obstacle(nap("wait") + R"(,{"id":"again",)" + call).empty());
  CHECK(obstacle(nap("wait") + "," + function("fetch")).empty());
}

TEST_CASE("an open fan-out moves with its elements if it is the same", "[migration]") {
  const std::string each = R"({"id":"each","type":"fanOut","items":[1,2,3],"steps":[)" +
                           function("in", R"({"n":"{{each.instance}}"})") + "," + nap("wait") +
                           "," + function("out", R"({"n":"{{in.result}}"})") + "]}";
  const auto v2 = version(2, function("load") + "," + each);
  auto run = sleeping(v2);
  CHECK(obstacle_of(*run, *between(v2, version(3, function("new") + "," + function("load") + "," +
                                                      each))) == "fan_out_changed each");
  std::string changed = each;
  changed.replace(changed.find("[1,2,3]"), 7, "[1,2,4]");
  CHECK(obstacle_of(*run, *between(v2, version(3, function("load") + "," + changed))) ==
        "fan_out_changed each");
  const auto four = version(4, function("load") + "," + function("more") + "," + each);
  const auto five = version(5, function("load") + "," + function("more") + "," + each);
  CHECK(obstacle_of(*sleeping(four), *between(four, five, {{"load", "more"}})) ==
        "fan_out_changed each");
  const auto v3 = version(
      3, function("load") + "," + each + "," + function("sum", R"({"of":"{{out.result}}"})"));
  REQUIRE(obstacle_of(*run, *between(v2, v3)).empty());
  CHECK_FALSE(run->root().has_ended());
  run->run_to_end();
  CHECK(to_text(output_of(*run, "sum")) ==
        R"({"result":{"of":[{"n":{"n":1}},{"n":{"n":2}},{"n":{"n":3}}]}})");
  const auto all = walk_of(*run, 100);
  CHECK(all.size() == 13);
  for (const std::size_t limit : {1, 2, 5}) CHECK(walk_of(*run, limit) == all);
  for (const std::string id : {"load", "each", "out.2", "sum"}) {
    CHECK(std::find(all.begin(), all.end(), id) != all.end());
    CHECK_FALSE(positions_of(*run->versions(), id).empty());
  }
}

TEST_CASE("a fan-out of the new version does not meet the elements of one that is gone",
          "[migration]") {
  const auto fan_out = [](const std::string& id, const std::string& items,
                          const std::string& inner) {
    return R"({"id":")" + id + R"(","type":"fanOut","items":)" + items + R"(,"steps":[)" +
           function(inner, R"({"n":"{{)" + id + R"(.instance}}"})") + "]}";
  };
  const auto v2 = version(2, fan_out("gone", "[1,2]", "a") + "," + nap("wait"));
  // At the numbers that `gone` and `a` had.
  const auto v3 = version(3, fan_out("other", "[7,8,9]", "b") + "," + nap("wait"));
  const auto v4 = version(4, nap("wait") + "," + fan_out("again", "[5]", "c"));
  auto run = sleeping(v2);
  REQUIRE(obstacle_of(*run, *between(v2, v4)).empty());
  run->run_to_end();
  CHECK(run->status() == ExecutionStatus::succeeded);
  CHECK(history_of(*run) == Lines{"trigger SUCCEEDED", "a.0 SUCCEEDED @2", "a.1 SUCCEEDED @2",
                                  "gone SUCCEEDED @2", "wait SUCCEEDED @4", "c.0 SUCCEEDED @4",
                                  "again SUCCEEDED @4"});
  auto other = sleeping(v2);
  REQUIRE(obstacle_of(*other, *between(v2, v3)).empty());
  other->run_to_end();
  CHECK(output_of(*other, "other").is_null());  // it lies behind the run
}

TEST_CASE("what two versions call the same and is not is told apart", "[migration]") {
  const auto v2 = version(2, function("a") + "," + nap("wait"));
  const auto v3 = version(3, function("b") + "," + nap("wait"));
  const auto v4 = version(4, nap("wait") + "," + nap("a"));  // what has run is a function
  auto run = sleeping(v2);
  REQUIRE(obstacle_of(*run, *between(v2, v3)).empty());
  REQUIRE(obstacle_of(*run, *between(v3, v4)).empty());
  run->run_to_end();
  CHECK(history_of(*run) ==
        Lines{"trigger SUCCEEDED", "a@2 SUCCEEDED @2", "wait SUCCEEDED @4", "a SUCCEEDED @4"});
}

TEST_CASE("a run that is moved to and fro keeps its names, and does not move for ever",
          "[migration]") {
  std::string many = nap("wait");
  for (int i = 1; i < 499; ++i) many += "," + function("s" + std::to_string(i));
  const auto v2 = version(2, function("a") + "," + many);
  const auto v3 = version(3, function("b") + "," + many);
  const auto there = between(v2, v3, {{"a", "b"}});
  const auto back = between(v3, v2, {{"b", "a"}});
  auto run = sleeping(v2);
  std::uint32_t moves = 0;
  std::string obstacle;
  while (obstacle.empty() && moves <= limits::left_steps_max) {
    obstacle = obstacle_of(*run, moves % 2 == 0 ? *there : *back);
    if (obstacle.empty()) ++moves;
  }
  CHECK(obstacle == "moved_too_often ");
  CHECK(moves == limits::left_steps_max / 500 + 1);
  const Lines history = history_of(*run);
  REQUIRE(history.size() >= 2);
  CHECK(history[1] == (moves % 2 == 0 ? "a SUCCEEDED @2" : "b SUCCEEDED @2"));
}

TEST_CASE("what a run has done under a version before the last is not done again either",
          "[migration]") {
  const std::string call = R"("type":"request","method":"POST","url":"https://a.example"})";
  const std::string charge = R"({"id":"charge",)" + call;
  const auto v2 = version(2, function("load") + "," + charge + "," + nap("wait"));
  const auto v3 = version(3, nap("wait"));
  using Reopen = SimulatedRun::Reopen;
  const auto how = GENERATE(Reopen::by_replay, Reopen::through_snapshot);
  const auto obstacle = [&](const std::string& steps, const MigrationVersion& over,
                            const JsonObject& map = {}, const JsonObject& map_then = {}) {
    const auto run = sleeping(v2);
    REQUIRE(obstacle_of(*run, *between(v2, over, map)).empty());
    run->crash_and_reopen(how);
    return obstacle_of(*run, *between(over, version(4, steps), map_then));
  };
  const std::string wait = nap("wait") + ",";
  CHECK(obstacle(wait + charge, v3) == "step_repeated charge");
  CHECK(obstacle(wait + function("load"), v3) == "step_repeated load");
  CHECK(obstacle(function("load") + "," + charge + "," + nap("wait"), v3).empty());
  CHECK(obstacle(wait + function("other"), v3).empty());
  CHECK(obstacle(wait + function("charge"), v3).empty());  // that is none that has run
  // What has another name keeps it, and leaves the old one free; a request's key does not.
  const auto renamed =
      version(3, function("read") + R"(,{"id":"paid",)" + call + "," + nap("wait"));
  const JsonObject names{{"load", "read"}, {"charge", "paid"}};
  CHECK(obstacle(function("read") + "," + wait + function("load"), renamed, names).empty());
  CHECK(obstacle(wait + function("load"), renamed, names) == "step_repeated load");
  CHECK(obstacle(R"({"id":"paid",)" + call + "," + wait + charge, renamed, names) ==
        "step_repeated charge");
}

TEST_CASE("versions between which no run can move are refused with all that is wrong",
          "[migration]") {
  const auto v2 = version(2, function("a") + "," + nap("b"));
  CHECK(findings_between(v2, v2).size() == 1);
  const auto v3 =
      version(3, function("a") + "," + nap("c"), R"({"type":"scheduler","every":{"minutes":30}})");
  const auto findings = findings_between(v2, v3, {{"x", "a"}, {"a", "y"}, {"b", "a"}});
  REQUIRE(findings.size() == 4);
  CHECK(findings[0].find("/to: ") == 0);
  CHECK(findings[1].find("/map/x: ") == 0);
  CHECK(findings[2].find("/map/a: ") == 0);
  CHECK(findings[3].find("/map/b: ") == 0);
  CHECK(findings_between(v2, version(4, function("c")), {{"a", "c"}, {"b", "c"}}).size() == 2);
}

TEST_CASE("of a map that is wrong all over, the first findings are told and the others counted",
          "[migration]") {
  const auto v2 = version(2, function("a") + "," + nap("b"));
  JsonObject map{{"a", "b"}, {"b", 7}};
  constexpr std::size_t more = limits::map_findings_told_max;
  for (std::size_t i = 0; i < more; ++i) map["x" + std::to_string(i)] = "a";
  const auto migration = Migration::between(v2, version(3, function("a") + "," + nap("b")), map);
  REQUIRE_FALSE(migration.ok());
  // "b" is no text, the others are no steps, and "a" would be a step of another kind.
  CHECK(migration.error().details.size() == limits::map_findings_told_max);
  CHECK(migration.error().details.front().path == "/map/b");
  CHECK(migration.error().details.front().got == "number");
  CHECK(migration.error().message ==
        "no run can move so; besides what is told, 2 more members of the map are wrong");
}

TEST_CASE("a run that moves anywhere on its way ends as one that began there, whatever crashes",
          "[migration]") {
  const std::string rest = R"({"id":"each","type":"fanOut","items":[1,2],"steps":[)" +
                           function("in", R"({"n":"{{each.instance}}"})") + "," + nap("wait") +
                           "]}," + nap("late") + "," +
                           function("send", R"({"a":"{{a.result}}","in":"{{in.result}}"})");
  const auto v2 = version(2, function("a") + "," + rest);
  const auto v3 = version(
      3, function("a") + "," + rest + "," + function("more", R"({"of":"{{send.result}}"})"));
  const auto migration = between(v2, v3);
  SimulatedRun there(v3.workflow, {});
  there.start({});
  there.run_to_end();
  const std::string expected = to_text(output_of(there, "more"));
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    SimulatedRun run(v2.workflow, {}, {.seed = seed, .crashes = SimulatedRun::Crashes::often});
    run.start({});
    for (std::uint64_t moves = seed % 20; moves > 0 && run.move(); --moves) {
    }
    bool has_moved = !run.migrate(*migration);
    while (!run.root().has_ended()) {
      run.run_until_waiting();
      if (!has_moved) has_moved = !run.migrate(*migration);
      run.crash_and_reopen(SimulatedRun::Reopen::through_snapshot);
      run.run_until_waiting();  // what it waits for is known when it has come there again
      if (const auto due = run.next_due()) run.advance(*due - run.now());
    }
    REQUIRE(has_moved);
    CHECK(run.status() == ExecutionStatus::succeeded);
    CHECK(to_text(output_of(run, "more")) == expected);
    CHECK(history_of(run).size() == 1 + 1 + 5 + 3);
  }
}

}  // namespace millrace
