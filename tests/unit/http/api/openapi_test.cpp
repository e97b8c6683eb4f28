// The description of the API is a document that other people's tools read: it must hold together.

#include "http/api/openapi.h"

#include "http/api/routes.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

#include <functional>
#include <set>

namespace millrace {
namespace {

using Visit = std::function<void(const std::string& method, const JsonObject& operation)>;

void each_operation(const JsonObject& path, const Visit& visit) {
  for (const auto& member : path) visit(std::string(member.key()), member.value().as_object());
}

/// All members called `key`, at any depth.
void each_member(const Json& value, std::string_view key,
                 const std::function<void(const Json&)>& visit) {
  if (const auto* const array = value.if_array()) {
    for (const auto& element : *array) each_member(element, key, visit);
  }
  if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == key) visit(member.value());
      each_member(member.value(), key, visit);
    }
  }
}

bool resolves(const Json& document, std::string_view pointer) {
  if (!pointer.starts_with("#/")) return false;
  const Json* at = &document;
  for (pointer.remove_prefix(2); !pointer.empty();) {
    const auto slash = pointer.find('/');
    at = at->is_object() ? at->get_object().if_contains(pointer.substr(0, slash)) : nullptr;
    if (at == nullptr) return false;
    pointer.remove_prefix(slash == pointer.npos ? pointer.size() : slash + 1);
  }
  return true;
}

std::set<std::string> names_in(std::string_view path) {
  std::set<std::string> names;
  while (true) {
    const auto open = path.find('{');
    if (open == path.npos) return names;
    const auto close = path.find('}', open);
    names.insert(std::string(path.substr(open + 1, close - open - 1)));
    path.remove_prefix(close + 1);
  }
}

std::set<std::string> path_parameters(const JsonObject& operation) {
  std::set<std::string> names;
  if (const auto* const parameters = operation.if_contains("parameters")) {
    for (const auto& each : parameters->as_array()) {
      if (each.at("in") != Json("path")) continue;
      CHECK(each.at("required") == Json(true));
      CHECK(names.insert(std::string(each.at("name").as_string())).second);
    }
  }
  return names;
}

Json described() { return openapi_document(route_groups()); }

}  // namespace

TEST_CASE("every reference of the API's description resolves", "[http]") {
  const Json document = described();
  std::size_t references = 0;
  each_member(document, "$ref", [&](const Json& reference) {
    INFO(reference);
    CHECK(resolves(document, reference.as_string()));
    ++references;
  });
  CHECK(references > all_routes().size());
}

TEST_CASE("every shape of the API's description is referred to", "[http]") {
  const Json document = described();
  std::set<std::string> used;
  each_member(document, "$ref",
              [&](const Json& reference) { used.insert(std::string(reference.as_string())); });
  for (const auto& schema : document.at("components").at("schemas").as_object()) {
    INFO(schema.key());
    CHECK(used.count("#/components/schemas/" + std::string(schema.key())) == 1);
  }
}

TEST_CASE("path parameters are those of the path, and operations have names of their own",
          "[http]") {
  const Json document = described();
  std::set<std::string> operations;
  for (const auto& path : document.at("paths").as_object()) {
    each_operation(path.value().as_object(), [&](const auto& method, const JsonObject& operation) {
      INFO(method << ' ' << path.key());
      CHECK(path_parameters(operation) == names_in(path.key()));
      CHECK(operations.insert(std::string(operation.at("operationId").as_string())).second);
      CHECK_FALSE(operation.at("summary").as_string().empty());
    });
  }
  // OpenAPI has no word for any method: such a route is one operation for each of the seven.
  std::size_t expected = 0;
  for (const Route& route : all_routes()) expected += route.method == "ANY" ? 7 : 1;
  CHECK(operations.size() == expected);
}

TEST_CASE("every operation states a success, the errors and who may call", "[http]") {
  const Json document = described();
  const auto& schemes = document.at("components").at("securitySchemes").as_object();
  for (const auto& path : document.at("paths").as_object()) {
    each_operation(path.value().as_object(), [&](const auto& method, const JsonObject& operation) {
      INFO(method << ' ' << path.key());
      const auto& responses = operation.at("responses").as_object();
      bool succeeds = false;
      // A redirect is the success of a route for browsers.
      for (const auto& response : responses) {
        succeeds |= response.key().starts_with('2') || response.key() == "302";
      }
      CHECK(succeeds);
      CHECK(responses.contains("default"));
      const auto& security = operation.at("security").as_array();
      // A delivery that is not verified is unauthorized without any credential of ours.
      if (path.key() != "/hooks/{hook}") CHECK(security.empty() != responses.contains("401"));
      for (const auto& alternative : security) {
        CHECK(schemes.contains(alternative.as_object().begin()->key()));
      }
    });
  }
}

TEST_CASE("the error shape lists every stable code with its status", "[http]") {
  const Json document = described();
  const Json& error = document.at("components").at("schemas").at("Error");
  std::set<std::string> names;
  for (const auto& name : error.at("properties").at("code").at("enum").as_array()) {
    CHECK(names.insert(std::string(name.as_string())).second);
  }
#define X(name, number, wire, status, retry) CHECK(names.count(wire) == 1);
  MILLRACE_ERROR_CODES(X)
#undef X
  CHECK(names.count("headers_too_large") == 1);
  CHECK(error.at("x-codes").as_array().size() == names.size());
}

TEST_CASE("a route of any method is described once per method, its tail as one parameter",
          "[http]") {
  const std::vector<Route> routes{
      Route{.method = "ANY",
            .pattern = "/sdk/proxy/{integration}/{path...}",
            .operation = "proxy",
            .summary = "Passes a request through",
            .parameters = {{"integration", "string", "Its type.", RouteParameter::In::path},
                           {"path", "string", "The rest of the path.", RouteParameter::In::path}},
            .answers = {{200, "What it answered.", "any", "*/*"}}}};
  const std::vector<RouteGroup> groups{{"Proxy", "The Connect API.", routes}};
  const Json document = openapi_document(groups);
  const auto& path = document.at("paths").at("/sdk/proxy/{integration}/{path}").as_object();
  CHECK(path.size() == 7);
  CHECK(path.at("get").at("operationId") == Json("proxyGet"));
  CHECK(path_parameters(path.at("delete").as_object()) ==
        std::set<std::string>{"integration", "path"});
}

TEST_CASE("the server describes its API at /openapi.json", "[http]") {
  ApiFixture api;
  const auto answer = api.call("GET", "/openapi.json");
  REQUIRE(answer.status == 200);
  CHECK(answer["openapi"] == Json("3.1.0"));
  CHECK(answer.json == described());
  CHECK(answer["paths"].as_object().contains("/projects/{project}/sdk/triggers/{workflow}"));
}

}  // namespace millrace
