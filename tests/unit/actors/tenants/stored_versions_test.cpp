// Rules become stricter from release to release; what was deployed under milder ones goes on.
#include "runtime/definitions/compile_stored_workflow.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <string>
#include <vector>

using namespace millrace;

namespace {

/// A node on whose disk an earlier release has left a live version.
struct UpgradedNode {
  explicit UpgradedNode(const std::string& definition, const std::string& integrations = {}) {
    put("w", definition, integrations);
    bed.restart();
  }

  void put(const std::string& id, const std::string& definition,
           const std::string& integrations = {}) {
    bed.deploy(id, R"([{"id": "f", "type": "function", "code": "x"}])");
    storage::WriteBatch batch;
    storage::ProjectTable::put_version(batch, bed.project, WorkflowId(id),
                                       {1, definition, bed.clock.now(), integrations});
    REQUIRE(bed.store.commit(batch).ok());
  }

  /// What the operator is told when the version is asked for twice.
  std::vector<std::string> lines_of_two_loads() {
    std::vector<std::string> lines;
    WorkflowLibrary library(
        bed.store, *bed.commits, *bed.ownership, bed.clock, bed.random, *bed.functions,
        [this](const ProjectId&) {
          return std::shared_ptr<const IntegrationCatalog>(bed.integrations);
        },
        [&](LogLevel, const std::string& text) { lines.push_back(text); });
    for (int i = 0; i < 2; ++i) {
      ignore_result(library.deployed(bed.project, WorkflowId("w")), "the log is looked at");
    }
    return lines;
  }

  ActorTestBed bed;
};

std::string with_steps(const std::string& steps) {
  return R"({"trigger": {"type": "request"}, "steps": [)" + steps + "]}";
}

const std::string function = R"({"id": "f", "type": "function", "code": "x"})";

bool is_refused_today(const std::string& definition) {
  return !compile_workflow(*parse_json(definition), {ProjectId("demo"), WorkflowId("w"), 1}).ok();
}

std::string code_of(const Result<TriggerReply>& reply) {
  return reply ? "ok" : std::string(wire_name(reply.error().code));
}

}  // namespace

TEST_CASE("a live version that would be refused today still runs after an upgrade") {
  const std::string deployed_before[] = {
      // Keys that nobody knows any more, or not here.
      R"({"trigger": {"type": "request"}, "colour": "red", "permissions": {}, "steps": [)" +
          function + "]}",
      R"({"trigger": {"type": "request", "quick": true}, "steps": [)" + function + "]}",
      // Limits that were wider.
      with_steps(R"({"id": "f", "type": "function", "code": "x", "timeout": "365d"})"),
      with_steps(R"({"id": "f", "type": "function", "code": "x", "memory": "64GB"})"),
      with_steps(R"({"id": "f", "type": "function", "code": "x",
                     "retry": {"max": 1000, "initial": "1s", "factor": 1000}})"),
      with_steps(R"({"id": "f", "type": "function", "code": "x", "retry": {"delays": ["9999d"]}})"),
      with_steps(R"({"id": "f", "type": "function", "code": ")" + std::string(2'000'000, 'x') +
                 "\"}"),
      // References that lead to null.
      with_steps(R"({"id": "f", "type": "function", "code": "x",
                     "parameters": {"a": "{{trigger.nothing}}", "b": "{{instance}}"}})"),
      with_steps(
          R"({"id": "f", "type": "function", "code": "x", "parameters": {"a": "{{g.result}}"}},
                    {"id": "g", "type": "function", "code": "x"})"),
      // What is taken by the letter.
      with_steps(
          R"({"id": "f", "type": "function", "code": "x", "parameters": {"{{user.id}}": 1}})"),
      // What means nothing.
      with_steps(R"({"id": "c", "type": "conditional", "timeout": "1s", "then": [)" + function +
                 R"(], "if": [[{"variable": 1, "operator": "IsNotNull"}]]})"),
      with_steps(function + R"(, {"id": "d", "type": "delay", "value": 0, "unit": "SECONDS",
                                  "autoRetry": true})"),
      R"({"trigger": {"type": "request"}, "settings": [{"id": "a", "type": "text"}], "steps": [)" +
          function + "]}",
  };
  for (const std::string& definition : deployed_before) {
    INFO(definition.substr(0, 300));
    CHECK(is_refused_today(definition));
    UpgradedNode node(definition);
    const auto reply = node.bed.trigger("w");
    INFO((reply ? "" : reply.error().message));
    REQUIRE(reply.ok());
    const auto* const accepted = std::get_if<RunAccepted>(&*reply);
    REQUIRE(accepted != nullptr);
    CHECK(node.bed.reaches(accepted->execution, ExecutionStatus::succeeded));
    CHECK(node.lines_of_two_loads().empty());
  }
}

TEST_CASE("what is out of today's limits is taken as the nearest that is not") {
  const auto definition =
      parse_json(with_steps(R"({"id": "f", "type": "function", "code": "x", "timeout": "365d",
                     "memory": "64GB", "retry": {"max": 1000, "initial": "1s", "factor": 1}})"));
  const auto workflow =
      compile_stored_workflow(*definition, {ProjectId("demo"), WorkflowId("w"), 1}, nullptr);
  REQUIRE(workflow.ok());
  const Step& step = *(*workflow)->by_index.front();
  const auto& function_limits = std::get<FunctionStep>(step.config).limits;
  CHECK(function_limits.time == Millis(limits::function_time_settable_max));
  CHECK(function_limits.memory_bytes == limits::function_memory_settable_max);
  CHECK(step.retry.delays.size() == limits::retries_max);
}

TEST_CASE("a live version with something that nobody can execute says so at its trigger") {
  const std::string of_the_future[] = {
      R"({"trigger": {"type": "dream"}, "steps": [)" + function + "]}",
      with_steps(R"({"id": "t", "type": "teleport"})"),
      with_steps(function + "," + function),
      with_steps(""),
      with_steps(R"({"id": "f", "type": "function", "code": "x", "isolation": "planet"})"),
      with_steps(
          R"({"id": "f", "type": "function", "code": "x", "parameters": "{{nobody.result}}"})"),
      with_steps(R"({"id": "f", "type": "function", "code": "x", "parameters": "{{7.result}}"})"),
      with_steps(R"({"id": "f", "type": "function", "code": "x", "parameters": "{{a..b}}"})"),
      with_steps(R"({"id": "f", "type": "function", "code": "x", "timeout": "soon"})"),
      with_steps(R"({"id": "c", "type": "conditional",
                     "if": [[{"variable": 1, "operator": "IsLovely"}]]})"),
      with_steps(R"({"id": "a", "type": "action", "integration": "crm", "action": "create"})"),
      "not JSON",
  };
  for (const std::string& definition : of_the_future) {
    INFO(definition);
    UpgradedNode node(definition);
    CHECK(code_of(node.bed.trigger("w")) == "format_not_supported");
    CHECK(code_of(node.bed.trigger("w")) == "format_not_supported");
    // The operator is told, once: a version never changes.
    const auto lines = node.lines_of_two_loads();
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().find("version 1 of the workflow \"w\"") != std::string::npos);
  }
}

TEST_CASE("a version's frozen integrations are not checked again either") {
  const std::string integrations = R"({"crm": {"name": "CRM", "baseUrl": "https://crm.example",
      "colour": "red", "actions": {"create": {"method": "POST", "path": "/x", "bodyType": "json",
      "body": {"a": "{{parameters.undeclared}}"}, "fast": true}}}})";
  const std::string definition = with_steps(
      function + R"(, {"id": "a", "type": "action", "integration": "crm", "action": "create"})");
  UpgradedNode node(definition, integrations);
  const auto workflow = node.bed.workflows->deployed(node.bed.project, WorkflowId("w"));
  INFO((workflow ? "" : workflow.error().message));
  REQUIRE(workflow.ok());
  CHECK(std::get<ActionStep>((*workflow)->by_index.back()->config).declared != nullptr);
}

TEST_CASE("a workflow that cannot be executed does not keep its event from the others") {
  UpgradedNode node(with_steps(function));
  const std::string on_event = R"({"type": "event", "event": "Lead"})";
  for (const char* const id : {"broken", "sound"}) {
    node.bed.deploy_on(on_event, id, "[" + function + "]");
  }
  storage::WriteBatch batch;
  storage::ProjectTable::put_version(
      batch, node.bed.project, WorkflowId("broken"),
      {1,
       R"({"trigger": )" + on_event + R"(, "steps": [{"id": "t", "type": "teleport"}]})",
       node.bed.clock.now(),
       {}});
  REQUIRE(node.bed.store.commit(batch).ok());
  node.bed.restart();
  EventRequest event;
  event.project = node.bed.project;
  event.user = UserId("user-1");
  event.event = "Lead";
  const auto started = node.bed.gateway->trigger_event(event);
  REQUIRE(started.ok());
  REQUIRE(started->executions.size() == 1);
  CHECK(node.bed.reaches(started->executions.front(), ExecutionStatus::succeeded));
}
