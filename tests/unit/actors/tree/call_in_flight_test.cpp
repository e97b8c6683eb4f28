#include "actors/tree/call_in_flight.h"

#include "runtime/execution/mask_event.h"
#include "storage/tables/file_table.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_dispatch.h"
#include "tests/support/scripted_functions.h"
#include "tests/support/scripted_http.h"
#include "tests/unit/actors/tree/branch_parts.h"
#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;

namespace {

/// The accounts of a test, which change when it says so.
class ScriptedAccounts final : public CredentialSource {
 public:
  ScriptedDispatch values;
  mutable std::vector<std::optional<std::uint64_t>> asked;  // the revisions that were refused

  void fresh(const CredentialName& account, std::optional<std::uint64_t> refused,
             Done done) const override {
    asked.push_back(refused);
    done(values.credential(account.integration));
  }
  SharedCredential held(const CredentialName& account) const override {
    const auto found = values.credential(account.integration);
    return found ? *found : nullptr;
  }
};

/// A run that stands at its only step, and its calls.
class CallBed : public BranchParts {
 public:
  explicit CallBed(const std::string& step) : machine(compile_steps(step), execution) {
    ExecutionStarted started;
    started.project = project;
    started.user = user;
    started.trigger = share(JsonObject{{"request", {{"body", "in"}}}});
    started.settings = share(JsonObject());
    started.user_meta = share(JsonObject());
    machine.apply({clock.now(), started});
  }
  template <class Wanted>
  Wanted effect() const {
    return std::get<Wanted>(machine.plan(clock.now(), accounts.values));
  }
  /// Begins the request and brings it to where it asks for its credential.
  CredentialAnswered begin_authorized() {
    const auto number = call.begin(effect<SendRequest>(), clock.now());
    REQUIRE_FALSE(call.take(CallIsDurable{number}));
    return next_credential();
  }
  CredentialAnswered next_credential() {
    auto credential = inbox->next<CredentialAnswered>();
    REQUIRE(credential);
    return std::move(*credential);
  }
  RequestAnswered next_answer() {
    auto answered = inbox->next<RequestAnswered>();
    REQUIRE(answered);
    return std::move(*answered);
  }
  std::vector<std::string> tokens_sent() const {
    std::vector<std::string> tokens;
    for (const auto& request : http.sent("ask")) {
      for (const auto& header : request.headers) {
        if (header.name == "Authorization") tokens.push_back(header.value);
      }
    }
    return tokens;
  }
  /// What an event brought, as it is stored in clear.
  std::string stored_output(const EventBody& body) const {
    const auto masked = mask_event({clock.now(), body}, *secrets->known());
    REQUIRE(masked);
    const auto* const done = std::get_if<StepCompleted>(&masked->shown.body);
    return to_text(done != nullptr ? *done->output
                                   : *std::get<StepFailed>(masked->shown.body).response);
  }
  FileHandle store_file(const std::string& bytes) {
    RunFiles files;
    const FileHandle file = files.keep(bytes);
    storage::WriteBatch batch;
    storage::FileTable::put(batch, execution, file, bytes);
    REQUIRE(store.commit(batch).ok());
    return file;
  }

  std::atomic<std::uint64_t> late{0};
  ScriptedFunctions functions;
  ScriptedHttp http;
  ScriptedAccounts accounts;
  BranchMachine machine;
  CallInFlight call{{functions, http, reader, store, clock, random, late},
                    execution,
                    machine,
                    accounts,
                    secrets,
                    inbox};
};

const std::string called_step =
    R"({"id": "work", "type": "function", "code": "p => p",
        "parameters": {"v": "{{trigger.request.body}}"}})";
const std::string request_step =
    R"({"id": "ask", "type": "request", "method": "POST", "url": "https://api.example/a",
        "body": {"v": "{{trigger.request.body}}"}})";
const std::string crm_step =
    R"({"id": "ask", "type": "request", "integration": "crm", "method": "POST", "path": "/a",
        "timeout": "10s", "body": {"v": "{{trigger.request.body}}"}})";

/// Refuses one token.
RequestRule refusing(const std::string& token) {
  return [token](const ScriptedRequest& request) {
    for (const auto& header : request.request.headers) {
      if (header.value == "Bearer " + token) {
        return answering(401, JsonObject{{"refused", token}})(request);
      }
    }
    return answering(200, JsonObject{{"id", 7}})(request);
  };
}

}  // namespace

TEST_CASE("a function without files runs at once and its result completes the step") {
  CallBed bed(called_step);
  CHECK_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  CHECK(bed.call.is_open());
  auto finished = bed.inbox->next<FunctionFinished>();
  REQUIRE(finished);
  const auto end = bed.call.take(*finished);
  REQUIRE(end);
  CHECK(to_text(*std::get<StepCompleted>(end->event).output) == R"({"result":{"v":"in"}})");
  CHECK(end->files.empty());
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a request is sent when it is told that everything before it is durable") {
  CallBed bed(request_step);
  bed.http.on("ask", answering(200, JsonObject{{"id", 7}}));
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  CHECK(bed.http.sent("ask").empty());
  CHECK_FALSE(bed.call.take(CallIsDurable{number}));
  auto answered = bed.inbox->next<RequestAnswered>();
  REQUIRE(answered);
  const auto end = bed.call.take(*answered);
  REQUIRE(end);
  CHECK(std::holds_alternative<StepCompleted>(end->event));
  CHECK(bed.http.sent("ask").size() == 1);
}

TEST_CASE("an outcome of a call that was abandoned is counted and changes nothing") {
  CallBed bed(called_step);
  bed.functions.hold("work");
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  bed.call.abandon();
  bed.functions.release("work");
  auto finished = bed.inbox->next<FunctionFinished>();
  REQUIRE(finished);
  CHECK_FALSE(bed.call.take(*finished));
  CHECK(bed.late == 1);
}

TEST_CASE("abandoning a function that runs cancels it") {
  CallBed bed(called_step);
  bed.functions.hold("work");
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  REQUIRE(bed.functions.wait_for_calls("work", 1));
  bed.call.abandon();
  CHECK(bed.functions.cancelled() == 1);
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("abandoning a request that is in the air cancels it") {
  CallBed bed(request_step);
  bed.http.hold("ask");
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  REQUIRE(bed.http.wait_for_calls("ask", 1));
  bed.call.abandon();
  CHECK(bed.http.cancelled("ask") == 1);
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a function with a file waits until that is durable and gets its bytes as hex") {
  CallBed bed(called_step);
  const FileHandle file = bed.store_file("AB");
  RunFunction effect = bed.effect<RunFunction>();
  effect.parameters = R"({"v":")" + to_text(file) + "\"}";
  const auto number = bed.call.begin(std::move(effect), bed.clock.now());
  REQUIRE(number);
  CHECK(bed.functions.calls("work") == 0);
  CHECK_FALSE(bed.call.take(CallIsDurable{*number}));
  auto read = bed.inbox->next<FilesRead>();
  REQUIRE(read);
  CHECK_FALSE(bed.call.take(*read));
  REQUIRE(bed.inbox->next<FunctionFinished>());
  CHECK(bed.functions.parameters("work").front() == R"({"v":"4142"})");
}

TEST_CASE("files that are too much for a function fail its attempt") {
  CallBed bed(called_step);
  RunFunction effect = bed.effect<RunFunction>();
  effect.parameters = R"({"v":")" + to_text(bed.store_file("AB")) + "\"}";
  const auto number = bed.call.begin(std::move(effect), bed.clock.now());
  REQUIRE(number);
  FilesRead read{*number, std::make_shared<Result<RunFiles>>(
                              Error(ErrorCode::limit_exceeded, "too many bytes"))};
  const auto end = bed.call.take(read);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::limit_exceeded);
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a file in a response comes back beside the event with a handle in its place") {
  CallBed bed(request_step);
  bed.http.on("ask", answering_bytes(200, "image/png", "PNG"));
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  auto answered = bed.inbox->next<RequestAnswered>();
  REQUIRE(answered);
  const auto end = bed.call.take(*answered);
  REQUIRE(end);
  REQUIRE(end->files.all().size() == 1);
  const auto& [file, bytes] = *end->files.all().begin();
  CHECK(*bytes == "PNG");
  const std::string output = to_text(*std::get<StepCompleted>(end->event).output);
  CHECK(output.find(to_text(file)) != std::string::npos);
}

TEST_CASE("a result that is no JSON within bounds is the function's fault") {
  CallBed bed(called_step);
  bed.functions.on("work", returning_text("[" + std::string(100'000, '[')));
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  auto finished = bed.inbox->next<FunctionFinished>();
  REQUIRE(finished);
  const auto end = bed.call.take(*finished);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::function_output);
}

TEST_CASE("a branch has one call in flight at a time") {
  CallBed bed(called_step);
  bed.functions.hold("work");
  REQUIRE_FALSE(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()));
  CHECK_THROWS_AS(bed.call.begin(bed.effect<RunFunction>(), bed.clock.now()), BugFound);
}

TEST_CASE("a token that is replaced before a request leaves is the one that leaves") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  bed.http.on("ask", echoing_request());
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  CHECK(bed.accounts.asked.empty());  // not before everything that led here is durable
  bed.accounts.values.connect("crm", {{"token", "second-token"}});
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  auto credential = bed.next_credential();
  REQUIRE_FALSE(bed.call.take(credential));
  auto answer = bed.next_answer();
  CHECK(bed.tokens_sent() == std::vector<std::string>{"Bearer second-token"});
  const auto end = bed.call.take(answer);
  REQUIRE(end);
  const std::string output = bed.stored_output(end->event);
  CHECK(output.find("Bearer [credential]") != std::string::npos);
  CHECK(output.find("second-token") == std::string::npos);
}

TEST_CASE("a 401 is answered once with a newer token, under the same key and as one attempt") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  bed.http.on("ask", refusing("first-token"));
  auto first = bed.begin_authorized();
  REQUIRE_FALSE(bed.call.take(first));
  auto refusal = bed.next_answer();
  bed.accounts.values.connect("crm", {{"token", "second-token"}});
  bed.clock.advance(Millis(4'000));
  REQUIRE_FALSE(bed.call.take(refusal));
  auto second = bed.next_credential();
  CHECK(bed.accounts.asked == std::vector<std::optional<std::uint64_t>>{std::nullopt, 1});
  REQUIRE_FALSE(bed.call.take(second));
  auto answer = bed.next_answer();
  const auto end = bed.call.take(answer);
  REQUIRE(end);
  CHECK(std::get<StepCompleted>(end->event).attempt == 1);
  CHECK(bed.tokens_sent() == std::vector<std::string>{"Bearer first-token", "Bearer second-token"});
  const auto sent = bed.http.sent("ask");
  CHECK(idempotency_key_of(sent[0]) == idempotency_key_of(sent[1]));
  CHECK(*sent[0].body == *sent[1].body);
  CHECK(sent[0].timeout == Millis(10'000));
  CHECK(sent[1].timeout == Millis(6'000));  // the attempt has the time of one
}

TEST_CASE("a 401 stands when there is no newer token, and shows none") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  bed.http.on("ask", refusing("first-token"));
  auto first = bed.begin_authorized();
  REQUIRE_FALSE(bed.call.take(first));
  auto refusal = bed.next_answer();
  REQUIRE_FALSE(bed.call.take(refusal));
  auto second = bed.next_credential();
  const auto end = bed.call.take(second);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::request_rejected);
  CHECK(std::get<StepFailed>(end->event).message ==
        "the server answered with status 401: it does not accept the account account-of-crm of "
        "\"crm\"");
  CHECK(bed.stored_output(end->event).find("first-token") == std::string::npos);
  CHECK(bed.http.sent("ask").size() == 1);
  CHECK_FALSE(bed.call.is_open());
}

TEST_CASE("a second 401 stands however many tokens come after it") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  bed.http.on("ask", answering(401, nullptr));
  auto first = bed.begin_authorized();
  REQUIRE_FALSE(bed.call.take(first));
  auto refusal = bed.next_answer();
  bed.accounts.values.connect("crm", {{"token", "second-token"}});
  REQUIRE_FALSE(bed.call.take(refusal));
  auto second = bed.next_credential();
  REQUIRE_FALSE(bed.call.take(second));
  auto again = bed.next_answer();
  bed.accounts.values.connect("crm", {{"token", "third-token"}});
  const auto end = bed.call.take(again);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::request_rejected);
  CHECK(bed.http.sent("ask").size() == 2);
}

TEST_CASE("a 401 stands when the time of its attempt is over") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  bed.http.on("ask", refusing("first-token"));
  auto first = bed.begin_authorized();
  REQUIRE_FALSE(bed.call.take(first));
  auto refusal = bed.next_answer();
  bed.accounts.values.connect("crm", {{"token", "second-token"}});
  bed.clock.advance(Millis(10'000));
  REQUIRE_FALSE(bed.call.take(refusal));
  auto second = bed.next_credential();
  CHECK(bed.call.take(second));
  CHECK(bed.http.sent("ask").size() == 1);
}

TEST_CASE("a 401 stands when the account was disconnected meanwhile") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  bed.http.on("ask", refusing("first-token"));
  auto first = bed.begin_authorized();
  REQUIRE_FALSE(bed.call.take(first));
  auto refusal = bed.next_answer();
  bed.accounts.values.credentials.clear();
  REQUIRE_FALSE(bed.call.take(refusal));
  auto second = bed.next_credential();
  const auto end = bed.call.take(second);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::request_rejected);
}

TEST_CASE("a 401 to a request without an account is its answer") {
  CallBed bed(request_step);
  bed.http.on("ask", answering(401, nullptr));
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  auto answer = bed.next_answer();
  CHECK(bed.call.take(answer));
  CHECK(bed.accounts.asked.empty());
}

TEST_CASE("an account that is disconnected before its request leaves fails the attempt") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  const auto number = bed.call.begin(bed.effect<SendRequest>(), bed.clock.now());
  bed.accounts.values.credentials.clear();
  REQUIRE_FALSE(bed.call.take(CallIsDurable{number}));
  auto credential = bed.next_credential();
  const auto end = bed.call.take(credential);
  REQUIRE(end);
  CHECK(std::get<StepFailed>(end->event).code == ErrorCode::credential_missing);
  CHECK_FALSE(std::get<StepFailed>(end->event).retry_at);
  CHECK(bed.http.sent("ask").empty());
}

TEST_CASE("a credential for a request that was abandoned sends nothing") {
  CallBed bed(crm_step);
  bed.accounts.values.connect("crm", {{"token", "first-token"}});
  auto credential = bed.begin_authorized();
  bed.call.abandon();
  CHECK_FALSE(bed.call.take(credential));
  CHECK(bed.http.sent("ask").empty());
  CHECK(bed.late == 1);
}
