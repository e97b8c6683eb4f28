#include "runtime/webhooks/subscription.h"

#include "runtime/requests/read_request.h"
#include "runtime/requests/response_value.h"
#include "runtime/text/nearest_name.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace millrace {
namespace {

using Root = Reference::Root;

/// What a subscription has without anybody keeping it.
constexpr std::array<std::string_view, 5> own_names{"url", "secret", "intent", "expires",
                                                    "expiresMs"};

/// The object under the key; null if it is absent or none.
const Json* object_of(ObjectReader& json, std::string_view key) {
  const Json* const value = json.find(key);
  if (value == nullptr || value->is_object()) return value;
  json.report_mismatch(json.pointer_to(key), "an object", *value);
  return nullptr;
}

class Reading {
 public:
  explicit Reading(ObjectReader& webhook) : webhook_(webhook) {}

  std::shared_ptr<const Subscription> read() {
    const Json* const subscribe = object_of(webhook_, "subscribe");
    const Json* const find = object_of(webhook_, "find");
    const Json* const renew = object_of(webhook_, "renew");
    const Json* const unsubscribe = object_of(webhook_, "unsubscribe");
    if (subscribe == nullptr) {
      for (const auto& [key, value] : {std::pair("find", find), std::pair("renew", renew),
                                       std::pair("unsubscribe", unsubscribe)}) {
        if (value != nullptr)
          webhook_.report(key, "there is no `subscribe` that it would belong to");
      }
      return nullptr;
    }
    ObjectReader reader(*subscribe, webhook_.pointer_to("subscribe"), "", webhook_.findings());
    read_keeps(reader, made_.keep);
    made_.subscribe = read_request_of(reader);
    made_.lifetime = reader.duration("lifetime", limits::subscription_lifetime_max);
    made_.is_idempotent = reader.boolean("idempotent", false);
    reader.finish();
    if (find != nullptr) read_find(*find);
    if (renew != nullptr) read_renewal(*renew);
    if (unsubscribe != nullptr) {
      ObjectReader json(*unsubscribe, webhook_.pointer_to("unsubscribe"), "", webhook_.findings());
      made_.unsubscribe = read_request_of(json);
      json.finish();
    }
    return std::make_shared<const Subscription>(std::move(made_));
  }

 private:
  void read_keeps(ObjectReader& parent, SubscriptionKeeps& keeps) {
    const Json* const given = object_of(parent, "keep");
    if (given == nullptr) return;
    ObjectReader json(*given, parent.pointer_to("keep"), "", parent.findings());
    if (given->get_object().size() > limits::subscription_keeps_max) {
      parent.report("keep", "at most " + std::to_string(limits::subscription_keeps_max) +
                                " values of an answer are kept");
    }
    for (const auto& member : given->get_object()) {
      const std::string name(member.key());
      if (name == "url" || name == "intent" || name == "expiresMs") {
        json.report(name, "`subscription." + name + "` is ours, and is not taken from an answer");
      }
      keeps[name] = read_response_path(json, name);
    }
  }

  void read_find(const Json& given) {
    ObjectReader json(given, webhook_.pointer_to("find"), "", webhook_.findings());
    Subscription::Find find;
    find.request = read_request_of(json);
    json.require("items", "the path of the list, such as `response.body.items`");
    find.items = read_response_path(json, "items");
    const auto url = json.required_constant_text("url").value_or("");
    auto path = parse_reference("item" + std::string(url.starts_with('[') ? "" : ".") + url);
    if (path && !path->path.empty()) {
      find.url = std::move(path->path);
    } else if (!url.empty()) {
      json.report("url", "where an item of the list says which URL it calls", "such as `url`", url);
    }
    json.finish();
    made_.find = std::move(find);
  }

  void read_renewal(const Json& given) {
    ObjectReader json(given, webhook_.pointer_to("renew"), "", webhook_.findings());
    read_keeps(json, made_.renew_keep);
    if (json.find("request") != nullptr) made_.renew = read_request_of(json);
    made_.renew_before = json.duration("before", limits::subscription_lifetime_max)
                             .value_or(limits::subscription_renewed_before);
    json.finish();
    if (!made_.lifetime && !made_.keep.contains("expires")) {
      webhook_.report("renew", "nobody says when a subscription ends",
                      "`expires` among what `subscribe` keeps, or its `lifetime`");
    }
  }

  SubscriptionRequest read_request_of(ObjectReader& parent) {
    SubscriptionRequest made;
    const Json* const given = parent.require("request", "the request that is sent");
    if (given == nullptr) return made;
    ObjectReader json(*given, parent.pointer_to("request"), "", parent.findings());
    if (!given->is_object()) return made;
    made.request = read_request(json, "path");
    if (made.request.pagination) json.report("pagination", "the answer is one page here");
    if (made.request.authorization.kind != RequestAuthorization::Kind::none) {
      json.report("authorization", "the request is authorized by the integration's `auth`");
    }
    json.finish();
    for (Template* const each : templates_of(made.request)) {
      each->visit_references([&](Reference& reference, const std::string& pointer) {
        link(reference, pointer, made);
        const bool is_in_url = pointer == json.pointer_to("path");
        const bool is_its = reference.root == Root::self || reference.root == Root::parameters;
        if (is_in_url && is_its) made.places.push_back(reference);
      });
    }
    return made;
  }

  void link(Reference& reference, const std::string& pointer, SubscriptionRequest& made) {
    if (reference.root == Root::step && reference.name == "account") {
      reference.root = Root::self;
    } else if (reference.root == Root::step && reference.name == "subscription") {
      reference.root = Root::parameters;
      check_name(reference, pointer);
      note_need(reference, made);
    } else if (reference.root == Root::secrets) {
      const auto* const name =
          reference.path.size() == 1 ? std::get_if<std::string>(&reference.path.front()) : nullptr;
      if (name != nullptr) return made.secrets.push_back(*name);
      report(reference, pointer, "a secret is named by one key, such as `secrets.KEY`");
    } else if (reference.root != Root::settings && reference.root != Root::user &&
               reference.root != Root::project) {
      report(reference, pointer,
             "a subscription is made without a run: it sees `subscription`, `account`, `settings`, "
             "`user`, `secrets` and `project`");
    }
  }

  void check_name(const Reference& reference, const std::string& pointer) {
    std::vector<std::string> names(own_names.begin(), own_names.end());
    for (const auto& [name, path] : made_.keep) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    const auto* const name =
        reference.path.empty() ? nullptr : std::get_if<std::string>(&reference.path.front());
    if (name != nullptr && std::find(names.begin(), names.end(), *name) != names.end()) return;
    webhook_.findings().push_back(
        finding_at("", pointer,
                   "in `{{" + reference.text +
                       "}}`: a subscription has no such value; `keep` says what of the "
                       "answer is kept",
                   list_names(names), name == nullptr ? std::string() : *name,
                   name == nullptr ? std::string() : nearest_name(*name, names)));
  }

  void note_need(const Reference& reference, SubscriptionRequest& made) const {
    const auto* const name =
        reference.path.empty() ? nullptr : std::get_if<std::string>(&reference.path.front());
    if (name == nullptr || !made_.keep.contains(*name)) return;
    const bool is_own = std::find(own_names.begin(), own_names.end(), *name) != own_names.end();
    if (!is_own) made.needs.push_back(*name);
  }

  void report(const Reference& reference, const std::string& pointer, const std::string& why) {
    webhook_.findings().push_back(
        finding_at("", pointer, "in `{{" + reference.text + "}}`: " + why));
  }

  ObjectReader& webhook_;
  Subscription made_;
};

Result<Json> value_of(const HttpResponse& response) {
  auto body = read_body(response, "");
  if (!body) return body.error();
  auto* const value = std::get_if<Json>(&*body);
  Json read = value != nullptr ? std::move(*value) : Json(nullptr);
  return Json(JsonObject{{"response", response_value(response, std::move(read))}});
}

Result<JsonObject> kept_of(const SubscriptionKeeps& keep, const Json& answer) {
  JsonObject kept;
  for (const auto& [name, path] : keep) {
    const Json& value = follow(answer, path);
    if (!value.is_null()) kept.emplace(name, value);
  }
  if (to_text(kept).size() <= limits::subscription_bytes_max) return kept;
  return Error(ErrorCode::bad_response, "what is to be kept of the answer has more than " +
                                            std::to_string(limits::subscription_bytes_max) +
                                            " bytes");
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::shared_ptr<const Subscription> read_subscription(ObjectReader& webhook) {
  return Reading(webhook).read();
}

Result<JsonObject> kept_of(const SubscriptionKeeps& keep, const HttpResponse& response) {
  if (keep.empty()) return JsonObject();
  const auto answer = value_of(response);
  if (!answer) return answer.error();
  return kept_of(keep, *answer);
}

Result<std::optional<JsonObject>> found_in(const Subscription& subscription,
                                           const HttpResponse& response, std::string_view path) {
  auto answer = value_of(response);
  if (!answer) return answer.error();
  const auto* const items = follow(*answer, subscription.find->items).if_array();
  if (items == nullptr) {
    return Error(ErrorCode::bad_response,
                 "the answer has no list of subscriptions where `find` "
                 "says it is");
  }
  for (const Json& item : *items) {
    const auto* const own = follow(item, subscription.find->url).if_string();
    if (own == nullptr || !std::string_view(*own).ends_with(path)) continue;
    Json as_answer = JsonObject{{"response", JsonObject{{"body", item}}}};
    auto kept = kept_of(subscription.keep, as_answer);
    if (!kept) return kept.error();
    return std::optional(std::move(*kept));
  }
  return std::optional<JsonObject>();
}

std::optional<std::string> missing_for(const SubscriptionRequest& request,
                                       const JsonObject& known) {
  for (const std::string& name : request.needs) {
    const Json* const value = known.if_contains(name);
    if (value == nullptr || value->is_null()) return name;
    if (value->is_string() && value->get_string().empty()) return name;
  }
  return std::nullopt;
}

std::optional<std::string> missing_for_care(const Subscription& subscription,
                                            const JsonObject& known) {
  for (const auto* const request : {&subscription.renew, &subscription.unsubscribe}) {
    if (!*request) continue;
    if (auto missing = missing_for(**request, known)) return missing;
  }
  return std::nullopt;
}

std::optional<Instant> expiry_of(const Json& value, Instant now) {
  constexpr double milliseconds_from = 1e11;
  constexpr double seconds_from = 1e9;
  constexpr double most = 253'402'300'799'999;  // the end of the year 9999
  const auto number = number_of(value);
  if (!number) {
    const auto* const text = value.if_string();
    return text == nullptr ? std::nullopt : parse_time(std::string_view(*text));
  }
  if (!std::isfinite(*number) || *number <= 0 || *number > most) return std::nullopt;
  if (*number >= milliseconds_from) return Instant(Millis(static_cast<std::int64_t>(*number)));
  const Millis time(static_cast<std::int64_t>(*number * 1'000));
  return *number >= seconds_from ? Instant(time) : now + time;
}

Instant renewal_of(const Subscription& subscription, Instant expires, Instant now) {
  if (expires <= now) return now;
  return std::max(expires - subscription.renew_before, now + (expires - now) / 2);
}

}  // namespace millrace
