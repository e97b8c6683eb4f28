#include "runtime/webhooks/delivery.h"

#include "runtime/base/limits.h"

namespace millrace {
namespace {

/// The parts under their names; nothing else of a run or a project.
class DeliveryScope final : public Scope {
 public:
  DeliveryScope(const DeliveryParts& parts, const Json& event, const Json& parameters)
      : parts_(parts), event_(event), parameters_(parameters) {}

  const Json& root_value(const Reference& reference) const override {
    if (reference.root != Reference::Root::step) return *shared_null();
    if (reference.name == "parameters") return parameters_;
    if (reference.name == "event") return event_;
    if (reference.name == "body") return parts_.body;
    if (reference.name == "headers") return parts_.headers;
    if (reference.name == "query") return parts_.query;
    return *shared_null();
  }

 private:
  const DeliveryParts& parts_;
  const Json& event_;
  const Json& parameters_;
};

std::string text_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return std::string(value.get_string());
  return to_text(value);
}

std::string last_key(const DeliveryPath& path) {
  const std::string* key =
      path.path.empty() ? nullptr : std::get_if<std::string>(&path.path.back());
  return key == nullptr ? "challenge" : *key;
}

}  // namespace

std::optional<std::string> RawDelivery::header(std::string_view name) const {
  std::optional<std::string> joined;
  for (const auto& [own, value] : headers) {
    if (own != name) continue;
    joined = joined ? *joined + ", " + value : value;
  }
  return joined;
}

const Json& value_at(const DeliveryPath& path, const DeliveryParts& parts, const Json& event) {
  switch (path.part) {
    case DeliveryPath::Part::event:
      return follow(event, path.path);
    case DeliveryPath::Part::headers:
      return follow(parts.headers, path.path);
    case DeliveryPath::Part::query:
      return follow(parts.query, path.path);
    case DeliveryPath::Part::body:
      return follow(parts.body, path.path);
  }
  return *shared_null();
}

Result<std::vector<Json>> events_of(const Webhook& webhook, const DeliveryParts& parts) {
  if (!webhook.events) return std::vector<Json>{parts.body};
  const Json& given = value_at(*webhook.events, parts, parts.body);
  if (given.is_null()) return std::vector<Json>();
  const auto* const list = given.if_array();
  if (list == nullptr) return std::vector<Json>{given};
  if (list->size() > limits::delivery_elements_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a delivery has at most " + std::to_string(limits::delivery_elements_max) +
                     " elements, this one has " + std::to_string(list->size()));
  }
  return std::vector<Json>(list->begin(), list->end());
}

Result<bool> holds(const ConditionGroups& conditions, const DeliveryParts& parts, const Json& event,
                   const Json& parameters) {
  try {
    return any_holds(conditions, DeliveryScope(parts, event, parameters));
  } catch (const RenderedTooMuch& much) {
    return Error(ErrorCode::limit_exceeded, much.what());
  }
}

std::string text_at(const DeliveryPath& path, const DeliveryParts& parts, const Json& event) {
  return text_of(value_at(path, parts, event));
}

std::string delivery_id_of(const Webhook& webhook, const DeliveryParts& parts, const Json& event,
                           std::size_t index) {
  if (!webhook.delivery_id) return {};
  std::string id = text_at(*webhook.delivery_id, parts, event);
  const bool is_of_all =
      webhook.events.has_value() && webhook.delivery_id->part != DeliveryPath::Part::event;
  if (!id.empty() && is_of_all) id += '\n' + std::to_string(index);
  return id;
}

Result<std::optional<ChallengeAnswer>> answer_challenge(const Webhook& webhook,
                                                        const DeliveryParts& parts) {
  if (!webhook.challenge) return std::optional<ChallengeAnswer>();
  const Json& value = value_at(webhook.challenge->in, parts, parts.body);
  if (value.is_null()) return std::optional<ChallengeAnswer>();
  ChallengeAnswer answer;
  if (webhook.challenge->answer == Challenge::Answer::json) {
    answer.content_type = "application/json";
    answer.body = to_text(JsonObject{{last_key(webhook.challenge->in), value}});
  } else {
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = text_of(value);
  }
  if (answer.body.size() > limits::challenge_bytes_max) {
    return Error(
        ErrorCode::invalid_request,
        "a challenge has at most " + std::to_string(limits::challenge_bytes_max) + " bytes");
  }
  return std::optional(std::move(answer));
}

Json delivery_output(const DeliveryParts& parts, const Json& event) {
  return JsonObject{
      {"result", JsonObject{{"headers", parts.headers}, {"params", parts.query}, {"body", event}}}};
}

}  // namespace millrace
