#pragma once
// What a route's handler is given and what it gives back. Handlers are plain functions
// `Result<Reply> handler(const ApiCall&, ApiServices&)`: an error becomes the error body of the
// contract, an exception becomes `internal_error`. They run on connection threads and may block.

#include "http/api/route_table.h"
#include "http/metrics/metrics_text.h"
#include "http/wire/http_server.h"
#include "http/wire/streamed_body.h"
#include "http/wire/url_text.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/limits.h"
#include "runtime/base/result.h"

#include <httplib.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

class AuditLog;
class AdmissionDoor;
class BulkJobs;
class ConnectProxy;
class CredentialRegistry;
class EventLog;
class EventRegistry;
class Gateway;
class HookDoor;
class HookRegistry;
class KeptTokens;
class IntegrationRegistry;
class LiveFeed;
struct Integration;
class ProjectRegistry;
class ReplayStarter;
class SecretRegistry;
class StorageRoom;
class TaskUsage;
class SignIns;
class TestData;
class Subscriptions;
class TaskHistory;
class TestRuns;
class TriggerLimits;
class UserEraser;
class UserRegistry;
class WorkflowLibrary;

struct PollState;    // actors/gateway/poll_states.h
struct ProjectWork;  // actors/gateway/actor_gateway.h

struct ApiOptions {
  /// How long a trigger's connection is held for a Response step. Beyond: 542.
  Millis response_hold = limits::response_hold_max;
  /// 0: no limit.
  std::size_t history_requests_max = limits::history_requests_max;
  /// What clients see as the server's address, e.g. "https://flows.example.com"; used in nextLink.
  /// Empty: the Host header of the request.
  std::string public_url;
};

/// Everything a handler may use; made by compose, outlives the server.
struct ApiServices {
  ProjectRegistry& projects;
  WorkflowLibrary& workflows;
  const TaskHistory& history;
  LiveFeed& live_feed;
  SecretRegistry& secrets;
  IntegrationRegistry& integrations;
  IntegrationRegistry& resources;
  EventRegistry& events;
  EventLog& event_log;
  AuditLog& audit_log;
  UserRegistry& users;
  CredentialRegistry& credentials;
  ConnectProxy& proxy;
  HookRegistry& hooks;
  KeptTokens& kept_tokens;
  HookDoor& hook_door;
  TestRuns& tests;
  TestData& test_data;
  UserEraser& eraser;
  Gateway& gateway;
  TriggerLimits& trigger_limits;
  const Clock& clock;
  ApiOptions options;
  /// Writes the metrics of everything below HTTP; may be empty.
  std::function<void(MetricsText&)> write_metrics;
  /// Does the store take commits at this moment? An error says why not. May be empty: nobody knows.
  std::function<Outcome()> takes_commits{};
  SignIns* sign_ins = nullptr;  // null: nobody signs in at providers here
  /// Of a user's accounts (ActorGateway::polls); may be empty: nothing is polled here.
  std::function<Result<std::vector<PollState>>(const ProjectId&, const UserId&)> polls{};
  Subscriptions* subscriptions = nullptr;  // null: webhooks make no subscriptions here
  /// Looks at the code by which webhooks are verified (check_webhook_code); may be empty.
  std::function<Outcome(const Integration&)> check_code{};
  // Runs that are done again, and many at once; null: there are none here.
  ReplayStarter* replays = nullptr;
  BulkJobs* bulk_jobs = nullptr;
  AdmissionDoor* admission = nullptr;
  StorageRoom* room = nullptr;  // null: what projects keep is not counted here
  /// What a project has at work (ActorGateway::work_of); may be empty: nobody knows.
  std::function<ProjectWork(const ProjectId&)> work{};
  const TaskUsage* tasks = nullptr;  // null: what projects do is not counted here
};

struct ApiCall {
  const httplib::Request& http;
  FormFields query;  // decoded
  PathValues path_values;
  ProjectId project;  // from the path, when the route has one; it exists
  UserId user;        // of the user token, on routes for users

  /// What stands for `{name}` in the route's pattern.
  const std::string& path_value(std::string_view name) const;
  /// The last value of a query parameter.
  std::optional<std::string> query_value(std::string_view name) const;
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<StreamedBody> stream = {};  // in place of `body`
  // For the audit log, where the route does not tell (audit.h):
  bool has_only_tried = false;  // nothing was changed
  ProjectId made_project = {};  // whose path it does not stand in
};

Reply json_reply(int status, const Json& body);
Reply no_content();

/// The execution that the path names. Error: not_found.
Result<ExecutionId> execution_id(const ApiCall& call);

/// The body as a JSON object; an empty body is an empty object. Errors: invalid_json (also for text
/// that is not UTF-8), invalid_request.
Result<JsonObject> json_object_body(const ApiCall& call);
/// A member of `object` that must be a string if it is there.
Result<std::optional<std::string>> string_member(const JsonObject& object, std::string_view key);
/// Error: stored_bytes_exceeded, while the project keeps as much as it may. Asked for every request of a route that
/// `stores`; a route that takes room with some of them asks by itself.
Outcome require_room(const ApiCall& call, const ApiServices& services);
/// A member that nobody reads is a mistake that would show only later: invalid_request, with the nearest of
/// the `known` ones.
Outcome refuse_others(const JsonObject& object, const std::vector<std::string>& known);
/// invalid_request about a member of the body: `message` goes on after its name.
Error wrong_member(const std::string& key, const std::string& message,
                   const std::string& nearest = {});

}  // namespace millrace
