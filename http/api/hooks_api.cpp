#include "http/api/hooks_api.h"

#include "actors/gateway/hook_door.h"
#include "actors/subscriptions/subscriptions.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/hook_registry.h"
#include "actors/tenants/integration_registry.h"
#include "http/api/history_query.h"
#include "http/api/request_payload.h"
#include "http/api/trace_header.h"
#include "http/api/trigger_limits.h"
#include "http/wire/error_response.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/nearest_name.h"

#include <utility>

namespace millrace {

DeliveryParts parts_of(Json request) {
  JsonObject& given = request.get_object();
  DeliveryParts parts;
  parts.headers = std::move(given["headers"]);
  parts.query = std::move(given["params"]);
  Json* const file = given.if_contains("file");
  parts.body = std::move(file != nullptr ? *file : given["body"]);
  return parts;
}

Reply challenge_reply(const ChallengeAnswer& challenge) {
  Reply reply;
  reply.content_type = challenge.content_type;
  reply.body = challenge.body;
  // It is what somebody sent: no browser is to take it for a page of ours.
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return reply;
}

namespace {

constexpr std::string_view hooks_path = "/hooks/";

RawDelivery raw_of(const ApiCall& call, const ApiServices& services) {
  const std::string& target = call.http.target;
  const auto question_mark = std::min(target.find('?'), target.size());
  RawDelivery raw;
  raw.method = call.http.method;
  raw.url = own_address(call, services.options) + target;
  raw.path = target.substr(0, question_mark);
  if (question_mark < target.size()) raw.query = target.substr(question_mark + 1);
  for (const auto& [name, value] : call.http.headers) {
    raw.headers.emplace_back(lower_case(name), value);
  }
  raw.body = call.http.body;
  return raw;
}

Reply reply_of(const HookAnswer& answer) {
  if (const auto* const challenge = std::get_if<ChallengeAnswer>(&answer)) {
    return challenge_reply(*challenge);
  }
  if (const auto* const given = std::get_if<CodeAnswer>(&answer)) {
    Reply reply;
    reply.status = given->status;
    reply.content_type = given->content_type;
    reply.body = given->body;
    reply.headers = given->headers;
    // It is what the integration's author says, and no page of ours either.
    reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
    reply.headers.emplace_back("Content-Security-Policy", "sandbox");
    return reply;
  }
  JsonArray ids;
  for (const ExecutionId& id : std::get<std::vector<ExecutionId>>(answer)) {
    ids.emplace_back(id.text());
  }
  return json_reply(200, JsonObject{{"executionIds", std::move(ids)}});
}

Result<std::string> url_of(const ApiCall& call, ApiServices& services,
                           const Result<std::string>& id) {
  if (!id) return id.error();
  return own_address(call, services.options) + std::string(hooks_path) + *id;
}

storage::HookPlace place_of(const ApiCall& call, const Integration& integration,
                            const std::string& webhook, const Credential* credential) {
  storage::HookPlace place{call.project, {}, integration.type, {}, webhook};
  if (credential != nullptr) {
    place.user = credential->user;
    place.credential = credential->id;
  }
  return place;
}

/// What the provider has brought, for whoever pastes it back there; null: nothing yet.
Result<Json> token_of(const std::string& hook, ApiServices& services) {
  auto kept = services.kept_tokens.find(hook);
  if (!kept) return kept.error();
  if (!*kept) return Json();
  return Json(JsonObject{{"value", std::move((*kept)->token)}, {"dateKept", to_text((*kept)->at)}});
}

bool is_shown(const Webhook& webhook, const Credential* credential) {
  return (webhook.scope == Webhook::Scope::user) == (credential != nullptr);
}

Error no_subscription() { return {ErrorCode::not_found, "nothing has been subscribed to"}; }

Result<Reply> rotate(const ApiCall& call, ApiServices& services, const Integration& integration,
                     const Credential* credential) {
  const std::string& name = call.path_value("webhook");
  const auto webhook = integration.webhooks.find(name);
  if (webhook == integration.webhooks.end() || !is_shown(webhook->second, credential)) {
    std::vector<std::string> names;
    for (const auto& [own, each] : integration.webhooks) {
      if (is_shown(each, credential)) names.push_back(own);
    }
    return Error(ErrorCode::not_found, "no webhook \"" + name + "\" with a URL here" +
                                           did_you_mean(nearest_name(name, names)));
  }
  const auto place = place_of(call, integration, name, credential);
  auto id = Result<std::string>(no_subscription());
  // The provider has to be told of it.
  if (services.subscriptions != nullptr && webhook->second.subscription != nullptr) {
    id = services.subscriptions->begin_anew(place);
    if (!id && id.error().code != ErrorCode::not_found) return id.error();
  }
  if (!id) id = services.hooks.rotate(place);
  const auto url = url_of(call, services, id);
  if (!url) return url.error();
  return json_reply(200, JsonObject{{"url", *url}});
}

}  // namespace

Result<JsonObject> webhook_urls(const ApiCall& call, ApiServices& services,
                                const Integration& integration, const Credential* credential) {
  JsonObject urls;
  for (const auto& [name, webhook] : integration.webhooks) {
    if (!is_shown(webhook, credential)) continue;
    const auto id = services.hooks.id_of(place_of(call, integration, name, credential));
    const auto url = url_of(call, services, id);
    if (!url) return url.error();
    JsonObject shown{{"url", *url}};
    if (webhook.challenge && webhook.challenge->is_kept) {
      auto token = token_of(*id, services);
      if (!token) return token.error();
      shown["token"] = std::move(*token);
    }
    urls.emplace(name, std::move(shown));
  }
  return urls;
}

Result<Reply> call_hook(const ApiCall& call, ApiServices& services) {
  const auto hook = services.hook_door.open(call.path_value("hook"));
  if (!hook) return hook.error();
  const auto& place = hook->place;
  if (auto admitted =
          services.trigger_limits.admit(place.project, place.user, call.http.body.size());
      !admitted) {
    return admitted.error();
  }
  auto payload = read_request_payload(call);
  if (!payload) return payload.error();
  const auto answer = services.hook_door.receive(
      *hook, {raw_of(call, services), parts_of(std::move(payload->request)),
              std::move(payload->files), trace_of(call.http)});
  if (answer) return reply_of(*answer);
  if (answer.error().code != ErrorCode::method_not_allowed) return answer.error();
  Reply reply = json_reply(http_status(answer.error().code), error_body(answer.error()));
  reply.headers.emplace_back("Allow", answer.error().details.front().expected);
  return reply;
}

Result<Reply> rotate_integration_hook(const ApiCall& call, ApiServices& services) {
  const auto entry = services.integrations.get(call.project, call.path_value("type"));
  if (!entry) return entry.error();
  return rotate_app_hook(call, services, *entry->integration);
}

Result<Reply> rotate_app_hook(const ApiCall& call, ApiServices& services,
                              const Integration& integration) {
  return rotate(call, services, integration, nullptr);
}

Result<Reply> rotate_account_hook(const ApiCall& call, ApiServices& services) {
  const std::string& id = call.path_value("credential");
  const auto credential = services.credentials.find(call.project, call.user, {}, id);
  if (!credential) return credential.error();
  if (*credential == nullptr || id.empty()) {
    return Error(ErrorCode::not_found, "the user has no account \"" + id + "\"");
  }
  const auto entry = services.integrations.get_any(call.project, (*credential)->integration);
  if (!entry) return entry.error();
  return rotate(call, services, *entry->integration, credential->get());
}

namespace {

constexpr RouteParameter webhook_in_path{"webhook", "string", "The webhook's name.",
                                         RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "ANY",
     .pattern = "/hooks/{hook}",
     .operation = "callHook",
     .summary = "Delivers to a webhook by its URL, without a token",
     .access = Access::url_key,
     .runs_on = RunsOn::hook_shard,
     .handler = &call_hook,
     .parameters = {{"hook", "string", "The webhook's id, which makes the URL unguessable.",
                     RouteParameter::In::path}},
     .body = {"any", false, "*/*"},
     .answers =
         {{200,
           "Its runs are durable; of a repeated delivery they are those of the first. A "
           "challenge is answered with its value. `{executionIds}`, unless verifying code has "
           "said otherwise, with whatever status.",
           "any", "*/*"},
          {400, "It cannot be read, or would start too much.", "Error"},
          {401, "It could not be verified, and has started nothing.", "Error"},
          {404, "There is no such webhook.", "Error"},
          {503, "It cannot be verified or stored now: it is to be sent again.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/integrations/{type}/webhooks/{webhook}/rotate",
     .operation = "rotateWebhook",
     .summary = "Gives a webhook of all accounts another URL; the one before is 404 from then on",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &rotate_integration_hook,
     .parameters = {project_in_path,
                    {"type", "string", "The integration's type.", RouteParameter::In::path},
                    webhook_in_path},
     .answers = {{200, "Where it is called now.", "{url: string}"},
                 {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/credentials/{credential}/webhooks/{webhook}/rotate",
     .operation = "rotateAccountWebhook",
     .summary = "Gives a webhook of one account another URL; the one before is 404 from then on",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &rotate_account_hook,
     .parameters = {project_in_path,
                    {"credential", "string", "The credential's id.", RouteParameter::In::path},
                    webhook_in_path},
     .answers = {{200, "Where it is called now.", "{url: string}"},
                 {404, "There is none.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"HookUrl", "{url: string, token?: {value: string, dateKept: date}|null}",
     "Where a webhook is called; `token` is what its challenge has brought, of a webhook that "
     "keeps it."},
};

}  // namespace

constinit const RouteGroup hook_routes{"Webhooks", "What providers call.", routes, shapes};

}  // namespace millrace
