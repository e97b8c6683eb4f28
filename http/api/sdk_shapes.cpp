#include "http/api/sdk_shapes.h"

#include "runtime/integrations/credential_id.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

const Json* member_of(const Json& object, std::string_view key) {
  return object.is_object() ? object.get_object().if_contains(key) : nullptr;
}

std::string text_of(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

bool is_set(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_bool() && member->get_bool();
}

std::int64_t order_of(const Json& draft) {
  const Json* const order = member_of(draft, "order");
  return order != nullptr && order->is_int64() ? order->get_int64() : 0;
}

JsonArray list_of(const Json& object, std::string_view key) {
  const Json* const member = member_of(object, key);
  return member != nullptr && member->is_array() ? member->get_array() : JsonArray();
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
Json input_shape(const Json& setting) {
  JsonObject input = setting.is_object() ? setting.get_object() : JsonObject();
  const std::string type = text_of(setting, "type");
  input["type"] = input_type(type.empty() ? "text" : type);
  if (!input.contains("title")) {
    const std::string label = text_of(setting, "label");
    input["title"] = label.empty() ? text_of(setting, "id") : label;
  }
  input["required"] = is_set(setting, "required");
  return input;
}

JsonArray inputs_of(const Json& definition) {
  JsonArray inputs;
  for (const Json& setting : list_of(definition, "settings"))
    inputs.push_back(input_shape(setting));
  return inputs;
}

JsonObject workflow_meta(const OfferedWorkflow& workflow) {
  const Json* const permissions = member_of(workflow.draft, "permissions");
  return {{"id", workflow.id.text},
          {"name", text_of(workflow.draft, "name")},
          {"infoText", text_of(workflow.draft, "infoText")},
          {"inputs", inputs_of(workflow.draft)},
          {"defaultEnabled", is_set(workflow.draft, "defaultEnabled")},
          {"hidden", is_set(workflow.draft, "hidden")},
          {"order", order_of(workflow.draft)},
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

JsonObject values_shape(const Integration& integration,
                        const std::vector<OfferedWorkflow>& offered) {
  JsonObject meta;
  for (const auto& workflow : offered) meta[workflow.id.text] = workflow_meta(workflow);
  return {{"description", text_of(integration.definition, "description")},
          {"overview", text_of(integration.definition, "overview")},
          {"accentColor", text_of(integration.definition, "accentColor")},
          {"sharedMeta", JsonObject{{"inputs", inputs_of(integration.definition)}}},
          {"workflowMeta", std::move(meta)}};
}

JsonObject workflow_settings(const Credential& credential,
                             const std::vector<OfferedWorkflow>& offered) {
  JsonObject all;
  for (const auto& workflow : offered) {
    all[workflow.id.text] = JsonObject{{"enabled", false}, {"settings", JsonObject()}};
  }
  for (const auto& configured : credential.configured_workflows) {
    JsonObject& workflow = all[configured.key()].is_object()
                               ? all[configured.key()].get_object()
                               : all[configured.key()].emplace_object();
    workflow["enabled"] = is_set(configured.value(), "enabled");
    const Json* const settings = member_of(configured.value(), "settings");
    workflow["settings"] =
        settings != nullptr && settings->is_object() ? *settings : Json(JsonObject());
  }
  return all;
}

std::string_view status_of(const Credential& credential) {
  return credential.is_valid ? "VALID" : "INVALID";
}

}  // namespace

std::vector<OfferedWorkflow> offered_workflows(std::string_view integration,
                                               const std::vector<WorkflowLibrary::Entry>& workflows,
                                               const Permitted& permitted) {
  std::vector<OfferedWorkflow> offered;
  for (const auto& entry : workflows) {
    if (entry.deployed_version == 0 || text_of(entry.draft, "integration") != integration) continue;
    offered.push_back({entry.id, entry.draft, permitted(entry.id)});
  }
  std::stable_sort(offered.begin(), offered.end(), [](const auto& left, const auto& right) {
    return order_of(left.draft) < order_of(right.draft);
  });
  return offered;
}

JsonObject integration_shape(const Integration& integration,
                             const std::vector<OfferedWorkflow>& offered) {
  const std::string accent = text_of(integration.definition, "accentColor");
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
                                   {"name", text_of(workflow.draft, "name")},
                                   {"description", text_of(workflow.draft, "name")},
                                   {"integrationId", integration.type},
                                   {"infoText", text_of(workflow.draft, "infoText")},
                                   {"settings", list_of(workflow.draft, "settings")},
                                   {"hidden", is_set(workflow.draft, "hidden")}});
  }
  const Json* const auth = member_of(integration.definition, "auth");
  const std::string auth_type = auth == nullptr ? std::string() : text_of(*auth, "type");
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
      {"needPreOauthInputs", false},
      {"sdkIntegrationConfig", JsonObject{{"oauthInputs", JsonArray()},
                                          {"accountTypes", JsonArray()},
                                          {"authConfigInputs", credential_inputs(integration)},
                                          {"postOauthInputs", JsonArray()},
                                          {"dataSources", JsonObject()}}},
      {"auth", JsonObject{{"type", auth_type.empty() ? "none" : auth_type}}},
      {"credentialFields", std::move(fields)},
      {"settings", list_of(integration.definition, "settings")}};
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
  JsonObject configuration{{"id", default_configuration_id(credential.id)},
                           {"connectCredentialId", credential.id},
                           {"isDefault", true},
                           {"workflowSettings", workflow_settings(credential, offered)},
                           {"sharedSettings", credential.shared_settings},
                           {"configMeta", JsonObject()},
                           {"externalId", nullptr}};
  JsonObject shape{{"id", credential.id},
                   {"integrationId", credential.integration},
                   {"userId", credential.user.text},
                   {"status", status_of(credential)},
                   {"config", JsonObject{{"configuredWorkflows", credential.configured_workflows},
                                         {"sharedSettings", credential.shared_settings}}},
                   {"configurations", JsonArray{std::move(configuration)}},
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
  const JsonObject settings = workflow_settings(*chosen, offered);
  state.emplace("credentialId", chosen->id);
  state.emplace("credentialStatus", status_of(*chosen));
  if (!chosen->refusal.empty()) state.emplace("credentialStatusReason", chosen->refusal);
  state.emplace("credentialConfigId", default_configuration_id(chosen->id));
  state.emplace("providerId", chosen->provider_id);
  state.emplace("providerData", chosen->provider_data);
  state.emplace("sharedSettings", chosen->shared_settings);
  state.emplace("workflowSettings", settings);
  state.emplace("configuredWorkflows", chosen->configured_workflows);
  state.emplace("configMeta", JsonObject());
  state.emplace("externalId", nullptr);
  return state;
}

}  // namespace millrace
