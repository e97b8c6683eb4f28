#include "http/api/openapi.h"

#include "http/api/shape_text.h"
#include "http/wire/wire_error.h"
#include "runtime/base/error.h"
#include "runtime/text/ascii_text.h"

#include <array>
#include <string>

namespace millrace {
namespace {

JsonObject reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

JsonObject content(std::string_view type, std::string_view shape) {
  return {{type, JsonObject{{"schema", schema_of_shape(shape)}}}};
}

/// "/projects/{project}/sdk/proxy/{integration}/{path...}" without the dots.
std::string path_key(std::string_view pattern) {
  std::string key(pattern);
  if (const auto dots = key.find("...}"); dots != std::string::npos) key.erase(dots, 3);
  return key;
}

JsonObject described(const RouteParameter& parameter) {
  static constexpr std::array places{"path", "query", "header"};
  return {{"name", parameter.name},
          {"in", places[static_cast<std::size_t>(parameter.in)]},
          {"required", parameter.in == RouteParameter::In::path},
          {"description", parameter.meaning},
          {"schema", schema_of_shape(parameter.shape)}};
}

JsonObject described(const RouteBody& body) {
  return {{"required", body.is_required}, {"content", content(body.content_type, body.shape)}};
}

JsonObject described(const RouteAnswer& answer) {
  JsonObject shown{{"description", answer.meaning}};
  if (!answer.shape.empty()) shown["content"] = content(answer.content_type, answer.shape);
  return shown;
}

/// Each entry is an alternative.
JsonArray security(Access access) {
  const auto needs = [](std::string_view scheme) { return JsonObject{{scheme, JsonArray()}}; };
  switch (access) {
    case Access::open:
    case Access::url_key:
      return {};
    case Access::admin_key:
      return {needs("adminKey")};
    case Access::project_key:
      return {needs("projectKey")};
    case Access::project_or_admin:
      return {needs("projectKey"), needs("adminKey")};
    case Access::project_key_or_user:
      return {needs("projectKey"), needs("userToken")};
    case Access::user_token_or_ticket:
    case Access::user_token:
      break;
  }
  return {needs("userToken")};
}

JsonObject answers(const Route& route) {
  JsonObject all;
  for (const RouteAnswer& answer : declared(route.answers)) {
    all[std::to_string(answer.status)] = described(answer);
  }
  if (!security(route.access).empty()) all["401"] = reference("responses", "Unauthorized");
  if (route.rate != Rate::free) all["429"] = reference("responses", "RateLimited");
  all["default"] = reference("responses", "Error");
  return all;
}

JsonObject operation(const Route& route, const RouteGroup& group, std::string_view suffix) {
  JsonObject shown{{"operationId", std::string(route.operation) + std::string(suffix)},
                   {"tags", JsonArray{group.name}},
                   {"summary", route.summary},
                   {"security", security(route.access)}};
  JsonArray parameters;
  for (const auto& each : declared(route.parameters)) parameters.emplace_back(described(each));
  if (!parameters.empty()) shown["parameters"] = std::move(parameters);
  if (!route.body.shape.empty()) shown["requestBody"] = described(route.body);
  shown["responses"] = answers(route);
  return shown;
}

void add_operations(JsonObject& paths, const Route& route, const RouteGroup& group) {
  Json& path = paths[path_key(route.pattern)];
  if (path.is_null()) path = JsonObject();
  JsonObject& operations = path.get_object();
  if (route.method != "ANY") {
    operations[lower_case(route.method)] = operation(route, group, "");
    return;
  }
  for (const std::string_view suffix :
       {"Get", "Head", "Post", "Put", "Patch", "Delete", "Options"}) {
    const std::string method = lower_case(suffix);
    if (!operations.contains(method)) operations[method] = operation(route, group, suffix);
  }
}

JsonObject error_schema() {
  JsonObject schema =
      schema_of_shape("{code: string, message: string, details?: [Finding], errors?: [Violation]}");
  JsonArray names;
  JsonArray codes;
  const auto add = [&](std::string_view code, int status, RetryClass retry) {
    names.emplace_back(code);
    codes.push_back(
        JsonObject{{"code", code}, {"status", status}, {"retry", retry == RetryClass::retry}});
  };
#define X(name, number, wire, status, again) add(wire, status, RetryClass::again);
  MILLRACE_ERROR_CODES(X)
#undef X
  for (const WireCode& each : wire_codes) {
    add(each.code, each.status, each.status == 503 ? RetryClass::retry : RetryClass::do_not_retry);
  }
  schema["description"] = "Codes are stable: none changes its meaning, more may come.";
  schema.at("properties").at("code").get_object()["enum"] = std::move(names);
  schema["x-codes"] = std::move(codes);
  return schema;
}

JsonObject schemas(std::span<const RouteGroup> groups) {
  JsonObject all{{"Error", error_schema()}};
  static constexpr std::array shared{
      NamedShape{
          "Finding",
          "{step?: string, path: string, message: string, expected?: string, got?: string, "
          "nearest?: string, line?: integer, column?: integer}",
          "One thing that is wrong; `path` is a JSON pointer into what was sent. Line and "
          "column are of the function's code when `path` names code, else of what was sent."},
      NamedShape{
          "Violation",
          "{in: \"body\"|\"headers\"|\"params\", key: string, expected: string, got: string, "
          "message?: string}",
          "What a trigger's validation lists found."}};
  const auto add = [&](const NamedShape& named) {
    CHECK(!all.contains(named.name), "two shapes are called " + std::string(named.name));
    JsonObject schema = schema_of_shape(named.shape);
    schema["description"] = named.meaning;
    all[named.name] = std::move(schema);
  };
  for (const NamedShape& named : shared) add(named);
  for (const RouteGroup& group : groups) {
    for (const NamedShape& named : group.shapes) add(named);
  }
  return all;
}

JsonObject error_responses() {
  const auto error = [](std::string_view meaning) {
    return JsonObject{{"description", meaning}, {"content", content("application/json", "Error")}};
  };
  JsonObject limited = error("The allowance is used up.");
  limited["headers"] =
      JsonObject{{"Retry-After", JsonObject{{"description", "Seconds to wait."},
                                            {"schema", schema_of_shape("integer")}}}};
  return {{"Error", error("Anything else that is no success.")},
          {"Unauthorized", error("The credential is missing, unknown or expired.")},
          {"RateLimited", std::move(limited)}};
}

JsonObject security_schemes() {
  const auto bearer = [](std::string_view meaning) {
    return JsonObject{{"type", "http"}, {"scheme", "bearer"}, {"description", meaning}};
  };
  JsonObject token = bearer("RS256, signed by the project's backend; claims `sub`, `exp`, `iat`.");
  token["bearerFormat"] = "JWT";
  return {{"userToken", std::move(token)},
          {"projectKey", bearer("The project's API key.")},
          {"adminKey", bearer("The instance's admin key.")}};
}

}  // namespace

JsonObject openapi_document(std::span<const RouteGroup> groups) {
  JsonArray tags;
  JsonObject paths;
  for (const RouteGroup& group : groups) {
    tags.push_back(JsonObject{{"name", group.name}, {"description", group.meaning}});
    for (const Route& route : group.routes) add_operations(paths, route, group);
  }
  return {{"openapi", "3.1.0"},
          {"info", JsonObject{{"title", "Millrace"},
                              {"version", "1"},
                              {"description", "A durable workflow runtime over HTTP."}}},
          {"servers", JsonArray{JsonObject{{"url", "/"}}}},
          {"tags", std::move(tags)},
          {"paths", std::move(paths)},
          {"components", JsonObject{{"schemas", schemas(groups)},
                                    {"responses", error_responses()},
                                    {"securitySchemes", security_schemes()}}}};
}

}  // namespace millrace
