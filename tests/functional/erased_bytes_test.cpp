// What is left in a data directory of a user with everything that a user can have, once it has been erased: not a
// byte. Looked for in every row, and in every file once the store has been compacted.
#include "runtime/text/percent_text.h"
#include "storage/keys.h"
#include "storage/rocks/rocks_store.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/hook_provider.h"
#include "tests/support/poll_until.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Texts that stand nowhere but in what is of the user.
const std::string user = "erased-user-4711@mail.example";
const std::array<std::string, 6> marks{user,           "Erasmus Mustermann", "payload-mark-0815",
                                       "t0k3n-mark-1", "file-mark-2342",     "account-mark-77"};

std::size_t mark_in(std::string_view bytes) {
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (bytes.find(marks[i]) != std::string_view::npos) return i + 1;
  }
  return 0;
}

/// The rows that hold a mark, as "kind: mark".
std::vector<std::string> marked_rows(const storage::OrderedStore& store) {
  std::vector<std::string> found;
  for (std::uint16_t shard = 0; shard <= shard_count; ++shard) {
    const ShardId of = shard == shard_count ? storage::keys::node_shard : ShardId{shard};
    const auto number = static_cast<std::uint16_t>(of);
    const std::string prefix{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
    for (const auto cursor = store.scan(prefix, storage::Direction::forward, {}); cursor->valid();
         cursor->next()) {
      const std::size_t mark = std::max(mark_in(cursor->key()), mark_in(cursor->value()));
      if (mark == 0) continue;
      const int kind = cursor->key()[2];
      // Behind a wake's due time stands whom it wakes.
      const std::string target =
          kind == 49 ? ", target " + std::to_string(static_cast<int>(cursor->key()[3 + 8])) : "";
      found.push_back("kind " + std::to_string(kind) + target + ": " + marks[mark - 1]);
    }
  }
  return found;
}

std::vector<std::string> marked_files(const std::string& directory) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (const auto mark = mark_in(bytes))
      found.push_back(entry.path().string() + ": " + marks[mark - 1]);
  }
  return found;
}

std::unique_ptr<storage::RocksStore> open_store(const std::string& directory) {
  storage::RocksOptions options;
  options.directory = directory;
  auto store = storage::RocksStore::open(options);
  INFO((store.ok() ? "" : store.error().message));
  REQUIRE(store.ok());
  return std::move(*store);
}

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body = {}, const std::string& key = {}) {
  Call call{method, project.path("/sdk" + rest), project.token(user), body, "application/json"};
  if (!key.empty()) call.headers.emplace_back("Idempotency-Key", key);
  Answer answer = call_server(project.port(), call);
  INFO(method << ' ' << rest << ": " << answer.text);
  REQUIRE(answer.status < 500);
  return answer;
}

void put_workflows(const TestProject& project, const HookProvider& provider) {
  const Answer put = project.put("/integrations/crm", R"({"baseUrl": ")" + provider.url() +
                                                          R"(", "auth": {"type": "bearer"},
    "webhooks": {"hook": {"scope": "user", "deliveryId": "headers.X-Delivery",
      "subscribe": {"request": {"method": "POST", "path": "/hooks",
        "body": {"url": "{{subscription.url}}"}}, "keep": {"id": "response.body.id"}},
      "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}"}}}}})");
  INFO(put.text);
  REQUIRE(put.status == 201);
  REQUIRE(project.put("/events/Said", R"({"schema": {}})").status == 201);
  const std::string echo = R"("steps": [{"id": "echo", "type": "function",
    "parameters": {"t": "{{trigger}}"}, "code": "({ t }) => { console.log(JSON.stringify(t)); return t }"}])";
  project.deploy("on-event",
                 R"({"name": "e", "trigger": {"type": "event", "event": "Said"}, )" + echo + "}");
  project.deploy("on-hook", R"({"name": "h", "integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "webhook", "webhook": "hook"}, )" +
                                echo + "}");
  project.deploy("scheduled", R"({"name": "s", "integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "scheduler", "every": {"seconds": 1}, "overlap": "skip"}, "steps": [
    {"id": "d", "type": "delay", "value": 30, "unit": "DAYS"}]})");
  project.deploy("polled", R"({"name": "p", "integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "poll", "request": {"method": "GET", "path": "/hooks"},
      "items": "response.body.items", "itemId": "id", "interval": "5s"}, )" +
                               echo + "}");
  project.deploy_steps("large", R"({"id": "each", "type": "fanOut",
    "items": "{{trigger.request.body.list}}", "steps": [{"id": "f", "type": "function",
      "parameters": {"i": "{{each.instance}}"},
      "code": "({ i }) => { if (i.n % 7 === 0) throw new Error(i.text); return i }"}]})");
  project.deploy_steps("sleeps", R"({"id": "d", "type": "delay", "value": 30, "unit": "DAYS"})");
  project.deploy(
      "refused",
      R"({"name": "r", "integration": "crm", "trigger": {"type": "request"}, )" + echo + "}");
}

/// Everything that a user can have.
void live_a_life(const TestProject& project) {
  REQUIRE(as_user(project, "PATCH", "/me",
                  R"({"meta": {"Name": "Erasmus Mustermann", "Email": ")" + user + R"("}})")
              .status == 200);
  const Answer account = as_user(project, "POST", "/integrations/crm/connect",
                                 R"({"credentials": {"token": "t0k3n-mark-1"},
    "providerId": "account-mark-77", "settings": {}})");
  INFO(account.text);
  REQUIRE(account.status == 201);
  REQUIRE(as_user(project, "POST", "/events/trigger",
                  R"({"name": "Said", "payload": {"text": "payload-mark-0815"}})", "key-1")
              .status == 201);
  std::string list;
  for (int i = 0; i < 60; ++i) {
    list +=
        (i == 0 ? "" : ",") + (R"({"text": "payload-mark-0815", "n": )" + std::to_string(i)) + "}";
  }
  // A file of its own blob, and elements of which some fail.
  std::string bytes = "file-mark-2342";
  bytes.resize(100'000, 'x');
  std::string hex;
  for (const char c : bytes) {
    constexpr const char* digits = "0123456789abcdef";
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  const std::string body = R"({"list": [)" + list + R"(], "file": {"name": "file-mark-2342.bin",
    "mimeType": "application/octet-stream", "dataType": "FILE", "data": ")" +
                           hex + R"("}})";
  project.wait_until_ended(project.start("large", body, user));
  project.wait_for_status(project.start("sleeps", R"({"text": "payload-mark-0815"})", user),
                          "DELAYED");
  // Nothing starts: the event log says why.
  as_user(project, "POST", "/triggers/refused", R"({"text": "payload-mark-0815"})");
  // Its provider knows a URL that is there once the subscription is.
  std::string hook;
  REQUIRE(poll_until([&] {
    const Answer now =
        as_user(project, "GET", "/credentials/" + string_at(account.json, "/id"), "");
    hook = string_at(now.json, "/webhooks/hook/url");
    return string_at(now.json, "/subscriptions/hook/state") == "active";
  }));
  const Answer delivered = call_server(project.port(), {"POST",
                                                        hook.substr(hook.find("/hooks/")),
                                                        {},
                                                        R"({"text": "payload-mark-0815"})",
                                                        "application/json",
                                                        {{"X-Delivery", "delivery-1"}}});
  INFO(delivered.text);
  REQUIRE(delivered.status == 200);
  // A tick and a look have come, and a job asks for the user's runs.
  REQUIRE(poll_until([&] {
    return project.get("/task-history/workflow-executions?workflowId=scheduled").at("/total") !=
           "0";
  }));
  REQUIRE(project
              .post("/task-history/workflow-executions/replay",
                    R"({"filter": {"userId": ")" + user + R"("}})")
              .status < 300);
}

}  // namespace

TEST_CASE("an erased user leaves no byte in any row, nor in the files of the compacted store") {
  ServerProcess server(open_server_options());
  HookProvider provider;
  const TestProject project(server);
  put_workflows(project, provider);
  live_a_life(project);
  const std::string other = project.start("large", R"({"list": [{"n": 1}]})", "another user");
  project.wait_until_ended(other);

  // 404: nothing is known of the user any more.
  const auto erase = [&] { return project.remove("/users/" + percent_encode_text(user)).status; };
  REQUIRE(poll_until([&] { return erase() == 404; }));
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "1");
  server.terminate();
  REQUIRE(server.wait_for_exit(std::chrono::seconds(20)) == 0);
  {
    auto store = open_store(server.data_directory());
    CHECK(marked_rows(*store) == std::vector<std::string>{});
    std::atomic<bool> stop{false};
    REQUIRE(store->reclaim(stop).ok());
  }
  // RocksDB's manifest names the first and last keys of files that are gone, until the store is opened again.
  open_store(server.data_directory()).reset();
  CHECK(marked_files(server.data_directory()) == std::vector<std::string>{});
  // The other one is whole.
  server.start();
  CHECK(project.get(TestProject::execution_path(other)).status == 200);
}
