#pragma once
// What a route is, as data. Each `*_api.cpp` ends in a table of its routes, and everything that has
// to know routes reads those tables: matching and the metrics' labels (route_table.h), `GET /`,
// `GET /openapi.json` (openapi.h), the check of docs/http.md, and in a cluster the decision which
// node answers. The tables are constants: nothing is registered at run time.
//
// Shapes of values are written as in the documentation and read by shape_text.h:
//   {id: string, name?: string, steps: [Step], status: "ok"|"failed", end: date|null}

#include "runtime/base/result.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

struct ApiCall;
struct ApiServices;
struct Reply;

enum class Access : std::uint8_t {
  open,              // anybody
  admin_key,         // the instance's admin key
  project_key,       // the project's API key
  project_or_admin,  // either
  user_token,        // a user of the project
  /// Either; a user's token opens what is the user's own, and the handler looks at `ApiCall::user`.
  project_key_or_user,
  /// A user of the project, or whoever has the `ticket` of the query, which the handler takes.
  user_token_or_ticket,
  url_key,  // whoever knows the key in the path, which the handler compares
};

enum class Rate : std::uint8_t {
  free,
  history,  // counts against the project's task history allowance
};

/// Which node of a cluster runs the handler; others forward the request to it whole, once the caller
/// is known. Reading rows works everywhere. Who writes a row must own its shard, and a user's rows
/// are in the memory of their owner alone.
enum class RunsOn : std::uint8_t {
  any_node,
  /// The owner of the rows of `{project}`; for a project that is being made, of the id it will have.
  project_shard,
  /// The owner of the user: of `{user}` in the path, else of the user token. All routes for users,
  /// since a user exists from being seen.
  user_shard,
  /// The owner of the run `{execution}`, whose id names its shard.
  execution_shard,
  /// The owner of the webhook `{hook}`, whose id names its shard.
  hook_shard,
};

struct RouteParameter {
  enum class In : std::uint8_t { path, query, header };

  std::string_view name;
  std::string_view shape;
  std::string_view meaning;
  In in = In::query;
};

struct RouteBody {
  std::string_view shape = {};  // empty: the route takes no body
  bool is_required = true;
  std::string_view content_type = "application/json";
};

/// What a client may get besides the errors that every route can have (see openapi.h).
struct RouteAnswer {
  int status = 0;
  std::string_view meaning;
  std::string_view shape = {};  // empty: no body
  std::string_view content_type = "application/json";
};

using ApiHandler = Result<Reply> (*)(const ApiCall&, ApiServices&);

struct Route {
  /// "GET", …; GET answers HEAD, too. "ANY": every method that has no route of its own.
  std::string_view method;
  /// "/projects/{project}/workflows/{workflow}". `{name}` is one segment that is not empty;
  /// `{name...}`, only at the end, is the rest of the path. See RouteTable.
  std::string_view pattern;
  std::string_view operation;  // unique; generated clients call it by this name
  std::string_view summary;
  Access access = Access::open;
  RunsOn runs_on = RunsOn::any_node;
  ApiHandler handler = nullptr;
  Rate rate = Rate::free;
  /// Calls with a key of the project, or the admin key, by any method but GET change something, and are in the audit
  /// log; not those of a route that only tries, nor those that only try because this query parameter is "true", or as
  /// their reply says.
  bool only_tries = false;
  std::string_view only_tries_with = {};
  /// It takes what is kept for good: 507 while the project keeps as much as it may. Not what starts runs (the
  /// gateway refuses that), nor what takes something away, switches it off, or changes a little of it. A route that
  /// takes room with some of its requests asks by itself (require_room).
  bool stores = false;
  /// On a route that is not asked with a key, a list of ours: query parameters that are not declared are refused, as
  /// they are wherever a key is needed (query_names.h).
  bool only_declared_query = false;
  /// Unused entries are empty, here and in `answers`: read them through `declared`.
  RouteParameter parameters[10] = {};
  RouteBody body = {};
  RouteAnswer answers[5] = {};
};

/// A shape with a name, so that routes can share it: `Workflow` in `[Workflow]`.
struct NamedShape {
  std::string_view name;  // begins with a capital letter
  std::string_view shape;
  std::string_view meaning;
};

/// What one `*_api.cpp` exports.
struct RouteGroup {
  std::string_view name;     // "Workflows"
  std::string_view meaning;  // one sentence
  std::span<const Route> routes;
  std::span<const NamedShape> shapes = {};
};

/// The entries that a table declares.
constexpr std::span<const RouteParameter> declared(std::span<const RouteParameter> parameters) {
  const auto end = std::find_if(parameters.begin(), parameters.end(),
                                [](const RouteParameter& each) { return each.name.empty(); });
  return parameters.first(static_cast<std::size_t>(end - parameters.begin()));
}
constexpr std::span<const RouteAnswer> declared(std::span<const RouteAnswer> answers) {
  const auto end = std::find_if(answers.begin(), answers.end(),
                                [](const RouteAnswer& each) { return each.status == 0; });
  return answers.first(static_cast<std::size_t>(end - answers.begin()));
}

/// The segments that stand in most paths.
inline constexpr RouteParameter project_in_path{"project", "string", "The project's id.",
                                                RouteParameter::In::path};
inline constexpr RouteParameter workflow_in_path{"workflow", "string", "The workflow's id.",
                                                 RouteParameter::In::path};
inline constexpr RouteParameter execution_in_path{"execution", "string", "The execution's id.",
                                                  RouteParameter::In::path};
inline constexpr RouteParameter user_in_path{
    "user", "string", "The user's id, `sub` of the tokens.", RouteParameter::In::path};
inline constexpr RouteParameter idempotency_key{
    "Idempotency-Key", "string",
    "1 to 255 characters: what comes again under it within 24 hours starts nothing anew.",
    RouteParameter::In::header};
inline constexpr RouteParameter offset_in_query{
    "offset", "integer", "How many entries to leave out; `nextLink` has it filled in."};

}  // namespace millrace
