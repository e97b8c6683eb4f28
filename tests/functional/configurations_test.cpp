// Several configurations of one account, by HTTP: each runs what is enabled in it, with its own settings, also over a
// restart.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <map>

using namespace millrace;
using namespace millrace::tests;

namespace {

class Account {
 public:
  explicit Account(const ServerProcess& server) : project_(server) {
    REQUIRE(project_
                .put("/integrations/crm",
                     R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
                         "settings": [{"id": "place", "type": "text"}]})")
                .status == 201);
    REQUIRE(project_.put("/events/Made", R"({"schema": {}})").status == 201);
    const Answer connected =
        ask("POST", "/integrations/crm/connect", R"({"credentials": {"token": "t-1"}})");
    REQUIRE(connected.status == 201);
    id_ = string_at(connected.json, "/id");
  }

  const TestProject& project() const { return project_; }
  Answer ask(const std::string& method, const std::string& rest, const std::string& body = {},
             std::vector<std::pair<std::string, std::string>> headers = {}) const {
    return call_server(project_.port(), {method, project_.path("/sdk" + rest), project_.token(),
                                         body, "application/json", std::move(headers)});
  }
  /// Another configuration; its id.
  std::string add() const {
    const Answer added = ask("POST", "/credentials/" + id_ + "/configurations", "{}");
    REQUIRE(added.status == 201);
    return string_at(added.json, "/configurations/1/id");
  }
  /// Empty: the default one.
  void set_up(const std::string& configuration, const std::string& place, bool is_enabled) const {
    std::vector<std::pair<std::string, std::string>> headers;
    if (!configuration.empty()) headers.emplace_back("X-Paragon-Configuration-Id", configuration);
    const Answer done = ask("PATCH", "/credentials/" + id_,
                            R"({"config": {"sharedSettings": {"place": ")" + place +
                                R"("}, "workflowSettings": {"w": {"enabled": )" +
                                (is_enabled ? "true" : "false") + R"(, "settings": {}}}}})",
                            headers);
    INFO(done.text);
    REQUIRE(done.status == 200);
  }
  std::vector<std::string> send_event() const {
    const Answer sent = ask("POST", "/events/trigger", R"({"name": "Made", "payload": {}})");
    REQUIRE(sent.status == 201);
    std::vector<std::string> ids;
    for (const Json& id : sent.json.at("executionIds").as_array()) ids.emplace_back(id.as_string());
    return ids;
  }

 private:
  const TestProject project_;
  std::string id_;
};

std::string on_event(const std::string& steps) {
  return R"({"integration": "crm", "trigger": {"type": "event", "event": "Made"}, "steps": [)" +
         steps + "]}";
}

const std::string tell_place =
    R"({"id": "tell", "type": "function", "parameters": {"p": "{{settings.place}}"}, "code": "({ p }) => p"})";

}  // namespace

TEST_CASE("an event runs a workflow once in each configuration, with the settings of each") {
  const Account account(open_server());
  account.project().deploy("w", on_event(tell_place));
  const std::string second = account.add();
  account.set_up("", "one", true);
  account.set_up(second, "two", true);
  std::map<std::string, int> places;
  for (const std::string& id : account.send_event()) {
    account.project().wait_for_status(id, "SUCCEEDED");
    ++places[text_at(account.project().step(id, "tell"), "/output/result")];
  }
  CHECK(places == std::map<std::string, int>{{"\"one\"", 1}, {"\"two\"", 1}});
  account.set_up("", "one", false);
  const auto rest = account.send_event();
  REQUIRE(rest.size() == 1);
  account.project().wait_for_status(rest.front(), "SUCCEEDED");
  CHECK(text_at(account.project().step(rest.front(), "tell"), "/output/result") == "\"two\"");
}

TEST_CASE("a schedule runs a workflow in each configuration in which it is enabled") {
  const Account account(open_server());
  account.project().deploy("w",
                           R"({"integration": "crm", "trigger": {"type": "scheduler",
                              "every": {"seconds": 1}}, "steps": [)" +
                               tell_place + "]}");
  const std::string second = account.add();
  account.set_up("", "one", true);
  account.set_up(second, "two", true);
  const bool both_ran = poll_until([&] {
    std::map<std::string, int> places;
    const Answer runs = account.project().get("/task-history/workflow-executions");
    for (const Json& run : runs.json.at("workflowExecutions").as_array()) {
      if (string_at(run, "/status") != "SUCCEEDED") continue;
      ++places[text_at(account.project().step(string_at(run, "/id"), "tell"), "/output/result")];
    }
    return places["\"one\""] > 0 && places["\"two\""] > 0;
  });
  CHECK(both_ran);
  account.set_up("", "one", false);
  account.set_up(second, "two", false);
}

TEST_CASE("a run that sleeps in a configuration is stopped by that one alone, also after a crash") {
  ServerProcess server(open_server_options());
  const Account account(server);
  account.project().deploy(
      "w",
      on_event(R"({"id": "wait", "type": "delay", "value": 4, "unit": "SECONDS"}, )" + tell_place));
  const std::string second = account.add();
  account.set_up("", "one", true);
  account.set_up(second, "two", true);
  const auto ids = account.send_event();
  REQUIRE(ids.size() == 2);
  server.kill_now();
  server.start();
  account.set_up(second, "two", false);
  std::map<std::string, std::string> ends;
  for (const std::string& id : ids) {
    const Json run = account.project().wait_until_ended(id);
    ends[string_at(run, "/status")] = id;
  }
  REQUIRE(ends.size() == 2);
  REQUIRE(ends.contains("SUCCEEDED"));
  CHECK(ends.contains("CANCELLED"));
  CHECK(text_at(account.project().step(ends["SUCCEEDED"], "tell"), "/output/result") == "\"one\"");
}
