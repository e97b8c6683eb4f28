#include "http/api/sdk_shapes.h"

#include "http/api/json_members.h"
#include "runtime/integrations/account_text.h"
#include "runtime/integrations/credential_id.h"
#include "runtime/oauth/oauth_client.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

std::int64_t order_of(const Json& draft) {
  const Json* const order = member_of(draft, "order");
  return order != nullptr && order->is_int64() ? order->get_int64() : 0;
}

/// How the original names the types of settings.
std::string_view input_type(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> types{
      {{"text", "TEXT_NO_VARS"},
       {"number", "NUMBER"},
       {"boolean", "BOOLEAN_INPUT"},
       {"email", "EMAIL"},
       {"password", "PASSWORD"},
       {"url", "URL"},
       {"enum", "ENUM"},
       {"field", "FIELD_MAPPER"},
       {"mapping", "FIELD_MAPPER"}}};
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const auto& each) { return each.first == type; });
  return found == types.end() ? "TEXT_NO_VARS" : found->second;
}

/// A declared setting, with what it declares for forms, as an input of the original's.
/// `prefix`: what a setting's id is behind as the key of a source.
Json input_shape(const Json& setting, const std::string& prefix) {
  JsonObject input = setting.is_object() ? setting.get_object() : JsonObject();
  const std::string type = text_member(setting, "type");
  input["type"] = input_type(type.empty() ? "text" : type);
  if (member_of(setting, "source") != nullptr) {
    input.erase("source");  // how they are listed is not for pages
    input["type"] = "DYNAMIC_ENUM";
    input["sourceType"] = prefix + text_member(setting, "id");
  }
  if (!input.contains("title")) {
    const std::string label = text_member(setting, "label");
    input["title"] = label.empty() ? text_member(setting, "id") : label;
  }
  input["required"] = is_set(setting, "required");
  return input;
}

JsonArray inputs_of(const Json& definition, const std::string& prefix) {
  JsonArray inputs;
  for (const Json& setting : array_member(definition, "settings")) {
    inputs.push_back(input_shape(setting, prefix));
  }
  return inputs;
}

/// What the SDK asks for the choices of settings that have a source.
void add_sources(const Json& definition, const std::string& prefix, JsonObject& sources) {
  for (const Json& setting : array_member(definition, "settings")) {
    const Json* const source = member_of(setting, "source");
    if (source == nullptr) continue;
    const std::string key = prefix + text_member(setting, "id");
    const std::string title = text_member(setting, "title");
    sources[key] = JsonObject{{"type", "DYNAMIC_DATA_SOURCE"},
                              {"title", title.empty() ? text_member(setting, "id") : title},
                              {"cacheKey", key},
                              {"refreshDependencies", JsonArray()},
                              {"supportPagination", member_of(*source, "cursor") != nullptr}};
  }
}

JsonObject data_sources(const Integration& integration,
                        const std::vector<OfferedWorkflow>& offered) {
  JsonObject sources;
  add_sources(integration.definition, {}, sources);
  for (const auto& workflow : offered) {
    add_sources(*workflow.draft, workflow.id.text + '.', sources);
  }
  return sources;
}

JsonObject workflow_meta(const OfferedWorkflow& workflow) {
  const Json* const permissions = member_of(*workflow.draft, "permissions");
  return {{"id", workflow.id.text},
          {"name", text_member(*workflow.draft, "name")},
          {"infoText", text_member(*workflow.draft, "infoText")},
          {"inputs", inputs_of(*workflow.draft, workflow.id.text + '.')},
          {"defaultEnabled", is_set(*workflow.draft, "defaultEnabled")},
          {"hidden", is_set(*workflow.draft, "hidden")},
          {"order", order_of(*workflow.draft)},
          {"permissions", permissions == nullptr ? Json(nullptr) : *permissions}};
}

/// What is asked for when an account is connected by its fields.
JsonArray credential_inputs(const Integration& integration) {
  JsonArray inputs;
  if (integration.auth.kind == IntegrationAuth::Kind::oauth2) return inputs;
  for (const auto& field : credential_fields(integration.auth)) {
    inputs.push_back(JsonObject{{"id", field},
                                {"title", field},
                                {"type", field == "username" ? "TEXT_NO_VARS" : "PASSWORD"},
                                {"required", true}});
  }
  return inputs;
}

/// What is asked for before a sign-in begins.
JsonArray sign_in_inputs(const Integration& integration) {
  JsonArray inputs;
  if (integration.auth.oauth == nullptr) return inputs;
  for (const auto& input : integration.auth.oauth->inputs) {
    inputs.push_back(JsonObject{{"id", input.name},
                                {"title", input.name},
                                {"type", "TEXT_NO_VARS"},
                                {"required", input.otherwise.empty()}});
  }
  return inputs;
}

JsonObject values_shape(const Integration& integration,
                        const std::vector<OfferedWorkflow>& offered) {
  JsonObject meta;
  for (const auto& workflow : offered) meta[workflow.id.text] = workflow_meta(workflow);
  return {{"description", text_member(integration.definition, "description")},
          {"overview", text_member(integration.definition, "overview")},
          {"accentColor", text_member(integration.definition, "accentColor")},
          {"sharedMeta", JsonObject{{"inputs", inputs_of(integration.definition, {})}}},
          {"workflowMeta", std::move(meta)}};
}

JsonObject workflow_settings(const JsonObject& configured_workflows,
                             const std::vector<OfferedWorkflow>& offered) {
  JsonObject all;
  for (const auto& workflow : offered) {
    all[workflow.id.text] = JsonObject{{"enabled", false}, {"settings", JsonObject()}};
  }
  for (const auto& configured : configured_workflows) {
    all[configured.key()] = JsonObject{{"enabled", is_set(configured.value(), "enabled")},
                                       {"settings", object_member(configured.value(), "settings")}};
  }
  return all;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

JsonObject configuration_shape(const Credential& credential, const Configuration& configuration,
                               const std::vector<OfferedWorkflow>& offered) {
  return {{"id", configuration.id},
          {"connectCredentialId", credential.id},
          {"isDefault", is_default_configuration(credential, configuration.id)},
          {"workflowSettings", workflow_settings(configuration.configured_workflows, offered)},
          {"sharedSettings", configuration.shared_settings},
          {"configMeta", configuration.meta},
          {"externalId", text_or_null(configuration.external_id)},
          {"dateCreated", to_text(configuration.created)}};
}

Configuration default_configuration(const Credential& credential) {
  return {default_configuration_id(credential.id),
          {},
          credential.configured_workflows,
          credential.shared_settings,
          credential.meta,
          credential.connected};
}

std::string_view status_of(const Credential& credential) {
  return credential.is_valid ? "VALID" : "INVALID";
}

}  // namespace

void sort_by_order(std::vector<OfferedWorkflow>& workflows) {
  std::stable_sort(workflows.begin(), workflows.end(), [](const auto& left, const auto& right) {
    return order_of(*left.draft) < order_of(*right.draft);
  });
}

JsonObject integration_shape(const Integration& integration,
                             const std::vector<OfferedWorkflow>& offered) {
  const std::string accent = text_member(integration.definition, "accentColor");
  const bool is_oauth = integration.auth.kind == IntegrationAuth::Kind::oauth2;
  JsonArray fields;
  for (const auto& field : credential_fields(integration.auth)) fields.emplace_back(field);
  JsonArray workflows;
  JsonArray not_permitted;
  for (const auto& workflow : offered) {
    if (!workflow.is_permitted) {
      not_permitted.emplace_back(workflow.id.text);
      continue;
    }
    workflows.push_back(JsonObject{{"id", workflow.id.text},
                                   {"name", text_member(*workflow.draft, "name")},
                                   {"description", text_member(*workflow.draft, "name")},
                                   {"integrationId", integration.type},
                                   {"infoText", text_member(*workflow.draft, "infoText")},
                                   {"settings", array_member(*workflow.draft, "settings")},
                                   {"hidden", is_set(*workflow.draft, "hidden")}});
  }
  const JsonArray inputs = sign_in_inputs(integration);
  const Json* const auth = member_of(integration.definition, "auth");
  const std::string auth_type = auth == nullptr ? std::string() : text_member(*auth, "type");
  JsonObject shape{
      {"id", integration.type},
      {"type", integration.type},
      {"name", integration.name},
      {"brandColor", accent.empty() ? "#000000" : accent},
      {"isActive", integration.is_active},
      {"configs", JsonArray{JsonObject{{"id", default_configuration_id(integration.type)},
                                       {"values", values_shape(integration, offered)}}}},
      {"workflows", std::move(workflows)},
      {"noPermissionWorkflows", std::move(not_permitted)},
      {"authenticationType", is_oauth ? "oauth" : "basic"},
      {"needPreOauthInputs", !inputs.empty()},
      {"sdkIntegrationConfig", JsonObject{{"oauthInputs", inputs},
                                          {"accountTypes", JsonArray()},
                                          {"authConfigInputs", credential_inputs(integration)},
                                          {"postOauthInputs", JsonArray()},
                                          {"dataSources", data_sources(integration, offered)}}},
      {"auth", JsonObject{{"type", auth_type.empty() ? "none" : auth_type}}},
      {"credentialFields", std::move(fields)},
      {"settings", array_member(integration.definition, "settings")}};
  if (integration.type.starts_with("custom.")) {
    shape["customIntegration"] = JsonObject{{"slug", integration.type},
                                            {"name", integration.name},
                                            {"icon", nullptr},
                                            {"inputFields", credential_inputs(integration)}};
  }
  return shape;
}

JsonObject credential_shape(const Credential& credential,
                            const std::vector<OfferedWorkflow>& offered) {
  JsonArray configurations{
      configuration_shape(credential, default_configuration(credential), offered)};
  for (const auto& other : credential.others) {
    configurations.push_back(configuration_shape(credential, other, offered));
  }
  JsonObject shape{{"id", credential.id},
                   {"integrationId", credential.integration},
                   {"userId", credential.user.text},
                   {"status", status_of(credential)},
                   {"config", JsonObject{{"configuredWorkflows", credential.configured_workflows},
                                         {"sharedSettings", credential.shared_settings}}},
                   {"configurations", std::move(configurations)},
                   {"externalId", text_or_null(credential.external_id)},
                   {"providerId", credential.provider_id},
                   {"providerData", credential.provider_data}};
  if (!credential.refusal.empty()) shape.emplace("statusReason", credential.refusal);
  return shape;
}

JsonObject state_shape(const std::vector<SharedCredential>& accounts, const Credential* chosen,
                       const std::vector<OfferedWorkflow>& offered) {
  JsonArray all;
  for (const auto& account : accounts) all.push_back(credential_shape(*account, offered));
  JsonObject state{{"enabled", chosen != nullptr}, {"allCredentials", std::move(all)}};
  if (chosen == nullptr) return state;
  const JsonObject settings = workflow_settings(chosen->configured_workflows, offered);
  state.emplace("credentialId", chosen->id);
  state.emplace("credentialStatus", status_of(*chosen));
  if (!chosen->refusal.empty()) state.emplace("credentialStatusReason", chosen->refusal);
  state.emplace("credentialConfigId", default_configuration_id(chosen->id));
  state.emplace("providerId", chosen->provider_id);
  state.emplace("providerData", chosen->provider_data);
  state.emplace("sharedSettings", chosen->shared_settings);
  state.emplace("workflowSettings", settings);
  state.emplace("configuredWorkflows", chosen->configured_workflows);
  state.emplace("configMeta", chosen->meta);
  state.emplace("externalId", text_or_null(chosen->external_id));
  return state;
}

}  // namespace millrace
