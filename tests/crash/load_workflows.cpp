#include "tests/crash/load_workflows.h"

#include "runtime/text/time_text.h"

#include <map>
#include <set>

namespace millrace::tests {
namespace {

constexpr std::int64_t elements = 20;

/// A function step whose result is {"value": EXPRESSION of n, "stamp": random}.
std::string stamped(const std::string& id, const std::string& input, const std::string& expression,
                    const std::string& before = {}) {
  return R"({"id": ")" + id +
         R"(", "type": "function", "retry": {"max": 5, "initial": "200ms", )"
         R"("factor": 1}, "parameters": {"n": "{{)" +
         input +
         R"(}}", "at": "{{trigger.request.body.at}}"}, "code": "({ n, at }, { crypto }) => { )" +
         before + " return { value: " + expression + R"(, stamp: crypto.randomUUID() }; }"})";
}

/// The last step: what the named steps' results looked like from here.
std::string seen(const std::vector<std::string>& steps) {
  std::string parameters;
  for (const auto& step : steps) {
    parameters +=
        (parameters.empty() ? "\"" : ", \"") + step + R"(": "{{)" + step + R"(.result}}")";
  }
  return R"({"id": "seen", "type": "function", "retry": {"max": 5, "initial": "200ms"}, )"
         R"("parameters": {)" +
         parameters + R"(}, "code": "(p) => p"})";
}

const std::string number = "trigger.request.body.n";

/// The values that a run of a workflow must have seen, by step.
std::map<std::string, Json> expected_values(const std::string& workflow, std::int64_t n) {
  if (workflow == "chain") return {{"a", n + 1}, {"b", 2 * (n + 1)}, {"c", 2 * (n + 1) - 3}};
  if (workflow == "retry") return {{"a", n + 1}, {"flaky", 10 * (n + 1)}};
  if (workflow == "sleep") return {{"a", n + 1}, {"b", n + 2}};
  if (workflow == "reply") return {{"a", n + 1}, {"b", n + 2}};
  if (workflow == "request") return {{"got", n + 1}};
  JsonArray squares;
  for (std::int64_t i = 0; i < elements; ++i) squares.emplace_back((n + i) * (n + i));
  return {{"square", std::move(squares)}};
}

Json values_of(const Json& results) {
  if (!results.is_array()) return results.at("value");
  JsonArray values;
  for (const Json& result : results.as_array()) values.push_back(result.at("value"));
  return values;
}

/// Every step execution succeeded, none is there twice, and the delay took its time.
std::string problem_of_steps(const Json& execution) {
  std::set<std::string> ids;
  std::string end_before = string_at(execution, "/dateStarted");
  for (const Json& step : execution.at("stepExecutions").as_array()) {
    const std::string id = string_at(step, "/id");
    if (!ids.insert(id).second) return "the step " + id + " is there twice";
    if (text_at(step, "/status") != R"("SUCCEEDED")")
      return "the step " + id + " has not succeeded";
    const std::string end = string_at(step, "/end");
    if (id == "wait" && *parse_time(end) - *parse_time(end_before) < Millis(1'000)) {
      return "it woke before its time: " + to_text(execution);
    }
    end_before = end;
  }
  return {};
}

/// What a step's own history entry says is what "seen" was given. Of the elements of a fan-out, the
/// first, the last and one between are looked at, as each costs a request.
std::string problem_of_step(const TestProject& project, const std::string& run,
                            const std::string& step, const Json& seen_result) {
  if (!seen_result.is_array()) {
    const Json own = project.step(run, step).at_pointer("/output/result");
    if (own == seen_result) return {};
    return "the step " + step + " was seen as " + to_text(seen_result) + " and is now " +
           to_text(own);
  }
  const JsonArray& list = seen_result.as_array();
  for (const std::size_t i : {std::size_t{0}, list.size() / 2, list.size() - 1}) {
    const std::string id = step + '.' + std::to_string(i);
    if (auto problem = problem_of_step(project, run, id, list[i]); !problem.empty()) return problem;
  }
  return {};
}

/// The request was answered once, however often it was sent, and nothing of its pages is missing.
std::string problem_of_requests(const TestProject& project, const LoadPeer& peer,
                                const AcknowledgedRun& run) {
  const Json call = project.step(run.id, "call").at_pointer("/output/response/body");
  const Json answered = peer.answer_to(run.id + ":call");
  if (to_text(call) != to_text(answered)) {
    return "the peer answered " + to_text(answered) + ", the run has " + to_text(call);
  }
  const Json pages = project.step(run.id, "list").at_pointer("/output/response/results");
  return to_text(pages) == "[0,1,2]" ? "" : "its pages are " + to_text(pages);
}

}  // namespace

void deploy_load_workflows(const TestProject& project, const LoadPeer& peer) {
  project.deploy_steps(
      "chain", stamped("a", number, "n + 1") + "," + stamped("b", "a.result.value", "2 * n") + "," +
                   stamped("c", "b.result.value", "n - 3") + "," + seen({"a", "b", "c"}));
  project.deploy_steps("retry",
                       stamped("a", number, "n + 1") + "," +
                           stamped("flaky", "a.result.value", "10 * n",
                                   "if (Date.now() < at + 150) throw new Error('not yet');") +
                           "," + seen({"a", "flaky"}));
  project.deploy_steps("fan", R"json(
    {"id": "list", "type": "function", "parameters": {"n": "{{trigger.request.body.n}}"},
     "retry": {"max": 5, "initial": "200ms"},
     "code": "({ n }) => Array.from({ length: 20 }, (_, i) => n + i)"},
    {"id": "each", "type": "fanOut", "items": "{{list.result}}", "steps": [)json" +
                                  stamped("square", "each.instance", "n * n") + "]}," +
                                  seen({"square"}));
  const std::string sleep = R"({"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"})";
  project.deploy_steps("sleep", stamped("a", number, "n + 1") + "," + sleep + "," +
                                    stamped("b", "a.result.value", "n + 1") + "," +
                                    seen({"a", "b"}));
  project.deploy_steps("reply",
                       stamped("a", number, "n + 1") +
                           R"(,{"id": "r", "type": "response", "body": {"run": "{{execution.id}}",
                        "a": "{{a.result}}"}},)" +
                           stamped("b", "a.result.value", "n + 1") + "," + seen({"a", "b"}));
  const std::string retry = R"("retry": {"max": 5, "initial": "200ms", "factor": 1})";
  project.deploy_steps(
      "request",
      R"({"id": "call", "type": "request", "method": "POST", "url": ")" + peer.url("/add") +
          R"(", "body": {"n": "{{trigger.request.body.n}}"}, )" + retry +
          R"(}, {"id": "list", "type": "request", "method": "GET", "url": ")" + peer.url("/pages") +
          R"(?page={{self.pageToken}}", "pagination": {
              "output": "response.body.items", "pageToken": "response.body.next"}, )" +
          retry + "}," + stamped("got", "call.response.body.n", "n + 1") + "," + seen({"got"}));
}

std::string load_body(std::int64_t n) {
  const auto now = SystemClock().now().time_since_epoch().count();
  return to_text(JsonObject{{"n", n}, {"at", now}});
}

std::string problem_of(const TestProject& project, const LoadPeer& peer,
                       const AcknowledgedRun& run) {
  const Json execution = project.execution(run.id);
  if (text_at(execution, "/workflowId") != to_text(Json(run.workflow))) return "another workflow";
  if (text_at(execution, "/status") != R"("SUCCEEDED")") return to_text(execution);
  if (auto problem = problem_of_steps(execution); !problem.empty()) return problem;
  const Json trigger = project.step(run.id, "trigger");
  if (text_at(trigger, "/output/request/body/n") != std::to_string(run.number)) {
    return "its input is " + to_text(trigger);
  }
  const Json seen_results = project.step(run.id, "seen").at_pointer("/output/result");
  for (const auto& [step, values] : expected_values(run.workflow, run.number)) {
    const Json& result = seen_results.at(step);
    if (values_of(result) != values) return step + " gave " + to_text(result);
    if (auto problem = problem_of_step(project, run.id, step, result); !problem.empty()) {
      return problem;
    }
  }
  if (run.workflow == "request") return problem_of_requests(project, peer, run);
  if (run.response.empty()) return {};
  const Json answered = json_of(run.response);
  if (answered.at("a") == seen_results.at("a")) return {};
  return "it answered " + run.response + " and then saw " + to_text(seen_results);
}

}  // namespace millrace::tests
