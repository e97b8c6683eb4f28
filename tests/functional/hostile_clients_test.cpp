// Clients that do not keep to HTTP, on raw sockets: each is refused or cut, and no other client
// notices.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/raw_client.h"
#include "tests/support/seeded_random.h"

#include <thread>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

const std::string blank_line = "\r\n\r\n";

/// What the server says to exactly these bytes.
std::string answer_to(const std::string& bytes) {
  RawClient client(shared_server().port());
  client.send(bytes);
  return client.read_answer();
}

std::string trigger_head(const TestProject& project, const std::string& workflow) {
  return "POST " + project.path("/sdk/triggers/" + workflow) +
         " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + project.token() +
         "\r\nContent-Type: application/json\r\n";
}

TestProject doubling_project() {
  TestProject project(shared_server());
  project.deploy_steps("double", doubling_steps);
  return project;
}

const std::string healthy = "GET /healthz HTTP/1.1\r\nHost: localhost";

}  // namespace

TEST_CASE("bytes that are not HTTP are refused or cut") {
  SeededRandom random(20260131);
  for (int round = 0; round < 20; ++round) {
    std::string garbage(1 + random.below(3'000), '\0');
    for (char& c : garbage) c = static_cast<char>(random.below(256));
    RawClient client(shared_server().port());
    client.send(garbage + blank_line);
    const std::string answer = client.read_answer();
    INFO(round << ": " << answer);
    CHECK((answer.empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5")));
  }
  CHECK(answer_to("\x16\x03\x01\x02\x01\x01\xfc\x03\x03" + blank_line).starts_with("HTTP/1.1 400"));
  CHECK(answer_to("PRI * HTTP/2.0" + blank_line).starts_with("HTTP/1.1 505"));
  CHECK(is_well(shared_server()));
}

TEST_CASE("malformed request heads are refused with the form of all errors") {
  for (const std::string& head : std::vector<std::string>{
           "GET", "GET /healthz", "GET /healthz HTTP/1.1 x", "GET healthz HTTP/1.1\r\nHost: a",
           "GET  /healthz HTTP/1.1\r\nHost: a", "GET /healthz HTTP/1.1",
           "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b",
           "GET /healthz HTTP/1.1\r\nHost: a\r\nBad Name: x",
           "GET /healthz HTTP/1.1\r\nHost: a\r\nno colon",
           "GET /healthz HTTP/1.1\r\nHost: a\r\n folded: x",
           "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x01"
           "b",
           "GET /healthz HTTP/1.1\nHost: a", "GET /heal\x7fthz HTTP/1.1\r\nHost: a",
           "POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: -1",
           "POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: 1x",
           "POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2",
           "POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
           "chunked"}) {
    INFO(head);
    const std::string answer = answer_to(head + blank_line);
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.find(R"("code":"invalid_request")") != std::string::npos);
  }
  CHECK(answer_to("BREW /healthz HTTP/1.1\r\nHost: a" + blank_line).starts_with("HTTP/1.1 501"));
  CHECK(answer_to("GET /healthz HTTP/3.0\r\nHost: a" + blank_line).starts_with("HTTP/1.1 505"));
  CHECK(answer_to("POST /projects HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip" + blank_line)
            .starts_with("HTTP/1.1 501"));
  CHECK(is_well(shared_server()));
}

TEST_CASE("huge headers and huge URLs are refused in their own words") {
  const std::string many(20'000, 'x');
  CHECK(answer_to(healthy + "\r\nX-Huge: " + many + blank_line).starts_with("HTTP/1.1 431"));
  std::string lines;
  for (int i = 0; i < 5'000; ++i) lines += "\r\nX-" + std::to_string(i) + ": v";
  CHECK(answer_to(healthy + lines + blank_line).starts_with("HTTP/1.1 431"));
  CHECK(
      answer_to("GET /" + many + " HTTP/1.1\r\nHost: a" + blank_line).starts_with("HTTP/1.1 414"));
  CHECK(answer_to("GET /" + std::string(10'000, 'x') + " HTTP/1.1\r\nHost: a" + blank_line)
            .starts_with("HTTP/1.1 414"));
  CHECK(answer_to(many + many).starts_with("HTTP/1.1 414"));
  CHECK(is_well(shared_server()));
}

TEST_CASE("a chunked body is put together as it was meant") {
  const TestProject project = doubling_project();
  const std::string head =
      trigger_head(project, "double") + "Transfer-Encoding: chunked" + blank_line;
  CHECK(answer_to(head + "3\r\n{\"n\r\n5;x=y\r\n\": 21\r\n1\r\n}\r\n0\r\n\r\n")
            .ends_with(R"({"twice":42})"));
  CHECK(answer_to(head + "8\r\n{\"n\": 1}\r\n0\r\nTrailer: t\r\n\r\n").ends_with(R"({"twice":2})"));
  for (const char* const chunks : {"zz\r\n", "-1\r\n{}\r\n", "2\r\n{}x\r\n0\r\n\r\n", "\r\n{}\r\n",
                                   "ffffffffffffffffff\r\n"}) {
    INFO(chunks);
    CHECK(answer_to(head + chunks).starts_with("HTTP/1.1 400"));
  }
  CHECK(answer_to(head + "fffffffff\r\n").starts_with("HTTP/1.1 413"));
  CHECK(answer_to(head + std::string(5'000, '1')).starts_with("HTTP/1.1 400"));
  CHECK(is_well(shared_server()));
}

TEST_CASE("a body shorter than announced starts nothing when the client leaves") {
  const TestProject project = doubling_project();
  {
    RawClient client(shared_server().port());
    client.send(trigger_head(project, "double") + "Content-Length: 100" + blank_line +
                R"({"n": 1})");
  }
  {
    RawClient client(shared_server().port());
    client.send(trigger_head(project, "double") + "Transfer-Encoding: chunked" + blank_line +
                "8\r\n{\"n\": 1}\r\n");
  }
  CHECK(is_well(shared_server()));
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "0");
}

TEST_CASE("bytes beyond the announced body are the next request and no part of it") {
  const TestProject project = doubling_project();
  RawClient client(shared_server().port());
  client.send(trigger_head(project, "double") + "Content-Length: 8" + blank_line + R"({"n": 1})" +
              "garbage" + blank_line);
  const std::string answers = client.read_all();
  const auto first = answers.find(R"({"twice":2})");
  REQUIRE(first != std::string::npos);
  CHECK(answers.find("HTTP/1.1 400", first) != std::string::npos);
  CHECK(is_well(shared_server()));
}

TEST_CASE("a huge announced length alone costs the server nothing") {
  CHECK(answer_to("POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615" +
                  blank_line)
            .starts_with("HTTP/1.1 413"));
  CHECK(answer_to("POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999" +
                  blank_line)
            .starts_with("HTTP/1.1 400"));
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back(shared_server().port());
    clients.back().send("POST /projects HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000" +
                        blank_line);
  }
  CHECK(is_well(shared_server()));
}

TEST_CASE("pipelined requests are answered in their order") {
  const TestProject project = doubling_project();
  const auto request = [&](int n) {
    const std::string body = R"({"n": )" + std::to_string(n) + "}";
    return trigger_head(project, "double") + "Content-Length: " + std::to_string(body.size()) +
           blank_line + body;
  };
  RawClient client(shared_server().port());
  std::string all;
  for (int n = 1; n <= 20; ++n) all += request(n);
  client.send(all + healthy + "\r\nConnection: close" + blank_line);
  const std::string answers = client.read_all();
  std::size_t at = 0;
  for (int n = 1; n <= 20; ++n) {
    at = answers.find(R"({"twice":)" + std::to_string(2 * n) + "}", at);
    INFO(n);
    REQUIRE(at != std::string::npos);
  }
  CHECK(answers.find("alive", at) != std::string::npos);
}

TEST_CASE("a client that closes its sending half still gets its answer") {
  const TestProject project = doubling_project();
  RawClient client(shared_server().port());
  client.send(trigger_head(project, "double") + "Content-Length: 8" + blank_line + R"({"n": 4})");
  client.finish_sending();
  CHECK(client.read_answer().ends_with(R"({"twice":8})"));
  CHECK(client.is_closed());
  CHECK(is_well(shared_server()));
}

TEST_CASE("a client that leaves while it is held harms nobody and its run goes on") {
  const TestProject project(shared_server());
  project.deploy_steps("slow", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "r", "type": "response", "body": {}})json");
  {
    RawClient client(shared_server().port());
    client.send(trigger_head(project, "slow") + "Content-Length: 2" + blank_line + "{}");
    CHECK(poll_until(
        [&] { return project.get("/task-history/workflow-executions").at("/total") == "1"; }));
  }
  CHECK(poll_until([&] {
    return project.get("/task-history/workflow-executions?status=SUCCEEDED").at("/total") == "1";
  }));
  CHECK(is_well(shared_server()));
}

TEST_CASE("a hundred clients that trickle do not slow an ordinary one, and are cut") {
  const ServerProcess server({"--request-head-time", "1500ms", "--transfer-time", "1500ms"});
  const TestProject project(server);
  project.deploy_steps("double", doubling_steps);
  std::vector<RawClient> slow;
  for (int i = 0; i < 100; ++i) {
    slow.emplace_back(server.port());
    // Some never end their headers, the others never their body.
    slow.back().send(i % 2 == 0
                         ? healthy
                         : trigger_head(project, "double") + "Content-Length: 100000" + blank_line);
  }
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    for (auto& client : slow) client.send("x");
    CHECK(project.trigger("double", R"({"n": 21})").text == R"({"twice":42})");
  }
  // Twenty ordinary requests in turn; each takes milliseconds on an idle machine.
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  // A byte now and then does not keep them alive: the whole phase has one deadline.
  CHECK(poll_until([&] {
    for (auto& client : slow) client.send("x");
    return std::all_of(slow.begin(), slow.end(), [](auto& client) { return client.has_answer(); });
  }));
  for (auto& client : slow) CHECK(client.read_answer().starts_with("HTTP/1.1 408"));
  CHECK(is_well(server));
}

TEST_CASE("three hundred held responses do not delay a quick request") {
  const TestProject project = doubling_project();
  project.deploy_steps("hold", R"json(
    {"id": "wait", "type": "delay", "value": 4, "unit": "SECONDS"},
    {"id": "r", "type": "response", "body": {"number": "{{trigger.request.body.number}}"}})json");
  std::vector<RawClient> held;
  for (int i = 0; i < 300; ++i) {
    const std::string body = R"({"number": )" + std::to_string(i) + "}";
    held.emplace_back(shared_server().port());
    held.back().send(trigger_head(project, "hold") +
                     "Content-Length: " + std::to_string(body.size()) + blank_line + body);
  }
  CHECK(project.trigger("double", R"({"n": 21})").text == R"({"twice":42})");
  // All of them are still held: the quick one was not answered after but beside them.
  CHECK_FALSE(held.back().has_answer());
  for (int i = 0; i < 300; ++i) {
    INFO(i);
    CHECK(held[static_cast<std::size_t>(i)].read_answer().ends_with(R"({"number":)" +
                                                                    std::to_string(i) + "}"));
  }
  CHECK(is_well(shared_server()));
}
