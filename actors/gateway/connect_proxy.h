#pragma once
// The Connect API: passes a request of a user's own through to an integration, with the account that the user has
// connected. What holds for a workflow's request holds here: the account's credential goes to the integration's base
// URL and hosts alone, to no address that is blocked, is fresh when it leaves, and an account that its peer
// answers 401 twice in a row is INVALID. Nothing is stored of what passes, and nothing is sent twice but for a 401
// that newer fields may turn.
//
//     caller ◄── thread of its connection ◄── ResponseStream (window) ◄── HTTP caller's thread ◄── peer
//                unpacks, masks, writes         full: the peer waits
//
// The answer passes as it arrives (runtime/outbound/response_stream.h): its head first, then piece by piece, no
// faster than the caller takes it. A place of the project is held until the answer has been let go of, so that slow
// peers and slow callers of one project leave the connections of the node to others.
//
// Free of CAF; thread-safe. `pass` blocks the caller, a request thread, for `time_max` at most; `PassedAnswer::take`
// for `silence_max`.

#include "actors/accounts/account_caller.h"
#include "actors/accounts/open_answer.h"
#include "actors/runs/project_places.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/refused_credentials.h"
#include "actors/tenants/request_gate.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/token_refresh.h"
#include "runtime/base/clock.h"
#include "runtime/integrations/data_source.h"
#include "runtime/outbound/http_streams.h"
#include "runtime/secrets/redaction.h"

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
  std::vector<HttpHeader> headers;   // as the caller sent them: those about himself stay here
  SharedBytes body;                  // null: none
  JsonObject user_meta{};            // for base URLs that name it
  OpenAnswer::IsWanted is_wanted{};  // whether the caller is still there
};

/// The peer's answer, whatever its status. Whoever lets go of it ends the request. Belongs to one thread.
class PassedAnswer {
 public:
  /// How long the peer may be silent in the middle of its answer.
  static constexpr Millis silence_max = limits::request_time_max;

  /// Status and headers, without what is secret in the account.
  const HttpResponse& head() const { return head_; }
  /// What is to be masked in the body, once it is unpacked.
  const Redaction& secrets() const { return secrets_; }
  /// The next of the body as the peer sends it; empty: it is whole. Errors: those of OpenAnswer.
  Result<std::string> take() { return answer_->take(silence_max); }

 private:
  friend class ConnectProxy;
  PassedAnswer(ProjectPlaces::Place place, std::shared_ptr<OpenAnswer> answer, Redaction secrets);

  const ProjectPlaces::Place place_;
  const std::shared_ptr<OpenAnswer> answer_;
  const Redaction secrets_;
  HttpResponse head_;
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
    HttpStreams& streams;
    RefusedCredentials& refused;
    TokenRefresh& tokens;
    const Clock& clock;
    RequestGate* gate = nullptr;  // null: requests leave as they come
  };
  /// Of one project at a time, and of all: each takes a connection of the node, which others need too.
  static constexpr std::size_t per_project_max = 256;
  static constexpr std::int64_t all_max = limits::connections_max / 2;
  /// With the time that a request waits for its turn among others.
  static constexpr Millis time_max = limits::request_time_max + Millis(15'000);

  /// Of one page of choices: a form waits for it.
  static constexpr Millis choices_time_max{20'000};
  static constexpr std::size_t choices_bytes_max = 4u << 20;

  explicit ConnectProxy(const Dependencies& dependencies)
      : uses_(dependencies),
        caller_(
            {dependencies.http, dependencies.refused, dependencies.tokens, dependencies.clock}) {}

  /// The answer, which this outlives. Errors: those of HttpCaller, of TenantView::credential, user_disabled,
  /// not_found (no such integration), rate_limited (the account's limit: it says until when), invalid_url
  /// (neither below the base URL nor at one of its hosts), overloaded (per_project_max, all_max, or no turn within
  /// time_max), cancelled (the caller has gone).
  Result<std::shared_ptr<PassedAnswer>> pass(ProxyRequest request);

  /// A page of what the source's action lists, with the account of the user and as `pass` would send it:
  /// {"records", "nextPageCursor"}. Errors: those of `pass`; invalid_parameters; invalid_definition (there is no such
  /// action, or it sends files); request_failed, request_rejected (the peer does not list them).
  Result<Json> choices(ChoicesRequest request);

  /// Requests on their way, those whose answers are passing included; bytes of such answers in memory.
  std::int64_t passing() const { return passing_; }
  std::size_t bytes_passing() const { return memory_.now(); }

 private:
  /// Of one user for one integration.
  struct Caller;
  /// Makes the request, once the account is known; `secrets` are those that the integration's headers name.
  using Make = std::function<Result<HttpRequest>(const Credential&, JsonObject secrets)>;

  Result<ProjectPlaces::Place> take_place(const ProjectId& project);
  /// `ask(account, make)` gives the Result of an answer that has a head.
  template <class Ask>
  auto exchange(const Caller& caller, const Make& make, Redaction& secrets, Ask ask)
      -> decltype(ask(AccountCaller::Account(), AccountCaller::Make()));
  /// Error rate_limited: the account's limit does not let it leave.
  Outcome admit(const Integration& integration, const AskingAccount& account);

  const Dependencies uses_;
  AccountCaller caller_;
  std::atomic<std::int64_t> passing_{0};
  ProjectPlaces places_{passing_};
  StreamMemory memory_;
};

/// Whether a header of the caller goes on to the peer: not those that are about the connection, the caller's
/// own credentials, address or page, nor what is meant for this server.
bool passes_on(std::string_view lower_case_name);

}  // namespace millrace
