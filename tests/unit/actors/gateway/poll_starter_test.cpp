// Polls: each new record starts one run for each account, once, whatever happens in between.
#include "actors/gateway/poll_starter.h"

#include "storage/keys.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/event_log_table.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <mutex>
#include <set>

using namespace millrace;

namespace {

constexpr Millis minute{60'000};
const UserId ada{"ada"};

std::string poll_with(const std::string& more,
                      const std::string& path = "/c?since={{self.cursor}}") {
  return R"({"type": "poll", "request": {"method": "GET", "path": ")" + path +
         R"("}, "items": "response.body.items", "itemId": "id", "cursor": "at", "interval": "1m")" +
         more + "}";
}
const std::string from_beginning = poll_with(R"(, "start": "beginning")");

storage::CredentialRow account_of(const ActorTestBed& bed, const UserId& user,
                                  const char* workflows) {
  storage::CredentialRow account;
  account.project = bed.project;
  account.user = user;
  account.id = "account-of-crm";
  account.integration = "crm";
  account.configured_workflows = workflows;
  return account;
}

constexpr const char* on = R"({"w": {"enabled": true}})";
constexpr const char* off = R"({"w": {"enabled": false}})";

/// A node with an integration, whose provider shows what the test says.
class PollBed {
 public:
  explicit PollBed(ActorOptions options = {}) : bed(std::move(options)) {
    REQUIRE(bed.integrations
                ->put("crm", *parse_json(
                                 R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
        "triggers": {"recordUpdated": {"poll": {"request": {"method": "GET", "path": "/{{parameters.type}}"},
          "items": "response.body.items", "itemId": ["id", "at"], "start": "beginning"},
          "when": [[{"variable": "{{event.type}}", "operator": "StringExactlyMatches", "argument": "lead"}]]}}})"))
                .ok());
    bed.tenants.connect("crm", JsonObject{{"token", "secret-token"}});
    bed.tenants.give({{}, {}, "account-of-crm"});
    // The provider lives on when the node dies.
    bed.requests.on("", [this](const ScriptedRequest&) {
      const std::lock_guard lock(mutex);
      return answering(status, *parse_json(R"({"items": [)" + items + "]}"), headers)({});
    });
    bed.restart();
    enable(on);
  }

  void enable(const char* workflows, const UserId& user = ada) {
    storage::WriteBatch batch;
    const auto before = account_of(bed, user, workflows == on ? off : on);
    const auto after = account_of(bed, user, workflows);
    storage::EnabledWorkflowTable::follow(batch, &before, &after);
    REQUIRE(bed.store.commit(batch).ok());
  }

  void deploy(const std::string& trigger) {
    const auto definition = parse_json(R"({"integration": "crm", "trigger": )" + trigger +
                                       R"(, "steps": [{"id": "f", "type": "function", "code": "x",
                                          "parameters": {"r": "{{trigger.result}}"}}]})");
    REQUIRE(bed.workflows->put_draft(bed.project, WorkflowId("w"), *definition).ok());
    const auto deployed = bed.workflows->deploy(bed.project, WorkflowId("w"));
    INFO((deployed ? std::string() : deployed.error().message));
    REQUIRE(deployed.ok());
    if (!rows().empty()) return;
    REQUIRE(ActorTestBed::eventually([&] { return !rows().empty(); }));  // its accounts are walked
    settle();
  }

  void show(const std::string& list, int with_status = 200, std::vector<HttpHeader> with = {}) {
    const std::lock_guard lock(mutex);
    items = list;
    status = with_status;
    headers = std::move(with);
  }

  std::vector<storage::PolledAccountRow> rows(const UserId& user = ada) const {
    const auto rows = storage::PollTable(bed.store).list(bed.project, user);
    REQUIRE(rows.ok());
    return *rows;
  }

  std::size_t requests() const { return bed.http->sent("").size(); }

  /// Time goes on until the next look, which comes to its end.
  void look() {
    const std::size_t before = requests();
    const auto wakes = poll_wakes();
    bed.clock.advance(minute);
    REQUIRE(ActorTestBed::eventually([&] { return requests() > before; }));
    REQUIRE(ActorTestBed::eventually([&] { return poll_wakes() != wakes; }));
    settle();
  }

  /// Waits until all that is due is served, the walk of the workflow's accounts too. A walk that is still on
  /// its way when time goes on would choose its next time by then.
  void settle() const {
    const auto is_due = [this] {
      bool found = false;
      const auto read =
          storage::visit_due(bed.store, ShardSet::all(), bed.clock.now(), [&](auto row) {
            const auto* const wake = std::get_if<storage::WakeRow>(&row);
            found = found || (wake != nullptr && wake->target == storage::WakeTarget::poll);
            return !found;
          });
      REQUIRE(read.ok());
      return found;
    };
    REQUIRE(ActorTestBed::eventually([&] { return !is_due(); }));
  }

  /// The wakes of accounts.
  std::set<Instant> poll_wakes() const {
    std::set<Instant> due;
    const auto read = storage::visit_due(bed.store, ShardSet::all(), Instant::max(), [&](auto row) {
      const auto* const wake = std::get_if<storage::WakeRow>(&row);
      if (wake != nullptr &&
          storage::keys::poll_part(wake->target_key) == storage::keys::PollPart::account) {
        due.insert(wake->due);
      }
      return true;
    });
    REQUIRE(read.ok());
    return due;
  }

  std::size_t runs() const {
    storage::ExecutionTable::HistoryQuery query;
    query.project = bed.project;
    return storage::ExecutionTable(bed.store).history(query)->total;
  }
  bool has_runs(std::size_t count) const {
    return ActorTestBed::eventually([&] { return runs() >= count; }) && runs() == count;
  }

  std::mutex mutex;
  std::string items;
  int status = 200;
  std::vector<HttpHeader> headers;
  ActorTestBed bed;
};

}  // namespace

TEST_CASE("each record waits once for the throttle of its workflow, over looks and restarts") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5}, {"id": 2, "at": 6}, {"id": 3, "at": 7})");
  polls.deploy(from_beginning + R"(, "admission": {"throttle": {"limit": 1, "per": "10m"}})");
  const auto waiting = [&] {
    const auto lines = polls.bed.gateway->admission().lines(polls.bed.project, WorkflowId("w"), {});
    REQUIRE(lines.ok());
    return lines->lines.empty() ? 0 : lines->lines.front().size();
  };
  polls.look();
  REQUIRE(polls.has_runs(1));
  CHECK(waiting() == 2);
  polls.look();
  CHECK(polls.runs() == 1);
  CHECK(waiting() == 2);
  polls.bed.restart();
  polls.look();
  CHECK(polls.runs() == 1);
  CHECK(waiting() == 2);
  for (std::size_t count = 2; count <= 3; ++count) {
    for (int i = 0; i < 10; ++i) polls.look();
    REQUIRE(polls.has_runs(count));
    CHECK(waiting() == 3 - count);
  }
  for (int i = 0; i < 11; ++i) polls.look();
  CHECK(polls.runs() == 3);
  CHECK(waiting() == 0);
}

TEST_CASE("each new record starts one run, and a look that shows it again starts none") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(1));
  polls.look();
  CHECK(polls.runs() == 1);
  polls.show(R"({"id": 2, "at": 6}, {"id": 1, "at": 5})");
  polls.look();
  REQUIRE(polls.has_runs(2));
  CHECK(polls.bed.functions->wait_for_calls("f", 2));
  const auto sent = polls.bed.http->sent("");
  CHECK(sent.front().url == "https://crm.example/c?since=");
  CHECK(sent.back().url == "https://crm.example/c?since=5");
  CHECK(sent.back().headers.size() > 0);
}

TEST_CASE("a poll that starts now runs what comes after its first look") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(poll_with(""));
  polls.look();
  CHECK(polls.runs() == 0);
  polls.show(R"({"id": 2, "at": 6}, {"id": 1, "at": 5})");
  polls.look();
  CHECK(polls.has_runs(1));
}

TEST_CASE("a look that finds nothing writes its next wake and no row") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(1));
  const auto row = polls.rows().at(0);
  polls.look();
  CHECK(polls.rows().at(0) == row);
  CHECK(polls.poll_wakes().size() == 1);
}

TEST_CASE("records run once over restarts, also those that came while nobody was there") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(1));
  polls.show(R"({"id": 1, "at": 5}, {"id": 2, "at": 6})");
  polls.bed.gateway.reset();
  polls.bed.clock.advance(10 * minute);
  polls.bed.restart();
  REQUIRE(polls.has_runs(2));
  polls.look();
  CHECK(polls.runs() == 2);
}

TEST_CASE("an answer that is lost with the node is asked for again, and its records run once") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5}, {"id": 2, "at": 6})");
  polls.deploy(from_beginning);
  polls.bed.http->hold("");
  polls.bed.clock.advance(minute);
  REQUIRE(polls.bed.http->wait_for_calls("", 1));
  polls.bed.restart();
  REQUIRE(polls.has_runs(2));
}

TEST_CASE("a poll that fails waits longer each time, is shown with what is wrong, and recovers") {
  PollBed polls;
  polls.deploy(from_beginning);
  polls.show("", 503, {{"retry-after", "300"}});
  polls.look();
  auto row = polls.rows().at(0);
  CHECK(row.failures == 1);
  CHECK(row.due >= row.failed + Millis(300'000));
  const auto states = polls.bed.gateway->polls(polls.bed.project, ada);
  REQUIRE(states.ok());
  REQUIRE(states->size() == 1);
  CHECK(states->at(0).is_failing);
  CHECK(states->at(0).code == "request_failed");
  CHECK(states->at(0).next == row.due);
  CHECK(polls.poll_wakes() == std::set<Instant>{row.due});
  polls.show("", 500);
  polls.bed.clock.advance(row.due - polls.bed.clock.now());
  REQUIRE(ActorTestBed::eventually([&] { return polls.rows().at(0).failures == 2; }));
  polls.show(R"({"id": 1, "at": 5})");
  polls.bed.clock.advance(polls.rows().at(0).due - polls.bed.clock.now());
  REQUIRE(polls.has_runs(1));
  CHECK(polls.rows().at(0).failures == 0);
  CHECK_FALSE(polls.bed.gateway->polls(polls.bed.project, ada)->at(0).is_failing);
}

TEST_CASE("a poll that may not run is shown as one that waits, with why, until it has looked") {
  PollBed polls;
  polls.deploy(from_beginning);
  polls.show("", 503);
  polls.look();
  polls.show("");
  const auto state = [&] { return polls.bed.gateway->polls(polls.bed.project, ada)->at(0); };
  REQUIRE(state().is_failing);
  polls.bed.tenants.refuse(Error(ErrorCode::integration_inactive, "it is switched off"));
  polls.bed.clock.advance(polls.rows().at(0).due - polls.bed.clock.now());
  REQUIRE(ActorTestBed::eventually([&] { return state().is_waiting; }));
  polls.settle();
  CHECK_FALSE(state().is_failing);
  CHECK(state().code == "integration_inactive");
  CHECK(state().message == "it is switched off");
  CHECK(state().next == polls.rows().at(0).due);
  polls.bed.tenants.give({{}, {}, "account-of-crm"});
  polls.bed.clock.advance(polls.rows().at(0).due - polls.bed.clock.now());
  REQUIRE(ActorTestBed::eventually([&] { return !state().is_waiting; }));
  polls.settle();
  CHECK_FALSE(state().is_failing);
}

TEST_CASE("nothing of an account's secrets is stored, however the provider echoes them") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": "secret-token", "echo": "Bearer secret-token"})");
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(1));
  REQUIRE(polls.bed.functions->wait_for_calls("f", 1));
  CHECK(polls.bed.functions->parameters("f").at(0).find("secret-token") == std::string::npos);
  CHECK(polls.rows().at(0).cursor.find("secret-token") == std::string::npos);
}

TEST_CASE(
    "an unmet condition sends no request, and the poll goes on from its cursor when it is met") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  polls.bed.tenants.refuse(Error(ErrorCode::credential_invalid, "the account is not valid"));
  const auto wakes = polls.poll_wakes();
  polls.bed.clock.advance(minute);
  REQUIRE(ActorTestBed::eventually([&] { return polls.poll_wakes() != wakes; }));
  CHECK(polls.requests() == 0);
  CHECK(polls.rows().size() == 1);
  polls.bed.tenants.give({{}, {}, "account-of-crm"});
  polls.look();
  CHECK(polls.has_runs(1));
}

TEST_CASE("an account that disables the workflow is polled no more, and begins anew with now") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(poll_with(""));
  polls.look();
  polls.enable(off);
  CHECK(polls.rows().empty());
  polls.bed.clock.advance(2 * minute);
  REQUIRE(ActorTestBed::eventually([&] { return polls.poll_wakes().empty(); }));
  polls.settle();
  CHECK(polls.requests() == 1);
  polls.show(R"({"id": 1, "at": 5}, {"id": 2, "at": 6})");
  polls.enable(on);
  polls.bed.clock.advance(10 * minute);  // its workflow is walked again
  REQUIRE(ActorTestBed::eventually([&] { return !polls.rows().empty(); }));
  polls.look();
  CHECK(polls.runs() == 0);
}

TEST_CASE(
    "a version with the same poll goes on, one with another begins anew, an undeploy ends it") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(1));
  polls.deploy(poll_with(R"(, "start": "beginning", "description": "the same")"));
  polls.look();
  CHECK(polls.runs() == 1);
  polls.deploy(poll_with(R"(, "start": "beginning")", "/other?since={{self.cursor}}"));
  polls.look();
  REQUIRE(polls.has_runs(2));
  CHECK(polls.bed.http->sent("").back().url == "https://crm.example/other?since=");
  REQUIRE(polls.bed.workflows->undeploy(polls.bed.project, WorkflowId("w")).ok());
  const std::size_t before = polls.requests();
  polls.bed.clock.advance(minute);
  REQUIRE(ActorTestBed::eventually([&] { return polls.rows().empty(); }));
  CHECK(polls.requests() == before);
  polls.bed.clock.advance(11 * minute);
  CHECK(ActorTestBed::eventually([&] { return !polls.bed.has_timer(); }));
}

TEST_CASE("more records than one commit takes run all of them, once") {
  PollBed polls;
  std::string list;
  for (int i = 0; i < 600; ++i) {
    const std::string n = std::to_string(i);
    list += (i == 0 ? "" : ",") + (R"({"id": )" + n + R"(, "at": )" + n + "}");
  }
  polls.show(list);
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(600));
  polls.look();
  CHECK(polls.runs() == 600);
}

TEST_CASE(
    "a trigger that an integration offers is polled with its parameters, and its `when` chooses") {
  PollBed polls;
  polls.show(
      R"({"id": 1, "at": 1, "type": "lead"}, {"id": 2, "at": 1, "type": "deal"}, {"id": 3, "at": 1})");
  polls.deploy(
      R"({"type": "integration", "trigger": "recordUpdated", "parameters": {"type": "leads"}})");
  polls.look();
  REQUIRE(polls.has_runs(1));
  CHECK(polls.bed.http->sent("").back().url == "https://crm.example/leads");
  // Another state of the record is another one.
  polls.show(R"({"id": 1, "at": 2, "type": "lead"}, {"id": 2, "at": 1, "type": "deal"})");
  polls.look();
  CHECK(polls.has_runs(2));
}

TEST_CASE("a look that is asked for comes at once, and those in time stay as they were") {
  PollBed polls;
  polls.show(R"({"id": 1, "at": 1, "type": "lead"})");
  polls.deploy(
      R"({"type": "integration", "trigger": "recordUpdated", "parameters": {"type": "leads"}})");
  const auto wakes = polls.poll_wakes();
  REQUIRE(polls.bed.gateway->look_now({polls.bed.project, ada, "account-of-crm", {"recordupdated"}})
              .ok());
  REQUIRE(polls.has_runs(1));
  CHECK(polls.poll_wakes() == wakes);
  REQUIRE(
      polls.bed.gateway->look_now({polls.bed.project, ada, "account-of-crm", {"another"}}).ok());
  polls.look();
  CHECK(polls.runs() == 1);
  CHECK(polls.requests() == 2);
}

TEST_CASE("looks beyond the places of a project wait, and come when there is one") {
  ActorOptions options;
  options.polls.looks_per_project_max = 1;
  PollBed polls(options);
  for (int i = 0; i < 5; ++i) polls.enable(on, UserId("user-" + std::to_string(i)));
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  REQUIRE(ActorTestBed::eventually([&] { return polls.poll_wakes().size() >= 5; }));
  REQUIRE(ActorTestBed::eventually([&] {
    polls.bed.clock.advance(Millis(1'000));
    return polls.runs() >= 6;
  }));
  CHECK(polls.has_runs(6));
}

TEST_CASE("an answer of 200 that the integration calls no success fails the look") {
  PollBed polls;
  REQUIRE(
      polls.bed.integrations
          ->put("crm", *parse_json(R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
      "success": [[{"variable": "{{response.body.ok}}", "operator": "BooleanTrue"}]],
      "errors": {"code": "response.body.error", "retry": ["busy"]}})"))
          .ok());
  polls.show(R"({"id": 1, "at": 5}], "ok": false, "error": "busy", "rest": [)");
  polls.deploy(from_beginning);
  polls.look();
  CHECK(polls.runs() == 0);
  REQUIRE(polls.rows().size() == 1);
  CHECK(polls.rows().at(0).code == "request_failed");
  CHECK_THAT(polls.rows().at(0).message, Catch::Contains("busy"));
  polls.show(R"({"id": 1, "at": 5}], "ok": true, "rest": [)");
  REQUIRE(ActorTestBed::eventually([&] {
    polls.bed.clock.advance(minute);
    return polls.runs() == 1;
  }));
  CHECK(polls.has_runs(1));
}

TEST_CASE("an account's limit holds its looks back until there is room again") {
  PollBed polls;
  REQUIRE(
      polls.bed.integrations
          ->put("crm", *parse_json(R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
      "rateLimit": {"requests": 1, "interval": "2h"}})"))
          .ok());
  polls.show(R"({"id": 1, "at": 5})");
  polls.deploy(from_beginning);
  polls.look();
  REQUIRE(polls.has_runs(1));
  const Instant first = polls.bed.clock.now();
  REQUIRE(ActorTestBed::eventually([&] {
    polls.bed.clock.advance(minute);
    return polls.requests() >= 2;
  }));
  CHECK(polls.bed.clock.now() - first >= 120 * minute);
}

TEST_CASE("a pause that an answer asks for by its code holds the account's looks back") {
  PollBed polls;
  REQUIRE(
      polls.bed.integrations
          ->put("crm", *parse_json(R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
      "success": [[{"variable": "{{response.body.ok}}", "operator": "BooleanTrue"}]],
      "errors": {"code": "response.body.error"},
      "rateLimit": {"requests": 100, "interval": "1s",
        "pause": {"codes": ["slow"], "until": ["response.headers.reset"], "default": "3h"}}})"))
          .ok());
  polls.show(R"({"id": 1, "at": 5}], "ok": false, "error": "slow", "rest": [)");
  polls.deploy(from_beginning);
  polls.look();
  const Instant refused = polls.bed.clock.now();
  polls.show(R"({"id": 1, "at": 5}], "ok": true, "rest": [)");
  REQUIRE(ActorTestBed::eventually([&] {
    polls.bed.clock.advance(minute);
    return polls.requests() >= 2;
  }));
  CHECK(polls.bed.clock.now() - refused >= 180 * minute);
  CHECK(polls.has_runs(1));
}

TEST_CASE("what an integration calls no success is none for a poll, whatever its status says") {
  PollBed polls;
  REQUIRE(polls.bed.integrations
              ->put("crm", *parse_json(R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
      "success": [[{"variable": "{{response.body.error}}", "operator": "DoesNotExist"}]],
      "errors": {"code": "response.body.error", "retry": ["busy"]}})"))
              .ok());
  polls.deploy(from_beginning);
  // Behind the list of records, which is then no list of a success.
  polls.show(R"({"id": 1, "at": 1}], "error": "gone", "x": [)");
  polls.look();
  auto row = polls.rows().at(0);
  CHECK(row.failures == 1);
  CHECK(row.code == "request_rejected");
  CHECK(row.message.find("error \"gone\"") != std::string::npos);
  CHECK(polls.has_runs(0));
  polls.show(R"({"id": 1, "at": 1}], "error": "busy", "x": [)");
  polls.bed.clock.advance(row.due - polls.bed.clock.now());
  REQUIRE(ActorTestBed::eventually([&] { return polls.rows().at(0).failures == 2; }));
  polls.settle();
  CHECK(polls.rows().at(0).code == "request_failed");
  polls.show(R"({"id": 1, "at": 1})");
  polls.bed.clock.advance(polls.rows().at(0).due - polls.bed.clock.now());
  CHECK(polls.has_runs(1));
}

TEST_CASE("a poll follows the URL that leads to the next page, in the body or in a Link header") {
  for (const std::string next : {R"("nextUrl": "response.body.next")", R"("nextLink": true)"}) {
    CAPTURE(next);
    PollBed polls;
    polls.bed.http->on("", [](const ScriptedRequest& asked) {
      const bool is_last = asked.request.url.ends_with("p=2");
      const bool is_second = asked.request.url.ends_with("p=1");
      const std::string id = is_last ? "3" : is_second ? "2" : "1";
      const std::string to = is_second ? "/c?p=2" : "/c?p=1";
      const std::string body = R"({"items": [{"id": )" + id + R"(, "at": )" + id +
                               R"(}], "next": )" + (is_last ? "null" : '"' + to + '"') + "}";
      std::vector<HttpHeader> headers;
      if (!is_last) headers.push_back({"link", '<' + to + ">; rel=\"next\""});
      return answering(200, *parse_json(body), std::move(headers))({});
    });
    polls.deploy(R"({"type": "poll", "request": {"method": "GET", "path": "/c",
      "params": {"since": "{{self.cursor}}"}, "pagination": {)" +
                 next + R"(}}, "items": "response.body.items", "itemId": "id", "cursor": "at",
      "start": "beginning", "interval": "1m"})");
    polls.look();
    REQUIRE(polls.has_runs(3));
    const auto sent = polls.bed.http->sent("");
    // A wake that comes twice is another look, which finds nothing new.
    REQUIRE(sent.size() >= 3);
    CHECK(sent[1].url == "https://crm.example/c?p=1");
    CHECK(sent[2].url == "https://crm.example/c?p=2");
    CHECK(polls.runs() == 3);
    CHECK(polls.rows().at(0).failures == 0);
  }
}

TEST_CASE(
    "a poll that fails looks a minute after its failure when it is asked for, and not sooner") {
  PollBed polls;
  polls.show("", 500);
  polls.deploy(
      R"({"type": "integration", "trigger": "recordUpdated", "parameters": {"type": "leads"}})");
  polls.look();
  polls.bed.clock.advance(polls.rows().at(0).due - polls.bed.clock.now());
  REQUIRE(ActorTestBed::eventually([&] { return polls.rows().at(0).failures == 2; }));
  const auto failed = polls.rows().at(0);
  REQUIRE(failed.due > failed.failed + minute);
  polls.show(R"({"id": 1, "at": 1, "type": "lead"})");
  const PolledAccount account{polls.bed.project, ada, "account-of-crm", {"recordupdated"}};
  for (int i = 0; i < 20; ++i) REQUIRE(polls.bed.gateway->look_now(account).ok());
  polls.bed.clock.advance(minute - Millis(1));
  CHECK(polls.requests() == 2);
  polls.bed.clock.advance(Millis(1));
  REQUIRE(polls.has_runs(1));
  REQUIRE(ActorTestBed::eventually([&] { return polls.rows().at(0).failures == 0; }));
  CHECK(polls.requests() == 3);
  // The wait is over with it: the next look comes in its time.
  REQUIRE(ActorTestBed::eventually([&] { return !polls.poll_wakes().contains(failed.due); }));
  CHECK(polls.poll_wakes().size() == 1);
  CHECK(*polls.poll_wakes().begin() <= polls.bed.clock.now() + minute);
}

TEST_CASE("a look that is asked for waits as long as the provider has said, over a restart too") {
  PollBed polls;
  polls.show("", 429, {{"retry-after", "300"}});
  polls.deploy(
      R"({"type": "integration", "trigger": "recordUpdated", "parameters": {"type": "leads"}})");
  polls.look();
  const auto failed = polls.rows().at(0);
  CHECK(failed.held_until == failed.failed + Millis(300'000));
  polls.bed.restart();
  REQUIRE(polls.bed.gateway->look_now({polls.bed.project, ada, "account-of-crm", {"recordupdated"}})
              .ok());
  polls.bed.clock.advance(2 * minute);
  CHECK(polls.requests() == 0);  // since the restart
  polls.bed.clock.advance(3 * minute);
  REQUIRE(ActorTestBed::eventually([&] { return polls.requests() > 0; }));
}
