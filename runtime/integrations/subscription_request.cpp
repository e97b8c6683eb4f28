#include "runtime/integrations/subscription_request.h"

#include "runtime/integrations/connect_request.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/outbound/request_secrets.h"
#include "runtime/requests/outgoing_request.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/percent_text.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace {
namespace {

using Root = Reference::Root;

/// What its provider has said of an account stands before what its user has.
Json fields_of(const Credential& account) {
  JsonObject fields = account.shared_settings;
  const auto* const kept = account.provider_data.if_object();
  if (kept == nullptr) return fields;
  for (const auto& member : *kept) fields.insert_or_assign(member.key(), member.value());
  return fields;
}

class SubscriptionScope final : public Scope {
 public:
  SubscriptionScope(const SubscriptionAsker& asker, Json values, Json secrets)
      : values_(std::move(values)),
        secrets_(std::move(secrets)),
        kept_(fields_of(asker.account)),
        project_(JsonObject{{"id", asker.project.text}}),
        user_(asker.account.user, asker.user_meta) {
    JsonObject settings = asker.account.shared_settings;
    settings.insert_or_assign(kept_settings_key, asker.account.provider_data);
    settings_ = std::move(settings);
  }

  const Json& root_value(const Reference& reference) const override {
    switch (reference.root) {
      case Root::parameters:
        return values_;
      case Root::secrets:
        return secrets_;
      case Root::self:
        return kept_;
      case Root::settings:
        return settings_;
      case Root::project:
        return project_;
      default:
        return user_.root_value(reference);
    }
  }

 private:
  const Json values_;
  const Json secrets_;
  const Json kept_;
  const Json project_;
  Json settings_;
  const UserScope user_;
};

Json encoded(const JsonObject& values) {
  JsonObject all;
  for (const auto& member : values) {
    const auto* const text = member.value().if_string();
    all.emplace(member.key(), text == nullptr ? member.value() : Json(percent_encode_text(*text)));
  }
  return all;
}

/// An id that is not there would make another request of it: of one subscription, of all of them.
Outcome check_places(const SubscriptionRequest& request, const Scope& scope) {
  for (const Reference& reference : request.places) {
    const Json& value = follow(scope.root_value(reference), reference.path);
    const bool is_empty = value.is_null() || (value.is_string() && value.get_string().empty());
    if (!is_empty && !value.is_structured()) continue;
    return Error(ErrorCode::invalid_url, "nothing is sent: `{{" + reference.text +
                                             "}}` in its path is " +
                                             (is_empty ? "empty" : "no text"));
  }
  return Done{};
}

}  // namespace

Result<HttpRequest> subscription_request(const SubscriptionRequest& request,
                                         const SubscriptionAsker& asker, const JsonObject& values,
                                         Redaction& redaction) {
  JsonObject secrets;
  std::vector<std::string> named = request.secrets;
  const auto& of_headers = asker.integration.header_secrets;
  named.insert(named.end(), of_headers.begin(), of_headers.end());
  for (const std::string& name : named) {
    auto plain = asker.secrets(name);
    if (!plain) return plain.error();
    redaction.add(*plain, masked_secret(name));
    secrets[name] = std::move(*plain);
  }
  if (const Json* const secret = values.if_contains("secret");
      secret != nullptr && secret->is_string()) {
    redaction.add(secret->get_string(), "[subscription.secret]");
  }
  try {
    RequestValues rendered =
        render_request(request.request, SubscriptionScope(asker, values, secrets));
    const SubscriptionScope in_url(asker, encoded(values), secrets);
    if (auto checked = check_places(request, in_url); !checked) return checked.error();
    rendered.url = request.request.url.render(in_url);
    add_default_headers(rendered, asker.integration.headers.render(in_url));
    auto connected =
        connect_request(rendered, asker.integration, asker.integration.base_url.render(in_url));
    if (!connected) return connected.error();
    auto outgoing = outgoing_request(rendered);
    if (!outgoing) return outgoing.error();
    auto http = send_with(std::move(*outgoing), FileBytes());
    if (!http) return http.error();
    http->project = asker.project;
    http->user = asker.account.user;
    http->step = "subscription";
    add_secrets(*http, redaction);
    return http;
  } catch (const RenderedTooMuch& problem) {
    return Error(ErrorCode::limit_exceeded, problem.what());
  }
}

}  // namespace millrace
