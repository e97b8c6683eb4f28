// Every example of docs/triggers.md, as a reader tries it: put and deployed as it stands, and those of what a
// provider does against a provider. Where a text leaves steps out ("[…]") there is one; names of servers are those
// of the test's peers.
#include "runtime/digests/hmac.h"
#include "runtime/text/hex_text.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"
#include "tests/support/hook_provider.h"
#include "tests/support/poll_until.h"

#include <fstream>
#include <mutex>
#include <set>
#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

struct Example {
  std::string section;
  std::string language;
  std::string text;
};

std::vector<Example> examples_of_the_page() {
  std::istringstream in(read_file(MILLRACE_TRIGGERS_PAGE));
  std::vector<Example> examples;
  std::string section;
  bool is_inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      is_inside = !is_inside;
      if (is_inside) examples.push_back({section, line.substr(3), {}});
    } else if (is_inside) {
      examples.back().text += line + '\n';
    } else if (line.starts_with("## ") || line.starts_with("### ")) {
      section = line.substr(line.find(' ') + 1);
    }
  }
  return examples;
}

/// The JSON text behind the request that the page shows with it.
std::string body_of(const std::string& text) { return text.substr(text.find('{')); }

/// The one of that section that has these words.
std::string example(std::string_view section, std::string_view words) {
  for (const Example& each : examples_of_the_page()) {
    if (each.section == section && each.text.find(words) != std::string::npos) {
      return replaced(each.text, "[…]", R"([{"id": "f", "type": "function", "code": "() => 1"}])");
    }
  }
  throw std::runtime_error("no example of " + std::string(section) + " with " + std::string(words));
}

/// JSON objects, one a line as the page has them, or one over several lines.
std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> values;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("{ ") || line.starts_with("\"verify\"")) values.emplace_back();
    values.back() += line + '\n';
  }
  return values;
}

void put(const TestProject& project, const std::string& path, const std::string& body) {
  const Answer answer = project.put(path, body);
  INFO(path << ' ' << body << answer.text);
  REQUIRE(answer.status < 300);
}

/// An integration with that in it.
void put_integration(const TestProject& project, const std::string& type, const std::string& more,
                     const std::string& base_url = "https://api.crm.example") {
  put(project, "/integrations/" + type,
      R"({"baseUrl": ")" + base_url + R"(", "auth": {"type": "bearer"}, )" + more + "}");
}

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body = {}) {
  return call_server(project.port(), {method, project.path("/sdk" + rest), project.token(), body});
}

/// The account.
Json connect(const TestProject& project, const std::string& type, const std::string& more = {}) {
  const Answer answer =
      as_user(project, "POST", "/integrations/" + type + "/connect",
              R"({"credentials": {"token": "t-1"}, "providerId": "p-7")" + more + "}");
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return answer.json;
}

void enable(const TestProject& project, const std::string& workflow) {
  const Answer answer = as_user(project, "POST", "/workflows/" + workflow);
  INFO(answer.text);
  REQUIRE(answer.status < 300);
}

std::string path_of(const std::string& url) { return url.substr(url.find("/hooks/")); }

std::size_t runs_of(const TestProject& project, const std::string& workflow) {
  return project.get("/task-history/workflow-executions?workflowId=" + workflow)
      .json.at("workflowExecutions")
      .as_array()
      .size();
}

/// Runs of it begin, and this is the result of a step of the first one.
std::string first_result(const TestProject& project, const std::string& workflow,
                         const std::string& step) {
  const std::string list = "/task-history/workflow-executions?workflowId=" + workflow;
  REQUIRE(poll_until([&] { return runs_of(project, workflow) == 1; }));
  const std::string run = string_at(project.get(list).json, "/workflowExecutions/0/id");
  project.wait_for_status(run, "SUCCEEDED");
  return text_at(project.step(run, step), "/output/result");
}

std::string workflow_on_crm(const std::string& trigger) {
  return R"({"integration": "crm", "trigger": )" + trigger +
         R"(, "steps": [{"id": "f", "type": "function", "parameters": {"r": "{{trigger.result}}"},
            "code": "({ r }) => r"}]})";
}

}  // namespace

TEST_CASE("each example of the triggers page that is JSON can be put and deployed") {
  const TestProject project(open_server());
  put(project, "/integrations/crm", example("Webhooks", "\"baseUrl\""));
  put(project, "/resources/api", body_of(example("Resource", "PUT")));
  put_integration(project, "shop", example("Poll", "\"wake\""));
  std::size_t number = 0;
  for (const Example& each : examples_of_the_page()) {
    const bool is_put_above = each.text.starts_with("{ \"baseUrl\"");
    if (each.language != "json" || is_put_above) continue;
    const std::string text = example(each.section, each.text.substr(0, each.text.find('[')));
    INFO(each.section << ": " << text);
    for (const std::string& value :
         values_of(text.starts_with('"') && !text.starts_with("\"verify\"") ? "{ " + text : text)) {
      const std::string name = "w" + std::to_string(++number);
      if (value.starts_with("\"verify\"")) {
        put_integration(project, name, R"("webhooks": {"hook": {"scope": "user", )" + value + "}}");
      } else if (value.starts_with("{ \"events\"")) {
        put_integration(project, name, "\"webhooks\": " + value + "}");
      } else if (value.starts_with("{ \"triggers\": { \"contactCreated\"")) {
        // It is tried out below, with its action and its webhook.
      } else if (!value.starts_with("{ \"triggers\"")) {
        put(project, "/workflows/" + name, value);
        const Answer deployed = project.post("/workflows/" + name + "/deploy");
        INFO(deployed.text);
        CHECK(deployed.status < 300);
      }
    }
  }
  CHECK(number == 15);
}

TEST_CASE("the commands from nothing to the first delivery start the workflow that is enabled") {
  const TestProject project(open_server());
  const TemporaryDirectory directory;
  const std::string integration = example("Webhooks", "\"baseUrl\"");
  std::ofstream(directory.path() + "/crm.json") << integration;
  // Nobody has enabled it.
  put(project, "/integrations/crm", integration);
  project.deploy("any-event", workflow_on_crm(R"({"type": "webhook", "webhook": "events"})"));
  const std::string output =
      output_of(project, example("Webhooks", "@crm.json") + example("Webhooks", "openssl"),
                "cd " + directory.path());
  INFO(output);
  const auto answer = json_of(output.substr(output.rfind("{\"executionIds\"")));
  REQUIRE(answer.at("executionIds").as_array().size() == 1);
  CHECK(first_result(project, "new-contact", "look") == R"("e-1")");
}

TEST_CASE("the subscription of the triggers page is made, verified and ended") {
  HookProvider provider;
  const TestProject project(open_server());
  put_integration(project, "crm",
                  "\"webhooks\": {" + example("Subscriptions", "\"subscribe\"") + "}",
                  provider.url());
  project.deploy("w", workflow_on_crm(R"({"type": "webhook", "webhook": "events"})"));
  connect(project, "crm");
  enable(project, "w");
  REQUIRE(poll_until([&] {
    return as_user(project, "GET", "/credentials").text.find("\"active\"") != std::string::npos;
  }));
  REQUIRE(provider.hooks().size() == 1);
  const auto hook = provider.hooks().front();
  const std::string body = R"({"n": 1})";
  const std::string signature = to_hex(hmac(HashAlgorithm::sha256, hook.secret, body));
  const auto deliver = [&](const std::string& signed_as) {
    return call_server(
        project.port(),
        {"POST", path_of(hook.url), {}, body, "application/json", {{"X-Signature", signed_as}}});
  };
  CHECK(deliver(signature + "00").status == 401);
  CHECK(deliver(signature).status == 200);
  CHECK_THAT(first_result(project, "w", "f"), Catch::Contains(R"("n":1)"));
  REQUIRE(as_user(project, "DELETE", "/workflows/w").status < 300);
  CHECK(poll_until([&] { return provider.hooks().empty(); }));
}

TEST_CASE("the load of the triggers page fetches the record that an event is about") {
  MisbehavingPeer peer(
      MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
        const bool is_right = request.target == "/contacts/c-7";
        connection.answer(is_right ? 200 : 404, R"({"name": "Ada"})",
                          "Content-Type: application/json\r\n");
      }));
  const TestProject project(open_server());
  put_integration(project, "crm",
                  R"("webhooks": {"events": {"scope": "user"}},
    "actions": {"getContactById": {"method": "GET", "path": "/contacts/{contactId}",
      "parameters": {"contactId": {"type": "string", "required": true}}}}, )" +
                      example("Load", "contactCreated"),
                  peer.url(""));
  project.deploy("w", workflow_on_crm(R"({"type": "integration", "trigger": "contactCreated"})"));
  const Json account = connect(project, "crm");
  enable(project, "w");
  REQUIRE(call_server(project.port(), {"POST",
                                       path_of(string_at(account, "/webhooks/events/url")),
                                       {},
                                       R"({"objectId": "c-7"})"})
              .status == 200);
  CHECK(first_result(project, "w", "f") == R"({"name":"Ada"})");
}

TEST_CASE("the polls of the triggers page run what is new, and one of them when it is woken") {
  std::mutex mutex;
  std::string orders = R"({"id": 1, "changedAt": "2026-01-01T09:00:00Z", "name": "old"})";
  std::set<std::string> targets;
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        const std::lock_guard lock(mutex);
        targets.insert(request.target);
        connection.answer(200, R"({"items": [)" + orders + R"(], "orders": [)" + orders + "]}",
                          "Content-Type: application/json\r\n");
      }));
  const TestProject project(open_server());
  put_integration(project, "shop", example("Poll", "\"wake\""), peer.url(""));
  // A reader waits for a minute.
  project.deploy("orders", replaced(example("Poll", "\"Orders\""), "\"60s\"", "\"5s\""));
  project.deploy("changed", example("Poll", "\"status\": \"paid\""));
  const Json account = connect(project, "shop");
  enable(project, "orders");
  enable(project, "changed");
  const auto wake = [&] {
    const std::string path = path_of(string_at(account, "/webhooks/changed/url"));
    return call_server(project.port(), {"POST", path, {}, "{}"}).text;
  };
  const auto was_asked = [&](const std::string& target) {
    const std::lock_guard lock(mutex);
    return targets.contains(target);
  };
  const auto looked = [&](const std::string& workflow) {
    const Answer shown = as_user(project, "GET", "/credentials/" + string_at(account, "/id"));
    const std::string last = shown.at("/polls/" + workflow + "/lastAt");
    return !last.empty() && last != "null";
  };
  CHECK(wake() == R"({"executionIds":[]})");
  // Both have seen what there was; from now on it is news.
  REQUIRE(poll_until([&] { return looked("orders") && looked("changed"); }));
  CHECK(was_asked("/orders?status=paid"));
  {
    const std::lock_guard lock(mutex);
    orders = R"({"id": 2, "changedAt": "2026-01-01T10:00:00Z", "name": "new"}, )" + orders;
  }
  CHECK(wake() == R"({"executionIds":[]})");
  CHECK(first_result(project, "changed", "f") == "1");
  CHECK(first_result(project, "orders", "name") == R"("new")");
  CHECK(runs_of(project, "changed") == 1);
  // The overlap of two minutes goes back behind the greatest that was seen.
  CHECK(was_asked("/orders?since=2026-01-01T08%3A58%3A00Z"));
}

TEST_CASE("the event, the schedule and the greeting of the triggers page do as it says") {
  const TestProject project(open_server());
  put(project, "/events/Contact%20Created", body_of(example("App event", "PUT")));
  put_integration(project, "crm", R"("description": "d")");
  project.deploy("welcome", example("App event", "\"Welcome\""));
  project.deploy("sync", example("Field mapping", "\"Sync contact\""));
  project.deploy("report", example("Scheduler", "\"Report\""));
  project.deploy("hello", example("Integration enabled", "\"Say hello\""));
  const std::string account = string_at(connect(project, "crm"), "/id");
  CHECK(first_result(project, "hello", "greet") == "\"Hello " + account + "\"");
  const std::string sent = example("App event", "POST");
  const Answer answer =
      as_user(project, "POST", "/events/trigger", body_of(sent.substr(0, sent.find("201"))));
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  CHECK(first_result(project, "welcome", "greet") == R"("Hello bob@example.org")");
  const Answer ticks = project.get("/workflows/report/schedule?count=3");
  REQUIRE(ticks.json.at("ticks").as_array().size() == 3);
  // Nine in Berlin, in winter or in summer.
  const std::string tick = string_at(ticks.json, "/ticks/0");
  CHECK((tick.ends_with("T07:00:00.000Z") || tick.ends_with("T08:00:00.000Z")));
}
