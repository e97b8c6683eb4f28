#include "actors/subscriptions/subscription_asking.h"

#include "runtime/integrations/authorize_request.h"
#include "runtime/integrations/stored_integration.h"
#include "runtime/integrations/subscription_request.h"
#include "runtime/requests/response_value.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t shown_bytes_max = 300;
constexpr const char* key_header = "Idempotency-Key";

std::shared_ptr<const Subscription> subscription_of(const Integration* integration,
                                                    const std::string& webhook) {
  if (integration == nullptr) return nullptr;
  const auto found = integration->webhooks.find(webhook);
  return found == integration->webhooks.end() ? nullptr : found->second.subscription;
}

/// The provider has said no.
bool is_refusal(int status) { return status >= 300 && status < 500 && status != 408; }

/// Null: it has none, or a file.
Json body_of(const HttpResponse& response) {
  auto body = read_body(response, "");
  auto* const value = body ? std::get_if<Json>(&*body) : nullptr;
  return value == nullptr ? Json() : std::move(*value);
}

std::string why_of(int status, const Json& body, const Redaction& secret) {
  std::string why = "the provider answered " + std::to_string(status);
  if (body.is_null()) return why;
  std::string text =
      secret.apply(body.is_string() ? std::string(body.get_string()) : to_text(body));
  if (text.empty()) return why;
  if (text.size() > shown_bytes_max) {
    text.resize(shown_bytes_max);
    // No half of a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
      text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
    text += "…";
  }
  return why + ": " + text;
}

}  // namespace

std::string SubscriptionAsking::path_of(const storage::SubscriptionRow& row) {
  return "/hooks/" + row.hook;
}

Result<SubscriptionAsking::Definition> SubscriptionAsking::definition_of(
    const storage::SubscriptionRow& row) const {
  const auto project = uses_.projects.now(row.project);
  if (!project) return project.error();
  auto now = (*project)->integrations->find_integration(row.integration);
  if (auto subscription = subscription_of(now.get(), row.webhook)) {
    return Definition{std::move(now), std::move(subscription)};
  }
  const auto stored = parse_json(row.definition, limits::stored_depth_max);
  if (stored) {
    auto made_by = compile_stored_integration(row.integration, *stored);
    if (made_by) {
      if (auto subscription = subscription_of(made_by->get(), row.webhook)) {
        return Definition{std::move(*made_by), std::move(subscription)};
      }
    }
  }
  return Error(ErrorCode::corrupt_data, "the definition that a subscription was made by is lost");
}

Result<JsonObject> SubscriptionAsking::known(const storage::SubscriptionRow& row) const {
  const auto plain = uses_.sealer.unseal(row.sealed, row.place());
  if (!plain) return plain.error();
  auto value = parse_json(*plain, limits::stored_depth_max);
  if (value && value->is_object()) return std::move(value->get_object());
  return Error(ErrorCode::corrupt_data, "what is known of a subscription is no JSON object");
}

void SubscriptionAsking::seal(storage::SubscriptionRow& row, const JsonObject& known) const {
  std::string plain = to_text(known);
  row.sealed = uses_.sealer.seal(plain, row.place());
  storage::wipe(plain);
}

JsonObject SubscriptionAsking::values_of(const storage::SubscriptionRow& row,
                                         const Subscription& subscription, JsonObject known) const {
  known["url"] = uses_.address() + path_of(row);
  known["intent"] = row.intent;
  Instant until = row.expires;
  if (subscription.lifetime) until = uses_.clock.now() + *subscription.lifetime;
  if (until != Instant()) {
    known["expires"] = to_text(until);
    known["expiresMs"] = until.time_since_epoch().count();
  }
  return known;
}

Result<SharedCredential> SubscriptionAsking::left_account(
    const storage::SubscriptionRow& row) const {
  const auto left =
      storage::LeftAccountTable(uses_.store).find(row.project, row.user, row.credential);
  if (!left) return left.error();
  if (!*left) {
    return Error(ErrorCode::credential_missing, "the account is no longer connected");
  }
  auto held = uses_.users.open_credential(**left);
  if (!held) return held.error();
  if (held->lock) return *held->lock;
  return held->credential;
}

SubscriptionAsking::Answer SubscriptionAsking::ask(const storage::SubscriptionRow& row,
                                                   const Definition& by,
                                                   const SubscriptionRequest& request) {
  bool has_left = false;
  Redaction secret;
  std::optional<FieldsUsed> used;  // of an account that is connected
  const auto asked = [&]() -> HttpOutcome {
    auto what_is_known = known(row);
    if (!what_is_known) return what_is_known.error();
    const JsonObject values = values_of(row, *by.subscription, std::move(*what_is_known));
    const UserKey owner{row.project, row.user};
    const auto project = uses_.projects.now(row.project);
    if (!project) return project.error();
    const auto user = uses_.users.now(owner);
    if (!user) return user.error();
    const JsonObject meta = (*user)->user != nullptr ? (*user)->user->meta : JsonObject();
    const SecretSource secrets = [&](const std::string& name) {
      return (*project)->secrets->value(name);
    };
    const AccountCaller::Make make = [&](const Credential& account) -> Result<HttpRequest> {
      redact(account, secret);
      auto made = subscription_request(
          request, {*by.integration, account, row.project, meta, secrets}, values, secret);
      if (!made) return made;
      // The same for as long as nobody knows what has become of it.
      const std::string key =
          row.intent + (row.refusals == 0 ? "" : "-" + std::to_string(row.refusals));
      const bool has_own = std::any_of(made->headers.begin(), made->headers.end(),
                                       [](const auto& each) { return each.name == key_header; });
      if (!has_own && made->method != "GET") made->headers.push_back({key_header, key});
      made->timeout = time_max;
      if (used) used->revision = account.revision;
      has_left = true;
      return made;
    };
    const auto integration = (*project)->integrations->find_integration(row.integration);
    const auto connected = (*user)->find(row.integration, row.credential);
    if (connected != nullptr) used = FieldsUsed{owner, connected->id, connected->revision};
    if (connected != nullptr && integration != nullptr && integration->is_active) {
      const auto tenant = uses_.tenants.view(row.project, row.user);
      if (!tenant) return tenant.error();
      return caller_.call({*tenant, owner, {row.integration, row.credential}}, by.integration->auth,
                          make, time_max);
    }
    // Account or integration are gone: what there was has to do.
    const auto account =
        connected != nullptr ? Result<SharedCredential>(connected) : left_account(row);
    if (!account) return account.error();
    auto made = make(**account);
    if (!made) return made.error();
    if (auto done = authorize(*made, by.integration->auth, **account, secret); !done) {
      has_left = false;
      return done.error();
    }
    return caller_.send(std::move(*made), time_max);
  };
  Answer answer{asked(), has_left};
  judge(*by.integration, secret, answer);
  // Of fields that were replaced while it was asked this says nothing, and then nothing happens.
  if (answer.error == ErrorCode::credential_invalid && answer.outcome && used) {
    uses_.refused.invalidate(*used, answer.why);
  }
  return answer;
}

void SubscriptionAsking::judge(const Integration& by, const Redaction& secret, Answer& answer) {
  if (!answer.outcome) {
    answer.error = answer.outcome.error().code;
    answer.is_refused = !answer.has_left;
    answer.why = secret.apply(answer.outcome.error().message);
    return;
  }
  const int status = answer.outcome->status;
  const Json body = body_of(*answer.outcome);
  const Json output = JsonObject{{"response", response_value(*answer.outcome, body)}};
  const AnswerVerdict verdict =
      judge_answer(by.answers, RetryPolicy::none(), output, UserScope(UserId(), JsonObject()));
  if (!verdict.error) return;
  answer.is_refused = is_success(status) || is_refusal(status);
  answer.why = why_of(status, body, secret);
  answer.error = verdict.must_reconnect                   ? ErrorCode::credential_invalid
                 : verdict.may_pass || !answer.is_refused ? ErrorCode::request_failed
                                                          : ErrorCode::request_rejected;
  if (verdict.must_reconnect) answer.why += ": the account must be connected again";
}

}  // namespace millrace
