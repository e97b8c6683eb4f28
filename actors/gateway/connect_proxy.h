#pragma once
// The Connect API: passes a request of a user's own through to an integration, with the account that the user has
// connected. What holds for a workflow's request holds here: the account's credential goes to the integration's base
// URL and hosts alone, to no address that is blocked, is fresh when it leaves, and an account that its peer
// answers 401 twice in a row is INVALID. Nothing is stored of what passes, and nothing is sent twice but for a 401
// that newer fields may turn.
//
// Free of CAF; thread-safe. `pass` blocks the caller, a request thread, for `time_max` at most.

#include "actors/accounts/account_caller.h"
#include "actors/runs/project_places.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/refused_credentials.h"
#include "actors/tenants/request_gate.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/token_refresh.h"
#include "runtime/base/clock.h"
#include "runtime/integrations/data_source.h"
#include "runtime/outbound/http_caller.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct ProxyRequest {
  ProjectId project;
  UserId user;
  std::string integration;
  std::string credential;  // which account; empty: the first valid one
  std::string method;      // upper case
  std::string path;  // below the base URL, percent-encoded, with its query; or a whole own URL
  std::vector<HttpHeader> headers;  // as the caller sent them: those about himself stay here
  SharedBytes body;                 // null: none
  JsonObject user_meta{};           // for base URLs that name it
};

/// A form asks for choices of a setting (runtime/integrations/data_source.h).
struct ChoicesRequest {
  ProjectId project;
  UserId user;
  std::string integration;
  std::string credential;  // as above
  JsonObject settings;     // that the action may name
  JsonObject user_meta{};
  std::shared_ptr<const DataSource> source;
  JsonObject parameters;  // of the action
  Json cursor;            // of the page; null: the first
  std::string search;     // what has been typed; empty: nothing
};

class ConnectProxy {
 public:
  struct Dependencies {
    const Tenants& tenants;
    const IntegrationRegistry& integrations;
    HttpCaller& http;
    RefusedCredentials& refused;
    TokenRefresh& tokens;
    const Clock& clock;
    RequestGate* gate = nullptr;  // null: requests leave as they come
  };
  /// Of one project at a time; each takes a connection of the node.
  static constexpr std::size_t per_project_max = 256;
  /// With the time that a request waits for its turn among others.
  static constexpr Millis time_max = limits::request_time_max + Millis(15'000);

  /// Of one page of choices: a form waits for it.
  static constexpr Millis choices_time_max{20'000};
  static constexpr std::size_t choices_bytes_max = 4u << 20;

  explicit ConnectProxy(const Dependencies& dependencies)
      : uses_(dependencies),
        caller_(
            {dependencies.http, dependencies.refused, dependencies.tokens, dependencies.clock}) {}

  /// The peer's answer, whatever its status. Errors: those of HttpCaller, of TenantView::credential, user_disabled,
  /// not_found (no such integration), rate_limited (the account's limit: it says until when), invalid_url
  /// (neither below the base URL nor at one of its hosts), overloaded (per_project_max, or no turn within
  /// time_max).
  HttpOutcome pass(ProxyRequest request);

  /// A page of what the source's action lists, with the account of the user and as `pass` would send it:
  /// {"records", "nextPageCursor"}. Errors: those of `pass`; invalid_parameters; invalid_definition (there is no such
  /// action, or it sends files); request_failed, request_rejected (the peer does not list them).
  Result<Json> choices(ChoicesRequest request);

  std::int64_t passing() const { return passing_; }

 private:
  /// Of one user for one integration.
  struct Caller;
  /// Makes the request, once the account is known; `secrets` are those that the integration's headers name.
  using Make = std::function<Result<HttpRequest>(const Credential&, JsonObject secrets)>;

  HttpOutcome exchange(const Caller& caller, const Make& make);
  /// Error rate_limited: the account's limit does not let it leave.
  Outcome admit(const Integration& integration, const AskingAccount& account);

  const Dependencies uses_;
  AccountCaller caller_;
  std::atomic<std::int64_t> passing_{0};
  ProjectPlaces places_{passing_};
};

/// Whether a header of the caller goes on to the peer: not those that are about the connection, the caller's
/// own credentials, address or page, nor what is meant for this server.
bool passes_on(std::string_view lower_case_name);

}  // namespace millrace
