// The server itself: health, metrics, the list of routes, and what is no route.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

Answer get(const std::string& path, const std::string& method = "GET") {
  return call_server(shared_server().port(), {method, path});
}

}  // namespace

TEST_CASE("the server tells its health without asking who wants to know") {
  CHECK(get("/healthz").text == alive_text());
  CHECK(get("/readyz").text == R"({"status":"ready"})");
  CHECK(get("/healthz?x=1").status == 200);
}

TEST_CASE("the start page lists the routes and each of them exists") {
  const Answer about = get("/");
  CHECK(about.status == 200);
  const JsonArray& routes = about.json.at("routes").as_array();
  CHECK(routes.size() >= 20);
  for (const Json& route : routes) {
    std::string text(route.as_string());
    std::string method = text.substr(0, text.find(' '));
    if (method == "ANY") method = "GET";
    std::string path = text.substr(text.find(' ') + 1);
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      path.replace(open, path.find('}') - open + 1, "x");
    }
    INFO(text);
    const int status = get(path, method).status;
    // 400: a page that is open to all says what it is missing.
    CHECK((status == 200 || status == 400 || status == 401 || status == 404));
    CHECK(get(path, method).at("/message").find("no such route") == std::string::npos);
  }
}

TEST_CASE("metrics are text with a type for every name") {
  const TestProject project(shared_server());
  const Answer metrics = get("/metrics");
  CHECK(metrics.status == 200);
  CHECK_THAT(metrics.header("Content-Type"), Catch::StartsWith("text/plain; version=0.0.4"));
  CHECK_THAT(metrics.text, Catch::Contains("# TYPE millrace_http_answers_total counter"));
  CHECK_THAT(metrics.text, Catch::Contains(R"(route="/projects",status="2xx")"));
  CHECK(metrics.text.find(project.id()) == std::string::npos);
}

TEST_CASE("what is no route is not found in the form of all errors") {
  for (const char* const path :
       {"/nothing", "/projects/", "/projects//workflows", "/healthz/", "//", "/projects/x/y/z",
        "/PROJECTS", "/%2e%2e/healthz", "/../healthz", "/healthz%00", "/projects/a%2Fb/c"}) {
    INFO(path);
    const Answer answer = get(path);
    CHECK(answer.status == 404);
    CHECK(answer.at("/code") == R"("not_found")");
  }
  CHECK(is_well(shared_server()));
}

TEST_CASE("a method that a route does not know is refused with those it knows") {
  const Answer answer = get("/healthz", "POST");
  CHECK(answer.status == 405);
  CHECK(answer.at("/code") == R"("method_not_allowed")");
  CHECK(answer.header("Allow") == "GET");
  CHECK(get("/projects", "DELETE").header("Allow") == "POST, GET");
  CHECK(get("/projects", "PATCH").status == 405);
  CHECK(get("/healthz", "OPTIONS").status == 405);
}

TEST_CASE("a HEAD request gets the status of a GET and no body") {
  const Answer answer = get("/healthz", "HEAD");
  CHECK(answer.status == 200);
  CHECK(answer.text.empty());
  CHECK(get("/nothing", "HEAD").status == 404);
}

TEST_CASE("a server whose terminal goes away serves on") {
  ServerProcess server;
  for (int i = 0; i < 3; ++i) server.hang_up();
  CHECK(call_server(server.port(), {"GET", "/healthz"}).status == 200);
  CHECK(is_well(server));
}
