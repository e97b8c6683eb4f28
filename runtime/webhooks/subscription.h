#pragma once
// How a webhook's URL is made known to its provider: the requests that subscribe, renew and unsubscribe one
// account. Compiled from the webhook's definition, immutable. Pure.
//
//   "subscribe": {"request": {"method": "POST", "path": "/hooks", "body": {"url": "{{subscription.url}}"}},
//                 "keep": {"id": "response.body.id", "secret": "response.body.secret",
//                          "expires": "response.body.expirationDateTime"},
//                 "lifetime": "3d", "idempotent": true},
//   "find": {"request": {"method": "GET", "path": "/hooks"}, "items": "response.body.items", "url": "target"},
//   "renew": {"request": {…}, "before": "12h", "keep": {…}},
//   "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}"}}
//
// The requests see `subscription`, `account` (what is kept of a sign-in), `settings`, `user`, `secrets` and
// `project`. Of a subscription they see `url`, `secret` (ours, until the provider gives one), `intent` (a UUID
// of this subscription, made before anybody is asked), `expires` and `expiresMs` (until when it is to last:
// `lifetime` from now; else what the provider has said), and everything that `keep` names.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/reading/object_reader.h"
#include "runtime/requests/request_template.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

namespace limits {
/// Of one subscription, as text: what is kept of a provider's answers.
inline constexpr std::size_t subscription_bytes_max = 16 * 1024;
inline constexpr std::size_t subscription_keeps_max = 20;
inline constexpr Millis subscription_lifetime_max = std::chrono::hours(366 * 24);
inline constexpr Millis subscription_renewed_before = std::chrono::hours(12);
}  // namespace limits

/// In its templates the root `parameters` is the subscription, and `self` is what the account keeps.
struct SubscriptionRequest {
  RequestTemplate request;
  std::vector<std::string> secrets;  // of the project, that it names
  std::vector<std::string> needs;    // of what `keep` keeps: it is not sent without
  /// What stands in its URL of `subscription` and `account`, none of which may be empty.
  std::vector<Reference> places;
};

/// Names, and where their values lie in {"response": {"statusCode", "headers", "body"}}.
using SubscriptionKeeps = std::map<std::string, std::vector<PathSegment>, std::less<>>;

struct Subscription {
  SubscriptionRequest subscribe;
  SubscriptionKeeps keep;
  std::optional<Millis> lifetime;
  /// The provider knows a request that comes again by its `Idempotency-Key`.
  bool is_idempotent = false;

  /// How one is found of which nobody knows whether it was made.
  struct Find {
    SubscriptionRequest request;
    std::vector<PathSegment> items;  // below {"response": …}: an array
    std::vector<PathSegment> url;    // below an item: the URL that it calls
  };
  std::optional<Find> find;

  std::optional<SubscriptionRequest> renew;  // nothing: another one takes its place
  SubscriptionKeeps renew_keep;
  Millis renew_before = limits::subscription_renewed_before;

  std::optional<SubscriptionRequest> unsubscribe;
};

/// Of a webhook; null: it has none.
std::shared_ptr<const Subscription> read_subscription(ObjectReader& webhook);

/// What `keep` finds in an answer; what is not there is not among it. Error: bad_response (it cannot be read,
/// or is too much).
Result<JsonObject> kept_of(const SubscriptionKeeps& keep, const HttpResponse& response);
/// The same of the item of the list whose URL ends in `path` ("/hooks/…"), which takes the body's place. The address
/// before the path says nothing: the server's own may have changed since it was asked. Nothing: there is none. Error:
/// bad_response (also when there is no list).
Result<std::optional<JsonObject>> found_in(const Subscription& subscription,
                                           const HttpResponse& response, std::string_view path);

/// The first of what the request needs that is not among `known`, or is empty. Nothing: it can be sent.
std::optional<std::string> missing_for(const SubscriptionRequest& request, const JsonObject& known);
/// The same of the requests by which it is renewed and ended.
std::optional<std::string> missing_for_care(const Subscription& subscription,
                                            const JsonObject& known);

/// Until when it lasts, by the form of what the provider says: text that is a time (text/time_text.h); a
/// number, or text that is one, of milliseconds since 1970 (from 10^11 on), of seconds since 1970 (from 10^9
/// on), else of seconds from now. Nothing: none of these.
std::optional<Instant> expiry_of(const Json& value, Instant now);
/// When it is to be renewed: `renew_before` its end, but not before half of what is left has passed.
Instant renewal_of(const Subscription& subscription, Instant expires, Instant now);

}  // namespace millrace
