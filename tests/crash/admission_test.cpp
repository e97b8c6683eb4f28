// Triggers that their workflow holds back, while the process is killed: each that was acknowledged is in exactly one
// run, no singleton runs twice at once, and no throttle lets more through than it may.
#include "runtime/text/time_text.h"
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Sends triggers one after the other, each with a key of its own until it is acknowledged.
class Sender {
 public:
  Sender(CrashingServer& server, const TestProject& project, std::string workflow, std::string name)
      : server_(server),
        workflow_(std::move(workflow)),
        name_(std::move(name)),
        path_(project.path("/sdk/triggers/" + workflow_)),
        token_(project.token()),
        thread_([this] { run(); }) {}
  ~Sender() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const std::set<std::string>& acknowledged() const { return acknowledged_; }
  const std::vector<std::string>& surprises() const { return surprises_; }

 private:
  void run() {
    for (int i = 0; !stopping_ && i < 40; ++i) {
      if (!send(name_ + '-' + std::to_string(i))) return;
    }
  }

  /// False: no server will come any more.
  bool send(const std::string& id) {
    while (true) {
      const auto starts = server_.starts();
      const Answer answer = call_server(server_.process().port(), {"POST",
                                                                   path_,
                                                                   token_,
                                                                   R"({"id": ")" + id + "\"}",
                                                                   "application/json",
                                                                   {{"Idempotency-Key", id}}});
      if (answer.status == 202) {
        acknowledged_.insert(id);
        return true;
      }
      if (answer.status != 0 && answer.status != 503) {
        surprises_.push_back(answer.text);
        return false;
      }
      if (answer.status == 0 && !server_.wait_for_start_after(starts)) return false;
    }
  }

  CrashingServer& server_;
  const std::string workflow_;
  const std::string name_;
  const std::string path_;
  const std::string token_;
  std::atomic<bool> stopping_{false};
  std::set<std::string> acknowledged_;
  std::vector<std::string> surprises_;
  std::thread thread_;
};

std::string workflow(const std::string& admission, const std::string& ids) {
  return R"({"name": "w", "trigger": {"type": "request"}, "admission": )" + admission +
         R"(, "steps": [{"id": "f", "type": "function", "parameters": {"t": "{{trigger}}"}, "code": "({ t }) => )" +
         ids + R"("}]})";
}

/// All runs of the workflow, the earliest first.
std::vector<Json> runs_of(const TestProject& project, const std::string& workflow) {
  std::vector<Json> runs;
  for (std::size_t offset = 0;; offset = runs.size()) {
    const Answer page =
        project.get("/task-history/workflow-executions?sortBy=ASC&workflowId=" + workflow +
                    "&offset=" + std::to_string(offset));
    REQUIRE(page.status == 200);
    const auto& list = page.json.at("workflowExecutions").as_array();
    if (list.empty()) return runs;
    runs.insert(runs.end(), list.begin(), list.end());
  }
}

/// How often each trigger has run.
std::map<std::string, int> triggers_in(const TestProject& project, const std::vector<Json>& runs) {
  std::map<std::string, int> times;
  for (const Json& run : runs) {
    const Json step = project.step(std::string(run.at("id").as_string()), "f");
    for (const Json& id : step.at("output").at("result").as_array()) {
      ++times[std::string(id.as_string())];
    }
  }
  return times;
}

bool is_settled(const TestProject& project, const std::string& workflow) {
  const Answer waiting = project.get("/workflows/" + workflow + "/admission");
  return waiting.status == 200 && waiting.json.at("lines").as_array().empty() &&
         project.get("/task-history/workflow-executions?status=EXECUTING&workflowId=" + workflow)
                 .at("/total") == "0";
}

}  // namespace

TEST_CASE(
    "each acknowledged trigger of an admission is in one run, whenever the process is killed") {
  CrashingServer server;
  const TestProject project(server.process());
  const std::string one = "[t.request.body.id]";
  project.deploy("batched", workflow(R"({"batch": {"size": 7, "wait": "1s"}})",
                                     "t.items.map(item => item.request.body.id)"));
  project.deploy("alone", workflow(R"({"singleton": {"onConflict": "queue"}})", one));
  project.deploy("slow", workflow(R"({"throttle": {"limit": 5, "per": "500ms"}})", one));
  const std::vector<std::string> workflows{"batched", "alone", "slow"};

  std::vector<std::pair<std::string, std::unique_ptr<Sender>>> senders;
  for (const std::string& name : workflows) {
    for (const char* which : {"a", "b"}) {
      senders.emplace_back(
          name, std::make_unique<Sender>(server, project, name, name + std::string("-") + which));
    }
  }
  for (int i = 0; i < 4; ++i) {
    REQUIRE_FALSE(server.process().wait_for_exit(std::chrono::milliseconds(700)).has_value());
    server.kill_and_start();
  }
  std::map<std::string, std::set<std::string>> acknowledged;
  for (auto& [name, sender] : senders) {
    sender->stop();
    CHECK(sender->surprises() == std::vector<std::string>());
    acknowledged[name].insert(sender->acknowledged().begin(), sender->acknowledged().end());
  }
  server.stays_as_it_is();

  for (const std::string& name : workflows) {
    INFO(name);
    REQUIRE_FALSE(acknowledged[name].empty());
    REQUIRE(poll_until([&] { return is_settled(project, name); }));
    const auto runs = runs_of(project, name);
    const auto times = triggers_in(project, runs);
    for (const std::string& id : acknowledged[name]) {
      INFO(id);
      CHECK(times.contains(id));
    }
    for (const auto& [id, count] : times) {
      INFO(id);
      CHECK(count == 1);
    }
  }
  // Texts of one form and zone sort as times do.
  const auto alone = runs_of(project, "alone");
  for (std::size_t i = 1; i < alone.size(); ++i) {
    CHECK(string_at(alone[i], "/dateStarted") >= string_at(alone[i - 1], "/dateEnded"));
  }
  const auto slow = runs_of(project, "slow");
  for (std::size_t i = 5; i < slow.size(); ++i) {
    const auto first = parse_time(string_at(slow[i - 5], "/dateStarted"));
    const auto last = parse_time(string_at(slow[i], "/dateStarted"));
    REQUIRE((first && last));
    CHECK(*last - *first >= std::chrono::milliseconds(500));
  }
}
