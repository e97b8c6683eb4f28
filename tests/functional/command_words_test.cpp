// What the command line says of what it cannot do, and the commands that only look.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"
#include "tests/support/poll_until.h"

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

/// With the project's address and key; the command must succeed.
std::string manage(const TestProject& project, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--url", shared_server().url() + "/", "--project",
                                     project.id(), "--api-key", project.api_key()});
  const ProgramEnd end = run_millrace(arguments);
  INFO(end.errors);
  CHECK(end.exit_code == 0);
  return end.output;
}

ProgramEnd fail(const std::vector<std::string>& arguments, int exit_code) {
  const ProgramEnd end = run_millrace(arguments);
  INFO(end.errors);
  CHECK(end.exit_code == exit_code);
  return end;
}

}  // namespace

TEST_CASE("a command that is missing or unknown is answered with those that there are") {
  CHECK_THAT(fail({}, 2).errors, says("needs a command: ") && says("serve") && says("deploy"));
  CHECK_THAT(fail({"delpoy"}, 2).errors, says("no command 'delpoy'; did you mean deploy?"));
  CHECK_THAT(fail({"executions"}, 2).errors,
             says("executions needs a command: list, show, cancel"));
  CHECK_THAT(fail({"executions", "lst"}, 2).errors, says("did you mean list?"));
  CHECK_THAT(fail({"validate", "--jsn", "."}, 2).errors,
             says("validate has no option --jsn; did you mean --json?"));
  CHECK_THAT(fail({"validate"}, 2).errors, says("folder is required"));
  CHECK_THAT(fail({"validate", ".", "too", "much"}, 2).errors, says("no further argument 'too'"));
}

TEST_CASE("the version is told by the binary and by the server") {
  const ProgramEnd end = fail({"--version"}, 0);
  CHECK(end.output.starts_with("millrace 0."));
  CHECK_FALSE(call_server(shared_server().port(), {"GET", "/healthz", {}}).at("/version").empty());
}

TEST_CASE("a command without project, key or user says what would name them") {
  CHECK_THAT(fail({"executions", "list"}, 2).errors, says("--project") && says("MILLRACE_PROJECT"));
  CHECK_THAT(fail({"workflows", "list", "--project", "p"}, 2).errors,
             says("--api-key") && says("MILLRACE_API_KEY"));
  CHECK_THAT(fail({"projects", "list"}, 2).errors,
             says("--admin-key") && says("MILLRACE_ADMIN_KEY") && says("DATA-DIR/admin-key"));
  CHECK_THAT(fail({"trigger", "w", "--project", "p"}, 2).errors,
             says("--token") && says("MILLRACE_TOKEN"));
  CHECK_THAT(fail({"trigger", "w", "--project", "p", "--token", "t", "--param", "a"}, 2).errors,
             says("--param takes NAME=VALUE, and 'a' is not"));
  CHECK_THAT(fail({"projects", "list", "--admin-key", "k", "--url", "localhost:1"}, 2).errors,
             says("http:// nor https://"));
}

TEST_CASE("an address that answers in another language is told apart from none at all") {
  // The server speaks http; a TLS handshake with it fails.
  const std::string url = "https://127.0.0.1:" + std::to_string(shared_server().port());
  const ProgramEnd end = fail({"projects", "list", "--admin-key", "k", "--url", url}, 3);
  CHECK_THAT(end.errors, says("TLS") && !says("no server answers"));
  CHECK_THAT(
      fail({"projects", "list", "--admin-key", "k", "--url", "http://127.0.0.1:1"}, 3).errors,
      says("no server answers at http://127.0.0.1:1"));
}

TEST_CASE("workflows, their versions and what differs are shown by commands") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "r", "type": "response", "statusCode": 200})");
  CHECK(project
            .put("/workflows/w", R"({"name": "w", "trigger": {"type": "request"}, "steps": [
    {"id": "r", "type": "response", "statusCode": 201}]})")
            .status == 200);
  CHECK_THAT(manage(project, {"workflows", "list"}), says("deployedVersion") && says("w "));
  CHECK_THAT(manage(project, {"workflows", "show", "w", "--version", "1"}),
             says("\"statusCode\": 200"));
  CHECK_THAT(manage(project, {"workflows", "show", "w"}), says("\"statusCode\": 201"));
  CHECK_THAT(manage(project, {"workflows", "diff", "w"}),
             says("step r  /steps/0/statusCode\n- 200\n+ 201\n1 change\n"));
  CHECK_THAT(
      manage(project, {"workflows", "diff", "w", "--json"}),
      says(R"("step":"r","path":"/steps/0/statusCode","kind":"changed","from":200,"to":201)"));
  CHECK(manage(project, {"workflows", "diff", "w", "--to", "1"}) == "no difference\n");
  CHECK(project.post("/workflows/w/deploy").status == 200);
  CHECK_THAT(manage(project, {"workflows", "versions", "w"}),
             says("version  dateDeployed\n2        20") && says("\n1        20"));
  const auto numbers = parse_json(manage(project, {"workflows", "versions", "w", "--json"}));
  REQUIRE(numbers.ok());
  CHECK(text_at(*numbers, "/versions/0/version") == "2");
  CHECK(text_at(*numbers, "/versions/1/version") == "1");
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--url", shared_server().url(), "--project", project.id(),
                                       "--api-key", project.api_key()});
    return fail(arguments, 1).errors;
  };
  const auto names_them = says("w has no version 7, but 2, 1: millrace workflows versions w lists");
  CHECK_THAT(refused({"workflows", "diff", "w", "--to", "7"}), names_them && !says("GET "));
  CHECK_THAT(refused({"workflows", "show", "w", "--version", "7"}), names_them);
  CHECK_THAT(refused({"workflows", "show", "other", "--version", "7"}), !says("versions"));
  CHECK_THAT(refused({"workflows", "versions", "other"}), says("other"));
  CHECK_THAT(manage(project, {"signing-keys", "list"}), says("main\n-----BEGIN PUBLIC KEY-----"));
  const ProgramEnd projects =
      fail({"projects", "list", "--admin-key", admin_key, "--url", shared_server().url()}, 0);
  CHECK_THAT(projects.output, says(project.id() + "\n"));
}

TEST_CASE(
    "executions are listed up to a limit, and a missing step is answered with those there are") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json({"id": "each", "type": "fanOut", "items": [1, 2], "steps": [
    {"id": "double", "type": "function", "code": "() => 2"}]})json");
  std::string run;
  for (int i = 0; i < 3; ++i) {
    run = project.start("w");
    project.wait_for_status(run, "SUCCEEDED");
  }
  const std::string listed = manage(project, {"executions", "list", "--limit", "2", "--json"});
  CHECK(parse_json(listed)->at("workflowExecutions").as_array().size() == 2);
  CHECK(parse_json(listed)->at("total").as_int64() == 3);
  CHECK_THAT(manage(project, {"executions", "list", "--limit", "2"}), says("2 of 3\n"));

  const auto show = [&](const std::string& step) {
    return fail({"executions", "show", run, "--step", step, "--url", shared_server().url(),
                 "--project", project.id(), "--api-key", project.api_key()},
                1)
        .errors;
  };
  CHECK_THAT(show("double"), says("name one of double.0, double.1\n"));
  CHECK_THAT(show("duoble.0"), says("no step duoble.0; did you mean double.0?"));
  CHECK_THAT(manage(project, {"executions", "show", run, "--step", "double.1"}),
             says("\"result\": 2"));
}

TEST_CASE("a trigger shows its run also where a Response step has answered") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": {"said": "hello"}})");
  const auto trigger = [&](const std::vector<std::string>& more, int exit_code) {
    std::vector<std::string> arguments{"trigger",   "w",          "--url",   shared_server().url(),
                                       "--project", project.id(), "--token", project.token(),
                                       "--data",    "{}"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return fail(arguments, exit_code).output;
  };
  const auto answer = parse_json(trigger({"--json"}, 0));
  REQUIRE(answer.ok());
  CHECK(text_at(*answer, "/body") == R"({"said":"hello"})");
  const std::string run = string_at(*answer, "/executionId");
  CHECK(string_at(project.wait_until_ended(run), "/workflowId") == "w");

  const std::string text = trigger({}, 0);
  const std::string begin = "status 200\nrun ";
  REQUIRE(text.starts_with(begin));
  const std::string other = text.substr(begin.size(), text.find('\n', begin.size()) - begin.size());
  CHECK(other != run);
  CHECK(string_at(project.wait_until_ended(other), "/workflowId") == "w");
  CHECK_THAT(text, says("\"said\": \"hello\""));

  // A refusal has begun none.
  CHECK(project.post("/workflows/w/undeploy").status == 200);
  CHECK(text_at(*parse_json(trigger({"--json"}, 1)), "/executionId") == "null");
}

TEST_CASE("the event log is listed by what it is about, up to a limit") {
  const TestProject project(shared_server());
  // An event that nobody listens to, twice, and a run that another one keeps from beginning.
  REQUIRE(project.put("/events/Made", R"({"schema": {}})").status == 201);
  for (int i = 0; i < 2; ++i) {
    CHECK(call_server(project.port(), {"POST", project.path("/sdk/events/trigger"), project.token(),
                                       R"({"name": "Made", "payload": {}})"})
              .status == 201);
  }
  project.deploy("w", R"({"name": "w", "trigger": {"type": "request"},
      "admission": {"singleton": {"onConflict": "skip"}},
      "steps": [{"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"}]})");
  project.start("w", "{}", "ada");
  CHECK(project.trigger("w", "{}", "ada").at("/status") == R"("SKIPPED")");
  const auto entries = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"event-logs", "list", "--json"});
    return *parse_json(manage(project, more));
  };
  // What starts nothing is written down a moment later.
  REQUIRE(poll_until([&] { return entries({}).at("eventLogs").as_array().size() == 3; }));
  CHECK(text_at(entries({}), "/isPartial") == "false");
  const Json about = entries({"--workflow", "w", "--user", "ada", "--type", "request", "--level",
                              "warning", "--since", "2026-01-01"});
  REQUIRE(about.at("eventLogs").as_array().size() == 1);
  CHECK(string_at(about, "/eventLogs/0/code") == "conflict");
  CHECK(entries({"--user", "nobody"}).at("eventLogs").as_array().empty());
  const Json first = entries({"--limit", "2"});
  CHECK(first.at("eventLogs").as_array().size() == 2);
  CHECK(text_at(first, "/isPartial") == "true");
  const std::string table = manage(project, {"event-logs", "list", "--type", "event"});
  CHECK_THAT(table, says("userId") && says("workflow_not_deployed") && says("2 in all\n"));
  CHECK_THAT(manage(project, {"event-logs", "list", "--limit", "1"}),
             says("1 shown, and there are more: --limit\n"));
  CHECK_THAT(fail({"event-logs", "list", "--since", "yesterday", "--url", shared_server().url(),
                   "--project", project.id(), "--api-key", project.api_key()},
                  1)
                 .errors,
             says("since must be a date"));
}

TEST_CASE("a run that is shown says of each failed step why") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json({"id": "well", "type": "function", "code": "() => 1"},
    {"id": "bad", "type": "function", "continueOnError": true,
     "code": "() => { throw new Error('no lead\\nat all') }"})json");
  const std::string run = project.start("w");
  project.wait_for_status(run, "SUCCEEDED");
  const std::string shown = manage(project, {"executions", "show", run});
  CHECK_THAT(shown, says("outputSize  error\n"));
  CHECK_THAT(shown, says("function_threw: Error: no lead at all"));
  // Where nothing failed, there is no column for it.
  project.deploy_steps("w", R"json({"id": "well", "type": "function", "code": "() => 1"})json");
  const std::string other = project.start("w");
  project.wait_for_status(other, "SUCCEEDED");
  CHECK_THAT(manage(project, {"executions", "show", other}), !says("outputSize  error"));
}

TEST_CASE(
    "validate finds everything at once, JavaScript included, and says it on standard output") {
  const TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() + "/workflows");
  std::ofstream(folder.path() + "/workflows/a.json") << "{";
  std::ofstream(folder.path() + "/workflows/b.json")
      << R"({"trigger":{"type":"request"},"steps":[{"id":"f","type":"function","codeFile":"f.js"}]})";
  std::ofstream(folder.path() + "/workflows/f.js") << "// note\nreturn 1\n";
  const ProgramEnd end = fail({"validate", folder.path(), "--json"}, 1);
  CHECK(end.errors.empty());
  const auto answer = parse_json(end.output);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->at("valid").as_bool());
  const auto& findings = answer->at("findings").as_array();
  REQUIRE(findings.size() == 2);
  CHECK(string_at(findings[0], "/file") == folder.path() + "/workflows/a.json");
  CHECK(findings[0].at("line").as_int64() == 1);
  CHECK(findings[0].at("column").as_int64() == 2);
  CHECK(string_at(findings[1], "/file") == folder.path() + "/workflows/f.js");
  CHECK(findings[1].at("line").as_int64() == 2);
  CHECK(findings[1].at("column").as_int64() == 1);
  CHECK_THAT(string_at(findings[1], "/message"), says("`return` needs a function around it"));
  const ProgramEnd text = fail({"validate", folder.path()}, 1);
  CHECK_THAT(text.errors, says("f.js:2:1: step f: ") && says("a.json:1:2: not valid JSON") &&
                              says("2 findings"));
}

TEST_CASE("deploy tells what the server refuses with file, line and column") {
  const TestProject project(shared_server());
  const TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() + "/workflows");
  std::ofstream(folder.path() + "/workflows/b.json")
      << "{\"trigger\":{\"type\":\"request\"},\"steps\":[\n"
         "{\"id\":\"f\",\"type\":\"function\",\"codeFile\":\"f.js\"},\n"
         "{\"id\":\"r\",\"type\":\"response\",\"statsCode\":200}]}";
  std::ofstream(folder.path() + "/workflows/f.js") << "() => {\n  const = 1\n}";
  const std::vector<std::string> deploy{
      "deploy",    folder.path(), "--url",     shared_server().url(),
      "--project", project.id(),  "--api-key", project.api_key()};
  const ProgramEnd end = fail(deploy, 1);
  CHECK_THAT(end.errors, says("f.js:2:9: step f: ") && says("b.json:3:29: step r: "));
}

TEST_CASE("a definition with a key twice is refused by the server") {
  const TestProject project(shared_server());
  const Answer answer = project.put(
      "/workflows/d",
      R"({"name":"d","trigger":{"type":"request"},"steps":[{"id":"q","type":"request","method":"GET","url":"https://a.example/","url":"https://b.example/"}]})");
  CHECK(answer.status == 400);
  CHECK(answer.at("/code") == R"("invalid_json")");
  CHECK_THAT(answer.at("/details/0/message"), says("the key `url` is there already"));
  CHECK(answer.at("/details/0/line") == "1");
  CHECK(project.put("/integrations/crm", R"({"name":"a","name":"b"})").status == 400);
}

TEST_CASE("options that could not work are refused at the start") {
  const std::vector<std::string> serve{"serve", "--in-memory", "--listen", "127.0.0.1:0"};
  const auto with = [&](const std::string& option, const std::string& value) {
    auto arguments = serve;
    arguments.insert(arguments.end(), {option, value});
    return fail(arguments, 2).errors;
  };
  CHECK_THAT(with("--public-url", "notaurl"), says("--public-url: 'notaurl'"));
  CHECK_THAT(with("--function-worker", "/bin/true"), says("/bin/true does not do its work"));
  CHECK_THAT(with("--function-worker", "/no/such/file"), says("is missing"));
  CHECK_THAT(with("--function-worker", "/tmp"), says("is missing"));
}

TEST_CASE("the completion of bash offers commands and options") {
  const TemporaryDirectory folder;
  const std::string script = folder.path() + "/completion";
  std::ofstream(script) << fail({"completion", "bash"}, 0).output << R"(
offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _millrace; echo "${COMPREPLY[*]}"; }
offer millrace ex
offer millrace executions ''
offer millrace executions list --l
offer millrace --v
)";
  ChildProcess shell({{"/bin/bash", script}, folder.path() + "/out", folder.path() + "/errors"});
  CHECK(shell.wait_for_exit(20s) == 0);
  CHECK(read_file(folder.path() + "/out") ==
        "executions\n"
        "list show cancel replay\n"
        "--limit\n"
        "--version\n");
  CHECK(read_file(folder.path() + "/errors").empty());
  CHECK_THAT(fail({"completion", "zsh"}, 0).output, says("#compdef millrace"));
  CHECK_THAT(fail({"completion", "fish"}, 0).output, says("complete -c millrace"));
}
