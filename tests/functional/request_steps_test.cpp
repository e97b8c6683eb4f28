// Request steps through the real server: what arrives at the peer, what a workflow sees of its answer,
// and where requests may not go.
#include "tests/functional/open_server.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <atomic>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// The one request that came to `target`, which each test makes its own by a query.
PeerRequest arrived(const std::string& target) {
  const auto requests = example_peer().requests(target);
  REQUIRE(requests.size() == 1);
  return requests.front();
}

/// Runs one request step with this body; the peer's view of it.
PeerRequest sent(const std::string& name, const std::string& rest,
                 const std::string& input = "{}") {
  const TestProject project(open_server());
  const std::string target = "/echo?" + name;
  project.deploy_steps("w", request_step("send", "POST", example_peer().url(target), rest) + "," +
                                response_step("1"));
  const Answer answer = project.trigger("w", input);
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  return arrived(target);
}

/// What a workflow sees of a response with this body and content type.
Answer seen(const std::string& body, const std::string& headers) {
  const MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        connection.answer(200, body, headers);
      }));
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("get", "GET", peer.url("/report.bin?x=1")) + "," +
                                response_step("\"{{get.response.body}}\""));
  return project.trigger("w");
}

std::string code_of(const TestProject& project, const std::string& workflow) {
  return project.trigger(workflow).at("/error/code");
}

}  // namespace

TEST_CASE("workflows do not reach the server's own network unless the operator allows it") {
  const TestProject project(shared_server());
  const std::string port = std::to_string(example_peer().port());
  int number = 0;
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("localhost"), std::string("[::1]"),
        std::string("[::ffff:127.0.0.1]"), std::string("127.1"), std::string("2130706433"),
        std::string("0.0.0.0"), std::string("10.0.0.1"), std::string("169.254.169.254")}) {
    INFO(host);
    const std::string workflow = "w" + std::to_string(++number);
    const std::string url = "http://" + host + ":" + port + "/echo?blocked";
    project.deploy_steps(workflow, request_step("send", "GET", url) + "," + response_step("1"));
    CHECK(code_of(project, workflow) == R"("blocked_address")");
  }
  CHECK(example_peer().requests("/echo?blocked").empty());
}

TEST_CASE("a redirect does not lead around the ranges that are allowed") {
  const MisbehavingPeer peer(
      MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
        const std::string to =
            request.target == "/metadata" ? "http://169.254.169.254/latest" : request.target;
        connection.answer(302, "", "Location: " + to + "\r\n");
      }));
  const TestProject project(open_server());
  project.deploy_steps(
      "away", request_step("send", "GET", peer.url("/metadata")) + "," + response_step("1"));
  CHECK(code_of(project, "away") == R"("blocked_address")");
  project.deploy_steps("round",
                       request_step("send", "GET", peer.url("/round")) + "," + response_step("1"));
  CHECK(code_of(project, "round") == R"("too_many_redirects")");
}

TEST_CASE("a JSON body keeps the types of its values") {
  const PeerRequest request =
      sent("json", R"(, "body": {"n": "{{trigger.request.body.n}}", "list": [1, "{{user.id}}"],
                                 "text": "n={{trigger.request.body.n}}", "none": null})",
           R"({"n": 1.5})");
  CHECK(request.method == "POST");
  CHECK(request.header("content-type") == "application/json");
  CHECK(request.body == R"({"n":1.5,"list":[1,"user-1"],"text":"n=1.5","none":null})");
}

TEST_CASE("a raw body goes as it is, with a content type of one's own") {
  const PeerRequest text = sent(
      "raw", R"(, "bodyType": "raw", "headers": {"content-type": "text/csv"}, "body": "a,b\n")");
  CHECK(text.body == "a,b\n");
  CHECK(text.header("content-type") == "text/csv");
  const PeerRequest xml = sent("xml", R"(, "bodyType": "xml", "body": "<a>ü</a>")");
  CHECK(xml.body == "<a>ü</a>");
  CHECK(xml.header("content-type") == "application/xml");
}

TEST_CASE("a raw body written as hex arrives as bytes") {
  const PeerRequest request =
      sent("hex",
           R"(, "bodyType": "raw", "headers": {"X-Paragon-Encoding": "hex"}, "body": "00ff0d0a")");
  CHECK(request.body == std::string("\x00\xff\r\n", 4));
  CHECK(request.header("x-paragon-encoding").empty());
  const TestProject project(open_server());
  project.deploy_steps(
      "bad", request_step("send", "POST", example_peer().url("/echo?bad-hex"),
                          R"(, "bodyType": "raw", "headers": {"X-Paragon-Encoding": "hex"},
                              "body": "0g")") +
                 "," + response_step("1"));
  CHECK(code_of(project, "bad") == R"("invalid_file")");
  CHECK(example_peer().requests("/echo?bad-hex").empty());
}

TEST_CASE("fields of a urlencoded body are escaped and arrays repeat their key") {
  const PeerRequest request = sent("fields", R"(, "bodyType": "x-www-form-urlencoded",
                         "body": {"a": "1 & 2=3", "b": [true, 4], "none": null, "ü": "é"})");
  CHECK(request.header("content-type") == "application/x-www-form-urlencoded");
  CHECK(request.body == "a=1+%26+2%3D3&b=true&b=4&%C3%BC=%C3%A9");
}

TEST_CASE("a GraphQL body is an object with a query and its variables") {
  const PeerRequest request =
      sent("graphql", R"(, "bodyType": "graphql", "body": {"query": "{ me { id } }",
                          "variables": {"id": "{{user.id}}"}})");
  CHECK(request.header("content-type") == "application/json");
  CHECK(request.body == R"({"query":"{ me { id } }","variables":{"id":"user-1"}})");
}

TEST_CASE("a request carries the key of its run and step") {
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("send", "GET", example_peer().url("/echo?key")));
  const std::string run = project.start("w");
  project.wait_until_ended(run);
  CHECK(arrived("/echo?key").header("idempotency-key") == run + ":send");
}

TEST_CASE("what a workflow sees of a response follows from its content type") {
  CHECK(seen(R"({"a": [1]})", "Content-Type: application/vnd.api+json\r\n").text == R"({"a":[1]})");
  CHECK(seen("{broken", "Content-Type: application/json\r\n").text == "{broken");
  CHECK(seen("<a/>", "Content-Type: application/xml\r\n").text == "<a/>");
  CHECK(seen("plain", "").text == "plain");
  CHECK(seen("", "Content-Type: application/json\r\n").text.empty());
  const Answer file = seen(std::string("\0\1", 2), "Content-Type: application/pdf\r\n");
  CHECK(file.at("/name") == R"("report.bin")");
  CHECK(file.at("/mimeType") == R"("application/pdf")");
  CHECK(file.at("/data") == R"("0001")");
  const Answer latin1 = seen("caf\xe9", "Content-Type: text/plain; charset=iso-8859-1\r\n");
  CHECK(latin1.text == "café");
}

TEST_CASE("a status that is no success fails the step and says what it was") {
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("call", "GET", example_peer().url("/status/422")));
  const std::string run = project.start("w");
  const Json ended = project.wait_until_ended(run);
  CHECK(text_at(ended, "/status") == R"("FAILED")");
  const Json step = project.step(run, "call");
  CHECK(text_at(step, "/output/error/code") == R"("request_rejected")");
  CHECK(text_at(step, "/output/response/statusCode") == "422");
  CHECK(text_at(step, "/output/response/body") == R"({"status":422})");
}

TEST_CASE("a response that lies about itself fails the step and not the server") {
  const MisbehavingPeer peer([](PeerConnection& connection) {
    const auto request = connection.read_request();
    if (!request) return;
    if (request->target == "/short")
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
    if (request->target == "/noise") connection.send("\x01\x02 nothing like HTTP\r\n\r\n");
    if (request->target == "/reset") connection.reset_on_close();
  });
  const TestProject project(open_server());
  for (const auto& [path, code] :
       {std::pair("/short", R"("bad_response")"), std::pair("/noise", R"("bad_response")"),
        std::pair("/reset", R"("connection_failed")")}) {
    INFO(path);
    const std::string workflow = std::string(path).substr(1);
    project.deploy_steps(workflow,
                         request_step("get", "GET", peer.url(path)) + "," + response_step("1"));
    CHECK(code_of(project, workflow) == code);
  }
  CHECK(is_well(open_server()));
}

TEST_CASE("a later page that fails leaves the pages before it and the error") {
  const MisbehavingPeer peer(
      MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
        if (request.target == "/list?page=2") {
          connection.answer(500, "{}", "Content-Type: application/json\r\n");
        } else {
          connection.answer(200, R"({"items": [1, 2], "next": 2})",
                            "Content-Type: application/json\r\n");
        }
      }));
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("list", "GET", peer.url("/list"),
                                         R"(, "params": {"page": "{{self.pageToken}}"},
                            "pagination": {"output": "response.body.items",
                                           "pageToken": "response.body.next"})") +
                                "," + response_step(R"({"all": "{{list.response.results}}",
                                       "error": "{{list.response.error}}"})"));
  const Answer answer = project.trigger("w");
  CHECK(answer.status == 200);
  CHECK(answer.at("/all") == "[1,2]");
  CHECK_THAT(answer.at("/error/message"), Catch::Contains("500"));
}

TEST_CASE("a cancelled run gives up its request in flight") {
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("wait", "GET", example_peer().url("/never?cancel")) + "," +
                                request_step("after", "GET", example_peer().url("/echo?after")));
  const std::size_t given_up = example_peer().given_up();
  const std::string run = project.start("w");
  REQUIRE(poll_until([] { return example_peer().requests("/never?cancel").size() == 1; }));
  CHECK(project.post(TestProject::execution_path(run) + "/cancel").status == 202);
  CHECK(poll_until([&] { return example_peer().given_up() > given_up; }));
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("CANCELLED")");
  CHECK(example_peer().requests("/echo?after").empty());
}

TEST_CASE("a fan-out asks for its elements at the same time") {
  // The peer answers nobody until all have asked.
  constexpr std::size_t elements = 20;
  std::atomic<std::size_t> asked{0};
  const MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        ++asked;
        poll_until([&] { return asked == elements; });
        connection.answer(200, request.target.substr(request.target.find('=') + 1));
      }));
  const TestProject project(open_server());
  project.deploy_steps(
      "w", R"json({"id": "list", "type": "function",
                   "code": "() => Array.from({ length: 20 }, (_, i) => i)"},
                  {"id": "each", "type": "fanOut", "items": "{{list.result}}", "steps": [)json" +
               request_step("ask", "GET", peer.url("/"), R"(, "params": {"n": "{{each.index}}"})") +
               "]}," + response_step("\"{{ask.response.body}}\""));
  CHECK(project.trigger("w").text ==
        R"(["0","1","2","3","4","5","6","7","8","9","10","11","12","13",)"
        R"("14","15","16","17","18","19"])");
}
