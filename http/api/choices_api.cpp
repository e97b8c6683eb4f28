#include "http/api/choices_api.h"

#include "actors/gateway/connect_proxy.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/account_choice.h"
#include "http/api/json_members.h"

#include <utility>

namespace millrace {
namespace {

/// What a form asks for.
struct Question {
  std::string integration;
  std::string setting;  // of the integration; or "<workflow>.<setting>"
  JsonObject parameters;
  Json cursor;
  std::string search;
};

const Setting* find_setting(const std::vector<Setting>& settings, std::string_view id) {
  for (const Setting& setting : settings) {
    if (setting.id == id) return &setting;
  }
  return nullptr;
}

/// The setting, which lives as long as what it is part of. Error: not_found.
Result<std::shared_ptr<const Setting>> setting_of(const ApiCall& call, ApiServices& services,
                                                  const Question& question) {
  const auto entry = services.integrations.get(call.project, question.integration);
  if (!entry) return entry.error();
  if (const Setting* const own = find_setting(entry->integration->settings, question.setting)) {
    return std::shared_ptr<const Setting>(entry->integration, own);
  }
  const auto live = services.workflows.live(call.project);
  if (!live) return live.error();
  for (const auto& each : **live) {
    if (!question.setting.starts_with(each.id.text + '.')) continue;
    const auto workflow = services.workflows.deployed(call.project, each.id);
    if (!workflow || (*workflow)->integration != question.integration) continue;
    const auto id = std::string_view(question.setting).substr(each.id.text.size() + 1);
    if (const Setting* const of_workflow = find_setting((*workflow)->settings, id)) {
      return std::shared_ptr<const Setting>(*workflow, of_workflow);
    }
  }
  return Error(ErrorCode::not_found,
               "\"" + question.integration + "\" has no setting \"" + question.setting + '"');
}

/// The options that a setting declares, as a list of choices: there is one page.
Json declared_choices(const Setting& setting) {
  JsonArray records;
  for (const Json& value : setting.choices) {
    records.push_back(JsonObject{
        {"value", value},
        {"label", value.is_string() ? std::string(value.get_string()) : to_text(value)}});
  }
  return JsonObject{{"records", std::move(records)}, {"nextPageCursor", nullptr}};
}

/// 0 and nothing mean the first page.
Json cursor_of(const Json& given) {
  const bool is_first = given.is_null() || given == Json(0) || given == Json(false) ||
                        (given.is_string() && given.get_string().empty());
  return is_first ? Json(nullptr) : given;
}

Result<Json> answer(const ApiCall& call, ApiServices& services, Question question) {
  const auto setting = setting_of(call, services, question);
  if (!setting) return setting.error();
  if ((*setting)->source == nullptr) return declared_choices(**setting);
  const auto user = services.users.find(call.project, call.user);
  if (!user) return user.error();
  if (*user != nullptr && (*user)->is_disabled) {
    return Error(ErrorCode::user_disabled, "the user is disabled");
  }
  const auto account = selected_account(call, services, question.integration);
  if (!account) return account.error();
  ChoicesRequest request;
  request.project = call.project;
  request.user = call.user;
  request.integration = std::move(question.integration);
  request.credential = account->credential->id;
  request.settings = account->configuration == nullptr ? account->credential->shared_settings
                                                       : account->configuration->shared_settings;
  if (*user != nullptr) request.user_meta = (*user)->meta;
  request.source = (*setting)->source;
  request.parameters = std::move(question.parameters);
  request.cursor = cursor_of(question.cursor);
  request.search = std::move(question.search);
  return services.proxy.choices(std::move(request));
}

/// An object, or the original's list of `{"key", "source": {"value"}}`.
Result<JsonObject> parameters_in(const JsonObject& body) {
  const Json* const given = body.if_contains("parameters");
  if (given == nullptr || given->is_null()) return JsonObject();
  if (given->is_object()) return given->get_object();
  if (!given->is_array()) return wrong_member("parameters", "must be an object or a list");
  JsonObject parameters;
  for (const Json& each : given->get_array()) {
    const Json* const source = member_of(each, "source");
    const Json* const value = source == nullptr ? nullptr : member_of(*source, "value");
    const std::string key = text_member(each, "key");
    if (!key.empty() && value != nullptr) parameters[key] = *value;
  }
  return parameters;
}

}  // namespace

Result<Reply> list_options(const ApiCall& call, ApiServices& services) {
  Question question;
  question.integration = call.path_value("type");
  question.setting = call.path_value("setting");
  if (auto cursor = call.query_value("cursor")) question.cursor = *cursor;
  question.search = call.query_value("search").value_or("");
  const auto choices = answer(call, services, std::move(question));
  if (!choices) return choices.error();
  return json_reply(200, *choices);
}

Result<Reply> list_options_for_sdk(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  Question question;
  for (const auto& [key, into] :
       {std::pair("action", &question.integration), std::pair("sourceKey", &question.setting)}) {
    const auto text = string_member(*body, key);
    if (!text) return text.error();
    if (!*text) return wrong_member(key, "is missing");
    *into = **text;
  }
  auto parameters = parameters_in(*body);
  if (!parameters) return parameters.error();
  question.parameters = std::move(*parameters);
  const Json pages = member_or(*body, "paginationParameters", nullptr);
  question.cursor = member_or(pages, "pageCursor", nullptr);
  question.search = text_member(pages, "search");
  const auto choices = answer(call, services, std::move(question));
  if (!choices) return choices.error();
  return json_reply(200, JsonObject{{"output", *choices}});
}

namespace {

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/integrations/{type}/options/{setting}",
     .operation = "listOptions",
     .summary = "What a form offers for a setting: its options, or what the user's account has",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_options,
     .only_declared_query = true,
     .parameters = {project_in_path,
                    {"type", "string", "The integration's type.", RouteParameter::In::path},
                    {"setting", "string", "A setting of it, or `<workflow>.<setting>`.",
                     RouteParameter::In::path},
                    {"cursor", "string", "Of the page; without it the first."},
                    {"search", "string", "What the user has typed."},
                    selected_account_header,
                    selected_configuration_header},
     .answers = {{200, "A page of them.",
                  "{records: [{value: any, label: string}], nextPageCursor: any}"},
                 {404, "There is no such setting, or no account.", "Error"},
                 {502, "The integration does not list them; the code says why.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/actions",
     .operation = "listOptionsForSdk",
     .summary = "The same, as the browser SDK asks for it",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_options_for_sdk,
     .parameters = {project_in_path, selected_account_header, selected_configuration_header},
     .body = {"{action: string, sourceKey: string, parameters?: any, "
              "paginationParameters?: {pageCursor?: any, search?: string}}"},
     .answers = {{200, "A page of them.",
                  "{output: {records: [{value: any, label: string}], nextPageCursor: any}}"},
                 {404, "There is no such setting, or no account.", "Error"},
                 {502, "The integration does not list them; the code says why.", "Error"}}},
};

}  // namespace

constinit const RouteGroup choices_routes{"Choices", "What forms offer for settings.", routes};

}  // namespace millrace
