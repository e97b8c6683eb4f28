#include "actors/gateway/provider_keys.h"

#include "runtime/base/json.h"
#include "runtime/requests/response_value.h"

#include <optional>

namespace millrace {
namespace {

Error not_to_be_had(const std::string& why) {
  return {ErrorCode::overloaded, "the provider's keys cannot be had: " + why};
}

std::string text_at(const JsonObject& object, std::string_view name) {
  const Json* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Result<SharedPublicKey> ProviderKeys::find(const ProjectId& project, const std::string& url,
                                           const std::string& id, const std::string& algorithm) {
  const auto now = known(project, url, kept_for);
  if (!now) return now.error();
  auto key = choose(*now->keys, id, algorithm);
  if (key) return key;
  // It may be a new one.
  const auto again = known(project, url, fetched_again_after);
  return again ? choose(*again->keys, id, algorithm) : key;
}

Result<SharedPublicKey> ProviderKeys::choose(const Set& keys, const std::string& id,
                                             const std::string& algorithm) {
  SharedPublicKey found;
  for (const Named& each : keys) {
    if (each.key->algorithm() != algorithm || (!id.empty() && each.id != id)) continue;
    if (found != nullptr) {
      return Error(ErrorCode::unauthorized, "the token does not say which of the keys signs it");
    }
    found = each.key;
  }
  if (found != nullptr) return found;
  return Error(ErrorCode::unauthorized, "the token is signed with a key that is not published");
}

Result<ProviderKeys::Known> ProviderKeys::known(const ProjectId& project, const std::string& url,
                                                Millis age_max) {
  std::shared_future<void> others;
  std::promise<void> own;
  {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.now();
    const Known* const there = known_.find(url);
    if (there != nullptr) {
      if (there->keys != nullptr && now - there->fetched < age_max) return *there;
      if (now - there->tried < left_alone_after_failure && there->tried > there->fetched) {
        return there->keys != nullptr ? Result<Known>(*there)
                                      : not_to_be_had("they could not a moment ago");
      }
    }
    const auto fetching = fetching_.find(url);
    if (waiting_ >= waiting_max) return not_to_be_had("too many deliveries wait for keys");
    ++waiting_;
    if (fetching != fetching_.end()) {
      others = fetching->second;
    } else {
      fetching_.emplace(url, own.get_future().share());
    }
  }
  if (others.valid()) {
    others.wait_for(patience);
    const std::lock_guard lock(mutex_);
    --waiting_;
    const Known* const there = known_.find(url);
    if (there != nullptr && there->keys != nullptr) return *there;
    return not_to_be_had("they did not come in time");
  }
  const auto fetched = fetch(project, url);
  const std::lock_guard lock(mutex_);
  --waiting_;
  const Known* const before = known_.find(url);
  Known next = before != nullptr ? *before : Known();
  next.tried = clock_.now();
  if (fetched) {
    next.keys = *fetched;
    next.fetched = next.tried;
  }
  known_.put(url, next);
  fetching_.erase(url);
  own.set_value();
  if (next.keys != nullptr) return next;
  return fetched.error();
}

Result<std::shared_ptr<const ProviderKeys::Set>> ProviderKeys::fetch(const ProjectId& project,
                                                                     const std::string& url) {
  HttpRequest request;
  request.project = project;
  request.step = "jwks";
  request.method = "GET";
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.timeout = patience;
  request.response_bytes_max = bytes_max;
  const auto promise = std::make_shared<std::promise<HttpOutcome>>();
  auto answer = promise->get_future();
  const auto call = http_.call(std::move(request), [promise](HttpOutcome outcome) {
    promise->set_value(std::move(outcome));
  });
  if (answer.wait_for(patience) != std::future_status::ready) {
    http_.cancel(call);
    return not_to_be_had("there was no answer in time");
  }
  const HttpOutcome response = answer.get();
  if (!response) return not_to_be_had(response.error().message);
  if (!is_success(response->status)) {
    return not_to_be_had("the answer was " + std::to_string(response->status));
  }
  const auto document = parse_json(*response->body);
  const auto* const object = document ? document->if_object() : nullptr;
  const Json* const list = object == nullptr ? nullptr : object->if_contains("keys");
  if (list == nullptr || !list->is_array()) return not_to_be_had("the answer is no set of keys");
  auto keys = std::make_shared<Set>();
  for (const Json& each : list->get_array()) {
    if (!each.is_object() || keys->size() >= keys_max) continue;
    // Others may be for other purposes, or of kinds that nobody uses here.
    auto key = PublicKey::from_jwk(each.get_object());
    if (key) keys->push_back({text_at(each.get_object(), "kid"), std::move(*key)});
  }
  return std::shared_ptr<const Set>(std::move(keys));
}

}  // namespace millrace
