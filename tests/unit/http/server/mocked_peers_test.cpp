// Which mock answers which request of a project test.
#include "http/server/project_tests/mocked_peers.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

MockedAnswer answer(int status) {
  MockedAnswer made;
  made.status = status;
  made.body = std::make_shared<const std::string>("{}");
  return made;
}

MockedAnswer answer_to(const std::string& request, int status) {
  MockedAnswer made = answer(status);
  made.request = parse_json(request)->get_object();
  return made;
}

/// The status of the answer, or the code of the error.
std::string ask(MockedPeers& peers, const std::string& step, const std::string& url,
                const std::string& body = {}) {
  HttpRequest request;
  request.step = step;
  request.method = "POST";
  request.url = url;
  if (!body.empty()) request.body = std::make_shared<const std::string>(body);
  std::string got = "no answer";
  peers.call(std::move(request), [&](HttpOutcome outcome) {
    got = outcome ? std::to_string(outcome->status) : std::string(wire_name(outcome.error().code));
  });
  return got;
}

}  // namespace

TEST_CASE("plain answers come one after the other and the last one from then on") {
  MockedPeers peers;
  peers.begin({{"a", {answer(201), answer(202)}}, {"b", {answer(204)}}});
  CHECK(ask(peers, "a", "https://x/1") == "201");
  CHECK(ask(peers, "b", "https://x/1") == "204");
  CHECK(ask(peers, "a", "https://x/2") == "202");
  CHECK(ask(peers, "a", "https://x/3") == "202");
  CHECK(ask(peers, "b", "https://x/2") == "204");
}

TEST_CASE("an answer with a request is for requests that fit it, as often as they come") {
  MockedPeers peers;
  peers.begin(
      {{"a", {answer_to(R"({"url": "*/one"})", 201), answer_to(R"({"body": {"n": 2}})", 202)}}});
  CHECK(ask(peers, "a", "https://x/two", R"({"n": 2, "m": 1})") == "202");
  CHECK(ask(peers, "a", "https://x/one") == "201");
  CHECK(ask(peers, "a", "https://x/one") == "201");
  CHECK(ask(peers, "a", "https://x/three") == "connection_failed");
}

TEST_CASE("an answer with a request comes before the plain ones that follow it") {
  MockedPeers peers;
  peers.begin({{"a", {answer_to(R"({"url": "*/one"})", 201), answer(202), answer(203)}}});
  CHECK(ask(peers, "a", "https://x/other") == "202");
  CHECK(ask(peers, "a", "https://x/one") == "201");
  CHECK(ask(peers, "a", "https://x/other") == "203");
}

TEST_CASE("a step without a mock fails to connect, and a new test forgets what was sent") {
  MockedPeers peers;
  peers.begin({});
  CHECK(ask(peers, "a", "https://x/1", "text") == "connection_failed");
  CHECK(to_text(peers.sent()) ==
        R"({"a":[{"method":"POST","url":"https://x/1","headers":{},"body":"text"}]})");
  peers.begin({});
  CHECK(peers.sent().empty());
}
