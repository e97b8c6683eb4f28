#pragma once
// One delivery of a webhook as its definition reads it. Pure.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/webhooks/webhook.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// What came over the wire, to the byte: what signatures are over.
struct RawDelivery {
  std::string method;  // "POST"
  std::string url;     // as the provider called it: public address, path and query
  std::string path;
  std::string query;                                         // without `?`
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  /// The values of all headers of that name, joined by ", ". Nothing: there is none.
  std::optional<std::string> header(std::string_view name) const;
};

/// The same as values: headers by their lower-case names, without the caller's authorization.
struct DeliveryParts {
  Json headers = JsonObject();
  Json query = JsonObject();
  Json body;
};
using SharedParts = std::shared_ptr<const DeliveryParts>;

/// The value at the path; null where it leads nowhere.
const Json& value_at(const DeliveryPath& path, const DeliveryParts& parts, const Json& event);

/// The delivery's events: the elements of its envelope, or the body. Of what is no array there is one, of
/// nothing none. Error: limit_exceeded.
Result<std::vector<Json>> events_of(const Webhook& webhook, const DeliveryParts& parts);

/// `parameters` are a trigger's own. Errors: those of the comparisons (type_mismatch), with which one.
Result<bool> holds(const ConditionGroups& conditions, const DeliveryParts& parts, const Json& event,
                   const Json& parameters = *shared_null());

/// What a route or a delivery id is, as text; empty where there is none.
std::string text_at(const DeliveryPath& path, const DeliveryParts& parts, const Json& event);

/// By what a repeat of the `index`th event is known; empty: by nothing.
std::string delivery_id_of(const Webhook& webhook, const DeliveryParts& parts, const Json& event,
                           std::size_t index);

struct ChallengeAnswer {
  std::string content_type;
  std::string body;
};
/// Nothing: it asks nothing. Error: invalid_request (challenge_bytes_max).
Result<std::optional<ChallengeAnswer>> answer_challenge(const Webhook& webhook,
                                                        const DeliveryParts& parts);

/// What a run begins with: {"result": {"headers", "params", "body"}}, the body being the event.
Json delivery_output(const DeliveryParts& parts, const Json& event);

}  // namespace millrace
