// A misspelt filter must not list everything; a query that is data, or that others write, is nobody's mistake.

#include "http/api/query_names.h"

#include "http/api/routes.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

const Route& route(std::string_view operation) {
  for (const Route& each : all_routes()) {
    if (each.operation == operation) return each;
  }
  FAIL("there is no operation " + std::string(operation));
  return all_routes().front();
}

std::string refusal(std::string_view operation, const FormFields& query) {
  const auto checked = check_query_names(route(operation), query);
  if (checked) return "none";
  CHECK(checked.error().code == ErrorCode::invalid_request);
  return checked.error().message;
}

}  // namespace

TEST_CASE("a query parameter that is not known is named, with those that are, the nearest first",
          "[http]") {
  CHECK(refusal("listExecutions", {{"userId", "ada"}, {"stauts", "FAILED"}, {"x", ""}}) ==
        "the query parameter 'stauts' is not known here; did you mean \"status\"? Known: status, "
        "userId, workflowId, integration, afterDate, beforeDate, offset, after, sortBy");
  CHECK(refusal("listExecutions", {{"colour", "red"}}) ==
        "the query parameter 'colour' is not known here; known: userId, workflowId, integration, "
        "status, afterDate, beforeDate, offset, after, sortBy");
  CHECK(refusal("listWorkflows", {{"status", "live"}}) ==
        "the query parameter 'status' is not known here: this route takes none");
  // Neither what stands in the path nor a header is one.
  CHECK_THAT(refusal("listExecutions", {{"project", "p1"}}), says("'project' is not known"));
  CHECK_THAT(refusal("replayExecution", {{"Idempotency-Key", "k"}}), says("is not known"));
}

TEST_CASE("whatever a route declares may stand in its query, as often as one likes", "[http]") {
  for (const Route& each : all_routes()) {
    FormFields query;
    for (const RouteParameter& parameter : declared(each.parameters)) {
      if (parameter.in != RouteParameter::In::query) continue;
      query.insert(query.end(), 2, {std::string(parameter.name), "x"});
    }
    INFO(each.operation);
    CHECK(check_query_names(each, query).ok());
  }
}

TEST_CASE("what needs a key refuses every other parameter", "[http]") {
  for (const Route& each : all_routes()) {
    const bool needs_key = each.access == Access::admin_key || each.access == Access::project_key ||
                           each.access == Access::project_or_admin ||
                           each.access == Access::project_key_or_user;
    if (!needs_key) continue;
    INFO(each.operation);
    CHECK_FALSE(check_query_names(each, {{"no such parameter", ""}}).ok());
  }
}

TEST_CASE("a query that is data, or that providers, pages and probes write, is taken as it comes",
          "[http]") {
  for (const Route& each : all_routes()) {
    const bool is_theirs = each.access == Access::open || each.access == Access::url_key ||
                           each.pattern.find("/sdk/triggers/") != each.pattern.npos ||
                           each.pattern.find("/sdk/proxy/") != each.pattern.npos ||
                           each.pattern.ends_with("/sdk/me") ||
                           each.pattern.find("/sdk/credentials") != each.pattern.npos ||
                           each.pattern.find("/sdk/actions") != each.pattern.npos;
    if (!is_theirs) continue;
    INFO(each.operation);
    CHECK(check_query_names(each, {{"utm_source", "mail"}}).ok());
  }
}

TEST_CASE("lists refuse a misspelt filter, once it is known who asks", "[http]") {
  ApiFixture api;
  for (const char* const list :
       {"/task-history/workflow-executions", "/event-logs", "/audit", "/users", "/workflows",
        "/users/user-1/credentials", "/integrations", "/secrets"}) {
    INFO(list);
    const std::string path = std::string("/projects/p1") + list + "?stauts=FAILED";
    CHECK(api.call("GET", path, api.api_key).code() == "invalid_request");
    CHECK_THAT(api.call("GET", path, api.api_key).text, says("stauts"));
    CHECK(api.call("GET", path).status == 401);
  }
  CHECK(api.call("GET", "/projects?nmae=x", "the-admin-key").code() == "invalid_request");
  CHECK(api.call("GET", "/projects/p1/users?after=a&offset=100", api.api_key).status == 200);

  REQUIRE(api.put_key("main", first_keys().public_pem).status == 200);
  const auto as_user = [&](const std::string& path) {
    return api.call("GET", "/projects/p1/sdk" + path, api.token(first_keys(), "ada", "main"));
  };
  CHECK(as_user("/executions?stauts=FAILED").code() == "invalid_request");
  CHECK(as_user("/executions?status=FAILED").status == 200);
  CHECK(as_user("/me?_=1767225600000").status == 200);
}

}  // namespace millrace
