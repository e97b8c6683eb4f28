// Request and action steps through the actors: what is sent, when, and what a restart does to it.
#include "runtime/text/hex_text.h"
#include "storage/keys.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

namespace {

std::string request_step(const std::string& id, const std::string& extra = "") {
  return R"({"id":")" + id +
         R"(","type":"request","method":"POST","url":"https://api.example/a",)" + extra +
         R"("body":{"in":"{{trigger.request.body}}"}})";
}

const std::string respond_response =
    R"({"id":"ok","type":"response","body":{"got":"{{call.response.body}}"}})";

std::string journal_of(ActorTestBed& bed, const ExecutionId& execution) {
  auto pages = storage::ExecutionTable(bed.store).pages(execution, BranchPath{});
  REQUIRE(pages.ok());
  std::string journal;
  for (const auto& page : *pages) journal += page.events;
  return journal;
}

/// Every row of the run: journals, snapshots, files.
std::string rows_of(ActorTestBed& bed, const ExecutionId& execution) {
  std::string rows;
  const auto cursor = static_cast<const storage::OrderedStore&>(bed.store).scan(
      storage::keys::execution(execution));
  for (; cursor->valid(); cursor->next()) rows += cursor->value();
  return rows;
}

RunResponded responded(const Result<TriggerReply>& reply) {
  REQUIRE(reply.ok());
  const auto* const response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  return *response;
}

}  // namespace

TEST_CASE("a request is sent with its project, key and body, and its response comes back") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "," + respond_response + "]");
  bed.http->on("call", answering(200, JsonObject{{"id", 7}}));
  const auto response = responded(bed.trigger("w", 5));
  CHECK(to_text(response.body) == R"({"got":{"id":7}})");
  const auto sent = bed.http->sent("call");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].project == bed.project);
  CHECK(idempotency_key_of(sent[0]) == response.execution.text() + ":call");
  CHECK(*sent[0].body == R"({"in":5})");
}

TEST_CASE("a run is on disk before its first request leaves") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "]");
  std::atomic<bool> was_durable{false};
  bed.http->on("call", [&](const ScriptedRequest& request) {
    const std::string key = idempotency_key_of(request.request);
    const auto execution = ExecutionId::parse(key.substr(0, key.find(':')));
    was_durable = execution && storage::ExecutionTable(bed.store).summary(*execution)->has_value();
    return answering(204, nullptr)(request);
  });
  const auto execution = bed.accept("w");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(was_durable);
}

TEST_CASE("a request that was in the air when the node died is sent again with the same key") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "]");
  bed.http->hold("call");
  const auto execution = bed.accept("w");
  REQUIRE(bed.http->wait_for_calls("call", 1));
  const std::string first = idempotency_key_of(bed.http->sent("call")[0]);
  bed.restart();
  REQUIRE(bed.http->wait_for_calls("call", 1));
  CHECK(idempotency_key_of(bed.http->sent("call")[0]) == first);
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a busy server is tried again when the clock says so") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call", R"("retry":{"delays":["10s"]},)") + "]");
  bed.http->on("call", first_attempts(1, answering(503, nullptr), answering(204, nullptr)));
  const auto execution = bed.accept("w");
  REQUIRE(bed.http->wait_for_calls("call", 1));
  REQUIRE(bed.eventually([&] { return bed.clock.earliest_wait().has_value(); }));
  CHECK(bed.http->sent("call").size() == 1);
  REQUIRE(bed.eventually([&] {
    bed.clock.advance(Millis(1'000));
    return bed.http->sent("call").size() == 2;
  }));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run that is cancelled takes its request out of the air") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "]");
  bed.http->hold("call");
  const auto execution = bed.accept("w");
  REQUIRE(bed.http->wait_for_calls("call", 1));
  REQUIRE(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(bed.reaches(execution, ExecutionStatus::cancelled));
  CHECK(bed.eventually([&] { return bed.http->cancelled("call") == 1; }));
}

TEST_CASE("a secret that a peer brings back reaches the caller, and not the journal") {
  ActorTestBed bed;
  bed.tenants.put_secret("KEY", "hunter2-hunter2");
  bed.deploy("w", "[" + request_step("call", R"("headers":{"x-key":"{{secrets.KEY}}"},)") + "," +
                      respond_response + "]");
  bed.http->on("call", echoing_request());
  const auto response = responded(bed.trigger("w"));
  CHECK(bed.http->sent("call")[0].headers[0].value == "hunter2-hunter2");
  CHECK(to_text(response.body).find("hunter2-hunter2") != std::string::npos);
  CHECK(to_text(response.body).find("[secret KEY]") == std::string::npos);
  CHECK(journal_of(bed, response.execution).find("[secret KEY]") != std::string::npos);
  CHECK(journal_of(bed, response.execution).find("hunter2") == std::string::npos);
}

TEST_CASE("a token that was fetched for a request is stored in no clear, in file and body alike") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "," + respond_response + "]");
  bed.http->on("call", [](const ScriptedRequest& request) {
    const std::string bytes = to_hex("Bearer gr4nted-token");
    auto outcome = answering(200, JsonObject{{"seen", "Bearer gr4nted-token"},
                                             {"file", JsonObject{{"name", "a.txt"},
                                                                 {"data", bytes},
                                                                 {"mimeType", "text/plain"},
                                                                 {"dataType", "FILE"}}}})(request);
    outcome->tokens = {"gr4nted-token"};
    return outcome;
  });
  const auto response = responded(bed.trigger("w"));
  CHECK(to_text(response.body) == R"({"got":{"seen":"Bearer gr4nted-token","file":{"name":"a.txt",)"
                                  R"("data":")" +
                                      to_hex("Bearer gr4nted-token") +
                                      R"(","mimeType":"text/plain","dataType":"FILE"}}})");
  CHECK(rows_of(bed, response.execution).find("gr4nted") == std::string::npos);
  const auto shown = bed.history->details(bed.project, response.execution, 20);
  REQUIRE(shown.ok());
  CHECK(to_text((*shown)[1].output).find(to_hex("Bearer [authorization]")) != std::string::npos);
}

TEST_CASE("a secret in the bytes of a file is sent as it is and stands nowhere in clear") {
  ActorTestBed bed;
  bed.tenants.put_secret("KEY", "hunter2-hunter2");
  bed.deploy("w", R"([{"id":"make","type":"function","code":"(p) => p",)"
                  R"("parameters":{"key":"{{secrets.KEY}}"}},)"
                  R"({"id":"ok","type":"response","body":"{{make.result}}"}])");
  const Json file = JsonObject{{"name", "a.txt"},
                               {"data", to_hex("it is hunter2-hunter2")},
                               {"mimeType", "text/plain"},
                               {"dataType", "FILE"}};
  bed.functions->on("make", returning(file));
  const auto response = responded(bed.trigger("w"));
  CHECK(to_text(response.body.at("data")) == '"' + to_hex("it is hunter2-hunter2") + '"');
  CHECK(rows_of(bed, response.execution).find("hunter2") == std::string::npos);
  const auto shown = bed.history->details(bed.project, response.execution, 20);
  REQUIRE(shown.ok());
  CHECK(to_text((*shown)[1].output).find(to_hex("it is [secret KEY]")) != std::string::npos);
}

TEST_CASE("a secret that is changed during a run is not told as it was before either") {
  ActorTestBed bed;
  bed.tenants.put_secret("KEY", "hunter2-hunter2");
  bed.deploy("w", "[" + request_step("first", R"("headers":{"x-key":"{{secrets.KEY}}"},)") + "," +
                      request_step("call") + "," + respond_response + "]");
  bed.http->on("first", [&](const ScriptedRequest& request) {
    bed.tenants.put_secret("KEY", "correct-horse");
    return answering(204, nullptr)(request);
  });
  bed.http->on("call", answering(200, JsonArray{"hunter2-hunter2", "correct-horse"}));
  const auto response = responded(bed.trigger("w"));
  CHECK(to_text(response.body) == R"({"got":["hunter2-hunter2","correct-horse"]})");
  CHECK(journal_of(bed, response.execution).find("hunter2") == std::string::npos);
  CHECK(journal_of(bed, response.execution).find("correct") == std::string::npos);
}

TEST_CASE("what a secret's text is a part of goes on as the peer sent it") {
  ActorTestBed bed;
  bed.tenants.put_secret("ENV", "prod");
  bed.tenants.put_secret("LIMIT", "1000");
  bed.deploy(
      "w",
      "[" +
          request_step("call",
                       R"("headers":{"x-a":"{{secrets.ENV}}","x-b":"{{secrets.LIMIT}}"},)") +
          R"(,{"id":"each","type":"fanOut","items":"{{call.response.body.list}}","steps":[)"
          R"({"id":"f","type":"function","code":"p => p","parameters":{"v":"{{each.instance}}"}}]})"
          R"(,{"id":"which","type":"conditional","if":[[{"variable":"{{call.response.body.kind}}",)"
          R"("operator":"StringExactlyMatches","argument":"product"}]],"then":[)"
          R"({"id":"ok","type":"response","body":)"
          R"({"kind":"{{call.response.body.kind}}","price":"{{call.response.body.price}}","f":"{{f.result.v}}"}}]}])");
  bed.http->on("call", answering(200, JsonObject{{"kind", "product"},
                                                 {"price", 1000},
                                                 {"list", JsonArray{1000, "prod", 7}}}));
  const auto response = responded(bed.trigger("w"));
  CHECK(to_text(response.body) == R"({"kind":"product","price":1000,"f":[1000,"prod",7]})");
  const auto shown = bed.history->details(bed.project, response.execution, 20);
  REQUIRE(shown.ok());
  CHECK(to_text((*shown)[1].output) ==
        R"({"response":{"statusCode":200,"headers":{"content-type":"application/json"},)"
        R"("body":{"kind":"[secret ENV]uct","price":"[secret LIMIT]",)"
        R"("list":["[secret LIMIT]","[secret ENV]",7]}}})");
}

TEST_CASE("after a restart a run knows what it was given, and what not to tell of it") {
  ActorTestBed bed;
  bed.tenants.put_secret("KEY", "hunter2-hunter2");
  bed.deploy(
      "w",
      "[" + request_step("call", R"("headers":{"x-key":"{{secrets.KEY}}"},)") +
          R"(,{"id":"nap","type":"delay","value":1,"unit":"HOURS"},)" +
          R"({"id":"tell","type":"request","method":"POST","url":"https://api.example/t","body":"{{call.response.body}}"})" +
          R"(,{"id":"f","type":"function","code":"p => p",)"
          R"("parameters":{"v":"{{call.response.body}}"}}])");
  bed.http->on("call", answering(200, JsonObject{{"key", "hunter2-hunter2"}, {"n", 7}}));
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  // The secret is another one by now, and nobody remembers what it was.
  bed.restart();
  bed.tenants.put_secret("KEY", "correct-horse");
  bed.tenants.forget_formers();
  bed.clock.advance(Millis(3'600'000));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("tell").size() == 1);
  CHECK(*bed.http->sent("tell")[0].body == R"({"key":"hunter2-hunter2","n":7})");
  CHECK(rows_of(bed, execution).find("hunter2") == std::string::npos);
  const auto shown = bed.history->details(bed.project, execution, 20);
  REQUIRE(shown.ok());
  CHECK(to_text(shown->back().input) == R"({"v":{"key":"[secret KEY]","n":7}})");
  CHECK(to_text(shown->back().output) == R"({"result":{"v":{"key":"[secret KEY]","n":7}}})");
}

TEST_CASE(
    "pages, elements and snapshots hold no secret in clear, and are what they were after a "
    "restart") {
  ActorTestBed bed;
  bed.tenants.put_secret("KEY", "hunter2-hunter2");
  std::string functions;
  for (int i = 0; i < 20; ++i) {
    functions += R"({"id":"f)" + std::to_string(i) +
                 R"(","type":"function","code":"p => p","parameters":{"v":"{{each.instance}}"}},)";
  }
  bed.deploy(
      "w",
      "[" +
          request_step("call",
                       R"("headers":{"x-key":"{{secrets.KEY}}"},"pagination":)"
                       R"({"output":"response.body.items","pageToken":"response.body.next"},)") +
          R"(,{"id":"each","type":"fanOut","items":"{{call.response.results}}","steps":[)" +
          functions +
          R"({"id":"nap","type":"delay","value":1,"unit":"HOURS"},)"
          R"({"id":"last","type":"function","code":"p => p","parameters":{"v":"{{f19.result.v}}"}}]},)" +
          R"({"id":"tell","type":"request","method":"POST","url":"https://api.example/t","body":"{{last.result.v}}"})" +
          "]");
  bed.http->on("call", [](const ScriptedRequest& request) {
    static std::atomic<int> page{0};
    return answering(200, ++page == 1 ? JsonObject{{"items", JsonArray{"hunter2-hunter2", 1}},
                                                   {"next", "hunter2-hunter2"}}
                                      : JsonObject{{"items", JsonArray{"x hunter2-hunter2"}},
                                                   {"next", nullptr}})(request);
  });
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  CHECK(rows_of(bed, execution).find("hunter2") == std::string::npos);
  bed.restart();
  bed.clock.advance(Millis(3'600'000));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(*bed.http->sent("tell")[0].body == R"(["hunter2-hunter2",1,"x hunter2-hunter2"])");
  CHECK(rows_of(bed, execution).find("hunter2") == std::string::npos);
}

TEST_CASE("a secret that is missing fails the run with the step") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call", R"("headers":{"x-key":"{{secrets.KEY}}"},)") + "," +
                      respond_response + "]");
  const auto reply = bed.trigger("w");
  REQUIRE(reply.ok());
  const auto* const failed = std::get_if<RunFailed>(&*reply);
  REQUIRE(failed != nullptr);
  CHECK(failed->step.text == "call");
  CHECK(failed->error.code == ErrorCode::secret_missing);
  CHECK(bed.http->sent("call").empty());
}

TEST_CASE("a downloaded file is sent on and answered with its bytes") {
  ActorTestBed bed;
  const std::string bytes = "\x89PNG" + std::string(3'000'000, '\0');
  bed.deploy("w",
             R"([{"id":"get","type":"request","method":"GET","url":"https://api.example/a.png"},
    {"id":"put","type":"request","method":"PUT","url":"https://api.example/b","bodyType":"raw",
     "body":"{{get.response.body}}"},
    {"id":"ok","type":"response","file":"{{get.response.body}}"}])");
  bed.http->on("get", answering_bytes(200, "image/png", bytes));
  const auto response = responded(bed.trigger("w"));
  REQUIRE(response.file);
  CHECK(response.file->name == "a.png");
  CHECK(response.file->mime_type == "image/png");
  REQUIRE(response.file->bytes != nullptr);
  CHECK(*response.file->bytes == bytes);
  const auto sent = bed.http->sent("put");
  REQUIRE(sent.size() == 1);
  CHECK(*sent[0].body == bytes);
}

TEST_CASE("pages that were fetched before a restart are not fetched again") {
  ActorTestBed bed;
  bed.deploy("w", R"([{"id":"list","type":"request","method":"GET","url":"https://api.example/a",
    "params":{"page":"{{self.pageToken}}"},"retry":{"delays":["1h"]},
    "pagination":{"output":"response.body.items","pageToken":"response.body.next"}}])");
  const auto first = answering(200, JsonObject{{"items", {1}}, {"next", "b"}});
  bed.http->on("list", when_url_has("page=b", answering(503, nullptr), first));
  const auto execution = bed.accept("w");
  REQUIRE(bed.http->wait_for_calls("list", 2));
  REQUIRE(bed.eventually(
      [&] { return journal_of(bed, execution).find("status 503") != std::string::npos; }));
  bed.requests.on("list",
                  when_url_has("page=b", answering(200, JsonObject{{"items", {2}}}), first));
  bed.restart();
  REQUIRE(bed.eventually([&] {
    bed.clock.advance(Millis(600'000));
    return bed.status(execution) == ExecutionStatus::succeeded;
  }));
  const auto sent = bed.http->sent("list");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].url == "https://api.example/a?page=b");
  CHECK(journal_of(bed, execution).find(R"("results":[1,2])") != std::string::npos);
}

TEST_CASE("an action is sent with the user's credential") {
  ActorTestBed bed;
  REQUIRE(bed.integrations
              ->put("crm", *parse_json(R"({"baseUrl":"https://crm.example","auth":{"type":"bearer"},
                "actions":{"add":{"method":"POST","path":"/contacts"}}})"))
              .ok());
  bed.tenants.connect("crm", {{"token", "t-0-k-e-n"}});
  bed.deploy("w", R"([{"id":"add","type":"action","integration":"crm","action":"add"}])");
  const auto execution = bed.accept("w");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  const auto sent = bed.http->sent("add");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].url == "https://crm.example/contacts");
  CHECK(sent[0].headers[0] == HttpHeader{"Authorization", "Bearer t-0-k-e-n"});
}

TEST_CASE("a token that is replaced while it is refused is used within the same attempt") {
  ActorTestBed bed;
  REQUIRE(bed.integrations
              ->put("crm", *parse_json(R"({"baseUrl":"https://crm.example","auth":{"type":"bearer"},
                "actions":{"add":{"method":"POST","path":"/contacts"}}})"))
              .ok());
  bed.tenants.connect("crm", {{"token", "first-token"}});
  bed.http->on("add", [&](const ScriptedRequest& request) {
    if (request.request.headers[0].value != "Bearer first-token") return echoing_request()(request);
    bed.tenants.connect("crm", {{"token", "second-token"}});
    return answering(401, JsonObject())(request);
  });
  bed.deploy("w", R"([{"id":"add","type":"action","integration":"crm","action":"add"}])");
  const auto execution = bed.accept("w");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("add").size() == 2);
  const std::string journal = journal_of(bed, execution);
  CHECK(journal.find("Bearer [credential]") != std::string::npos);
  CHECK(journal.find("-token") == std::string::npos);
}

TEST_CASE("each page of a request asks for the token anew") {
  ActorTestBed bed;
  REQUIRE(bed.integrations
              ->put("crm", *parse_json(R"({"baseUrl":"https://crm.example","auth":{"type":"bearer"},
                "actions":{"list":{"method":"GET","path":"/list","pagination":{
                  "output":"response.body.items","pageToken":"response.body.next"}}}})"))
              .ok());
  bed.tenants.connect("crm", {{"token", "first-token"}});
  std::atomic<int> pages{0};
  bed.http->on("all", [&](const ScriptedRequest& request) {
    if (++pages == 2) return answering(200, JsonObject{{"items", {2}}})(request);
    bed.tenants.connect("crm", {{"token", "second-token"}});
    return answering(200, JsonObject{{"items", {1}}, {"next", "b"}})(request);
  });
  bed.deploy("w", R"([{"id":"all","type":"action","integration":"crm","action":"list"}])");
  CHECK(bed.reaches(bed.accept("w"), ExecutionStatus::succeeded));
  const auto sent = bed.http->sent("all");
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].headers[0] == HttpHeader{"Authorization", "Bearer first-token"});
  CHECK(sent[1].headers[0] == HttpHeader{"Authorization", "Bearer second-token"});
}

TEST_CASE("a run whose conditions do not hold is refused and starts nothing") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "]");
  bed.tenants.refuse(Error(ErrorCode::workflow_disabled, "not enabled"));
  const auto reply = bed.trigger("w");
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().code == ErrorCode::workflow_disabled);
  CHECK(bed.http->sent("call").empty());
  CHECK(bed.gateway->stats().runs_started == 0);
}
