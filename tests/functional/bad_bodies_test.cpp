// Requests that are HTTP but otherwise wrong, too large or too deep. The server answers what is
// wrong and stays well.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

/// A project whose workflow "echo" answers with the body that it got.
class Echo {
 public:
  explicit Echo(const ServerProcess& server = shared_server()) : project(server) {
    project.deploy_steps(
        "echo", R"({"id": "r", "type": "response", "body": {"got": "{{trigger.request.body}}"}})");
  }
  Answer send(const std::string& body, const std::string& type = "application/json") const {
    return call_server(project.port(),
                       {"POST", project.path("/sdk/triggers/echo"), project.token(), body, type});
  }
  TestProject project;
};

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("text that is not JSON is refused and starts nothing") {
  const Echo echo;
  for (const std::string body :
       {"{", "}", "{\"a\":}", "{\"a\":1,}", "[1 2]", "nul", "'a'", "{a: 1}", "1 1", "\"\\x\"", "01",
        "+1", ".5", "1e", "NaN", "\"tab\there\"", "// comment"}) {
    INFO(body);
    const Answer answer = echo.send(body);
    CHECK(answer.status == 400);
    CHECK(answer.at("/code") == R"("invalid_json")");
  }
  CHECK(echo.project.get("/task-history/workflow-executions").at("/total") == "0");
  CHECK(is_well(shared_server()));
}

TEST_CASE("a body is read as leniently as a response would be") {
  const Echo echo;
  CHECK(echo.send("\xef\xbb\xbf{}").text == R"({"got":{}})");
  CHECK(echo.send("\"\\ud800\"").text == "{\"got\":\"\xef\xbf\xbd\"}");
  CHECK(echo.send("\"\xe9\"", "application/json; charset=iso-8859-1").text == R"({"got":"é"})");
  CHECK(
      echo.send("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\xe9", "application/xml").status ==
      200);
}

TEST_CASE("invalid UTF-8 is refused in body, path and query") {
  const Echo echo;
  CHECK(echo.send("\"\xff\xfe\"").status == 400);
  CHECK(echo.send("\"\xc0\xaf\"").status == 400);
  CHECK(echo.send("\"\xed\xa0\x80\"").status == 400);
  CHECK(echo.send("text \xff", "text/plain").status == 400);
  CHECK(echo.send("a=%ff", "application/x-www-form-urlencoded").status == 400);
  const std::string token = echo.project.token();
  for (const char* const rest : {"/sdk/triggers/%ff", "/sdk/triggers/%c0%af", "/sdk/triggers/%00",
                                 "/sdk/triggers/%zz", "/sdk/triggers/%", "/sdk/triggers/echo?a=%ff",
                                 "/sdk/triggers/echo?%ff=a", "/sdk/triggers/echo?a=%4"}) {
    INFO(rest);
    const Answer answer =
        call_server(echo.project.port(), {"POST", echo.project.path(rest), token, "{}"});
    CHECK(answer.status == 400);
  }
  CHECK(echo.project.get("/task-history/workflow-executions").at("/total") == "0");
  CHECK(is_well(shared_server()));
}

TEST_CASE("JSON a hundred levels deep passes and one level more is refused") {
  const Echo echo;
  echo.project.deploy_steps(
      "plain", R"({"id": "r", "type": "response", "body": "{{trigger.request.body}}"})");
  const Answer deep = echo.project.trigger("plain", nested(100));
  CHECK(deep.status == 200);
  CHECK(deep.text == nested(100));
  // The answer would be deeper than JSON may be: the run fails, and says why.
  CHECK(echo.send(nested(100)).at("/error/code") == R"("limit_exceeded")");
  CHECK(echo.send(nested(101)).status == 400);
  CHECK(echo.send(nested(101)).at("/code") == R"("invalid_json")");
  CHECK(echo.send(std::string(1'000'000, '[')).status == 400);
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  CHECK(echo.send(objects).status == 400);
  CHECK(is_well(shared_server()));
}

TEST_CASE("a definition as deep as JSON may be is refused without harm") {
  const Echo echo;
  std::string steps = R"({"id": "last", "type": "function", "code": "() => 1"})";
  for (int i = 0; i < 30; ++i) {
    steps = R"({"id": "f)" + std::to_string(i) +
            R"(", "type": "fanOut", "items": [1], "steps": [)" + steps + "]}";
  }
  const std::string definition = R"({"trigger": {"type": "request"}, "steps": [)" + steps + "]}";
  const Answer saved = echo.project.put("/workflows/deep", definition);
  if (saved.status == 200) CHECK(echo.project.post("/workflows/deep/deploy").status == 400);
  CHECK((saved.status == 200 || saved.status == 400));
  CHECK(is_well(shared_server()));
}

TEST_CASE("numbers and strings at the edges pass through unchanged") {
  const Echo echo;
  for (const std::string value :
       {"9007199254740993", "-9223372036854775808", "18446744073709551615", "0.1", "1e+300",
        "5e-324", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "{\"\":\"\"}", "[[],{}]", "\"__proto__\""}) {
    INFO(value);
    const Answer answer = echo.send(value);
    CHECK(answer.status == 200);
    CHECK(answer.json.at("got") == json_of(value));
  }
  CHECK(echo.send(R"({"a": 1, "a": 2})").text == R"({"got":{"a":2}})");
  CHECK(echo.send(R"({"__proto__": {"x": 1}, "constructor": 2})").text ==
        R"({"got":{"__proto__":{"x":1},"constructor":2}})");
}

TEST_CASE("a payload of ten megabytes goes through a function and back") {
  const TestProject project(shared_server());
  project.deploy_steps("large", R"json(
    {"id": "f", "type": "function", "parameters": {"text": "{{trigger.request.body.text}}"},
     "code": "({ text }) => ({ text, length: text.length })"},
    {"id": "r", "type": "response", "body": "{{f.result}}"})json");
  std::string text(10'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 1'000) text[i] = static_cast<char>('a' + i % 26);
  const Answer answer = project.trigger("large", R"({"text": ")" + text + "\"}");
  REQUIRE(answer.status == 200);
  CHECK(answer.at("/length") == "10000000");
  CHECK((string_at(answer.json, "/text") == text));
  CHECK(is_well(shared_server()));
}

TEST_CASE("a body over the server's limit is refused with 413") {
  const ServerProcess server({"--request-body-bytes-max", "100000"});
  const Echo echo(server);
  CHECK(echo.send("\"" + std::string(99'000, 'x') + "\"").status == 200);
  const Answer answer = echo.send("\"" + std::string(200'000, 'x') + "\"");
  CHECK(answer.status == 413);
  CHECK(answer.at("/code") == R"("payload_too_large")");
  CHECK(echo.project.put("/workflows/w", std::string(200'000, ' ')).status == 413);
  CHECK(is_well(server));
}

TEST_CASE("a definition over four megabytes is refused with 413") {
  const TestProject project(shared_server());
  const std::string code(5'000'000, ' ');
  const Answer answer = project.put("/workflows/w", R"({"name": ")" + code + "\"}");
  CHECK(answer.status == 413);
  CHECK(is_well(shared_server()));
}

TEST_CASE("a body of an unknown kind is a file and a broken one of a known kind is refused") {
  const Echo echo;
  CHECK(echo.send("<a/>", "application/x-a").text == R"({"got":{}})");  // it is `request.file`
  CHECK(echo.send("<a/>", "application/xml").text == R"({"got":"<a/>"})");
  CHECK(echo.send("{}", "application/json; charset=utf-16").status == 400);
  CHECK(echo.send("x", "multipart/form-data").status == 400);
  CHECK(echo.send("no parts", "multipart/form-data; boundary=b").status == 400);
  CHECK(is_well(shared_server()));
}

TEST_CASE("members of the wrong type are refused in every management call") {
  const TestProject project(shared_server());
  CHECK(project.put("/signing-keys/k", R"({"pem": 5})").status == 400);
  CHECK(project.put("/signing-keys/k", "[]").status == 400);
  for (const char* const part :
       {R"("name": 5)", R"("trigger": 5, "steps": [])", R"("trigger": {"type": []}, "steps": 5)",
        R"("trigger": {"type": "request"}, "steps": [null, [], "x", 1e99])",
        R"("trigger": {"type": "request"}, "steps": [{"id": {}, "type": {}, "code": {}}])"}) {
    INFO(part);
    // What cannot even be a draft is refused when it is saved.
    Answer answer = project.put("/workflows/w", std::string("{") + part + "}");
    if (answer.status == 200) answer = project.post("/workflows/w/deploy");
    CHECK(answer.status == 400);
    CHECK(answer.at("/code") == R"("invalid_definition")");
    CHECK_FALSE(answer.at("/details/0/path").empty());
  }
  CHECK(is_well(shared_server()));
}
