// Each kind of step through the real server: branches, fan-outs, delays, errors that are survived.
#include "runtime/text/time_text.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("a conditional runs one branch and both rejoin") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "choose", "type": "conditional",
     "if": [[{"variable": "{{trigger.request.body.n}}", "operator": "NumberGreaterThan",
              "argument": 10},
             {"variable": "{{trigger.request.body.name}}", "operator": "$stringStartsWith",
              "argument": "A"}],
            [{"variable": "{{trigger.request.body.force}}", "operator": "BooleanTrue"}]],
     "then": [{"id": "yes", "type": "function", "code": "() => 'then ran'"}],
     "else": [{"id": "no", "type": "function", "code": "() => 'else ran'"}]},
    {"id": "r", "type": "response", "body": {"yes": "{{yes.result}}", "no": "{{no.result}}",
                                             "choice": "{{choose.selectedChoice}}"}})json");
  const char* const yes = R"({"yes":"then ran","no":null,"choice":"Yes"})";
  const char* const no = R"({"yes":null,"no":"else ran","choice":"No"})";
  CHECK(project.trigger("w", R"({"n": 11, "name": "Ada", "force": false})").text == yes);
  CHECK(project.trigger("w", R"({"n": 11, "name": "Bob", "force": false})").text == no);
  CHECK(project.trigger("w", R"({"n": 10, "name": "Ada", "force": false})").text == no);
  CHECK(project.trigger("w", R"({"n": 1, "name": "Bob", "force": true})").text == yes);
}

TEST_CASE("a comparison of the wrong types fails the run with a clear error") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "choose", "type": "conditional",
     "if": [[{"variable": "{{trigger.request.body.n}}", "operator": "NumberGreaterThan",
              "argument": 1}]],
     "then": []}, {"id": "r", "type": "response", "body": {}})json");
  const Answer answer = project.trigger("w", R"({"n": "many"})");
  CHECK(answer.status == 500);
  CHECK(answer.at("/stepId") == R"("choose")");
  CHECK(answer.at("/error/code") == R"("type_mismatch")");
}

TEST_CASE("a nested fan-out gives nested arrays in the order of the input") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "rows", "type": "fanOut", "items": "{{trigger.request.body.rows}}", "steps": [
      {"id": "cells", "type": "fanOut", "items": "{{rows.instance}}", "steps": [
        {"id": "cell", "type": "function",
         "parameters": {"v": "{{cells.instance}}", "r": "{{rows.index}}", "c": "{{cells.index}}"},
         "code": "({ v, r, c }) => `${v}@${r}.${c}`"}]},
      {"id": "row", "type": "function", "parameters": {"all": "{{cell.result}}"},
       "code": "({ all }) => all.length"}]},
    {"id": "r", "type": "response",
     "body": {"cells": "{{cell.result}}", "rows": "{{row.result}}"}})json");
  CHECK(project.trigger("w", R"({"rows": [["a", "b", "c"], [], ["d"]]})").text ==
        R"({"cells":[["a@0.0","b@0.1","c@0.2"],[],["d@2.0"]],"rows":[3,0,1]})");
  CHECK(project.trigger("w", R"({"rows": []})").text == R"({"cells":[],"rows":[]})");
  const Answer refused = project.trigger("w", R"({"rows": {"no": "array"}})");
  CHECK(refused.status == 500);
  CHECK(refused.at("/stepId") == R"("rows")");
}

TEST_CASE("a fan-out of a thousand functions is complete and in order") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "list", "type": "function", "code": "() => Array.from({ length: 1000 }, (_, i) => i)"},
    {"id": "each", "type": "fanOut", "items": "{{list.result}}", "steps": [
      {"id": "square", "type": "function", "parameters": {"n": "{{each.instance}}"},
       "code": "({ n }) => n * n"}]},
    {"id": "r", "type": "response", "body": {"squares": "{{square.result}}"}})json");
  const Answer answer = project.trigger("w");
  REQUIRE(answer.status == 200);
  const JsonArray& squares = answer.json.at("squares").as_array();
  REQUIRE(squares.size() == 1'000);
  for (std::size_t i = 0; i < squares.size(); ++i) {
    if (squares[i] != Json(i * i)) FAIL("element " << i << " is " << squares[i]);
  }
}

TEST_CASE("a failing element fails the run unless the fan-out continues") {
  const TestProject project(shared_server());
  const auto steps = [](const std::string& on_error) {
    return R"json({"id": "each", "type": "fanOut", "items": [1, 2, 3], "onError": ")json" +
           on_error +
           R"json(", "steps": [
        {"id": "f", "type": "function", "parameters": {"n": "{{each.instance}}"},
         "code": "({ n }) => { if (n === 2) throw new Error('two is bad'); return n; }"}]},
      {"id": "r", "type": "response",
       "body": {"f": "{{f.result}}", "errors": "{{each.errors}}"}})json";
  };
  project.deploy_steps("strict", steps("fail"));
  const Answer failed = project.trigger("strict");
  CHECK(failed.status == 500);
  CHECK_THAT(string_at(failed.json, "/message"), Catch::Contains("element 1"));
  project.deploy_steps("lenient", steps("continue"));
  const Answer lenient = project.trigger("lenient");
  CHECK(lenient.status == 200);
  CHECK(lenient.at("/f") == "[1,null,3]");
  CHECK(lenient.at("/errors/0") == "null");
  CHECK_THAT(lenient.at("/errors/1/error/message"), Catch::Contains("two is bad"));
}

TEST_CASE("a delayed run is shown as delayed and wakes not before its time") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "after", "type": "function", "code": "() => 'awake'"})json");
  const std::string run = project.start("w");
  const Json asleep = project.wait_for_status(run, "DELAYED");
  CHECK(text_at(asleep, "/dateEnded") == "null");
  const Json ended = project.wait_until_ended(run);
  CHECK(text_at(ended, "/status") == R"("SUCCEEDED")");
  const auto started = parse_time(string_at(ended, "/dateStarted"));
  const auto awake = parse_time(string_at(ended, "/stepExecutions/2/start"));
  REQUIRE((started && awake));
  CHECK(*awake - *started >= Millis(1'000));
}

TEST_CASE("a step that may fail hands its error to the steps after it") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "bad", "type": "function", "continueOnError": true,
     "code": "() => { throw new Error('no matter'); }"},
    {"id": "r", "type": "response",
     "body": {"code": "{{bad.error.code}}", "result": "{{bad.result}}"}})json");
  CHECK(project.trigger("w").text == R"({"code":"function_threw","result":null})");
}

TEST_CASE("a function may use the libraries and wait for promises") {
  const TestProject project(shared_server());
  project.deploy_steps(
      "w", R"json(
    {"id": "f", "type": "function", "parameters": {"s": "{{trigger.request.body.s}}"},
     "code": "async ({ s }, { lodash, crypto }) => { await null; )json"
           R"json(return [lodash.camelCase(s), )json"
           R"json(crypto.createHash('sha256').update('abc').digest('hex').slice(0, 8)]; }"},
    {"id": "r", "type": "response", "body": {"f": "{{f.result}}"}})json");
  CHECK(project.trigger("w", R"({"s": "lead to crm"})").text ==
        R"({"f":["leadToCrm","ba7816bf"]})");
}
