#include "runtime/integrations/resource.h"

#include "runtime/integrations/integration.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace millrace {
namespace {

constexpr std::array<Choice<Resource::Level>, 2> levels{
    {{"app", Resource::Level::app}, {"user", Resource::Level::user}}};

}  // namespace

std::string resource_type(std::string_view name) {
  return std::string(resource_type_prefix) + std::string(name);
}

bool is_resource_type(std::string_view type) { return type.starts_with(resource_type_prefix); }

std::string_view own_name(std::string_view type) {
  return is_resource_type(type) ? type.substr(resource_type_prefix.size()) : type;
}

std::string described(std::string_view type) {
  return (is_resource_type(type) ? "resource \"" : "integration \"") + std::string(own_name(type)) +
         '"';
}

Resource read_resource(ObjectReader& definition) {
  Resource resource;
  definition.require("level",
                     "`app`: its account is the project's; `user`: each user connects one");
  resource.level =
      definition.choice<Resource::Level>("level", levels).value_or(Resource::Level::app);
  return resource;
}

std::optional<std::string> read_called_type(ObjectReader& step) {
  const auto integration = step.constant_text("integration");
  const auto resource = step.constant_text("resource");
  if (integration && resource) {
    step.report("resource", "a step calls an integration or a resource, not both");
  }
  if (integration && is_resource_type(*integration)) {
    step.report("integration", "this is a resource and no integration",
                "`\"resource\": \"" + std::string(own_name(*integration)) + "\"`", *integration);
  }
  if (integration || !resource) return integration;
  return resource_type(*resource);
}

void read_own_credential(ObjectReader& auth_reader, const IntegrationAuth& auth,
                         Resource& resource) {
  if (auth.kind == IntegrationAuth::Kind::oauth2) {
    auth_reader.report("type", "a resource is your own API: nobody signs in for it at a provider",
                       "`none`, `bearer`, `basic`, `header` or `query`", "oauth2");
    return;
  }
  for (const std::string& field : credential_fields(auth)) {
    if (resource.level == Resource::Level::user) {
      auth_reader.refuse(field,
                         "each user connects an account of the resource: what is secret in "
                         "it is given there. Of level `app` it stands here");
      continue;
    }
    if (!auth_reader.required_text(field)) continue;
    Template text = auth_reader.any(field, nullptr);
    bool has_reference = false;
    text.visit_references([&](const Reference& reference, const std::string&) {
      has_reference = true;
      const bool is_secret = reference.root == Reference::Root::secrets &&
                             reference.path.size() == 1 &&
                             std::holds_alternative<std::string>(reference.path.front());
      if (is_secret) return;
      auth_reader.report(field, "the account is the project's: only its secrets are known here",
                         "`{{secrets.KEY}}`", reference.text);
    });
    if (!has_reference && field != "username") {
      auth_reader.report(field,
                         "a secret does not stand in a definition, which is shown and exported",
                         "`{{secrets.KEY}}`, with the secret among the project's");
    }
    resource.fields[field] = secret_text_of(std::move(text));
  }
}

void keep_settings_apart(Integration& integration, ObjectReader& definition) {
  std::vector<std::string> names;
  for (const Setting& setting : integration.settings) names.push_back(setting.id);
  const bool is_apps = is_of_project(integration);
  if (is_apps && !names.empty()) {
    definition.report("settings",
                      "of a resource of level `app` there is no user who fills them in");
  }
  const auto keep = [&](Reference& reference, const std::string& pointer) {
    if (reference.root != Reference::Root::settings) return;
    const auto* const name =
        reference.path.empty() ? nullptr : std::get_if<std::string>(&reference.path.front());
    if (name == nullptr || std::find(names.begin(), names.end(), *name) == names.end()) {
      definition.findings().push_back(finding_at(
          "", pointer, "in `{{" + reference.text + "}}`: the resource has no such setting",
          names.empty() ? "`{{user.meta.KEY}}`, or a setting that it declares" : list_names(names),
          name == nullptr ? reference.text : *name,
          name == nullptr ? std::string() : nearest_name(*name, names)));
    }
    reference.path.insert(reference.path.begin(), PathSegment(integration.type));
  };
  integration.base_url.visit_references(keep);
  for (auto& [name, action] : integration.actions) {
    for (Template* const text : templates_of(action.request)) text->visit_references(keep);
  }
}

bool is_of_project(const Integration& integration) {
  return integration.resource != nullptr && integration.resource->level == Resource::Level::app;
}

Result<SharedCredential> credential_of_project(const Integration& integration,
                                               std::uint64_t revision,
                                               const SecretSource& secrets) {
  auto credential = std::make_shared<Credential>();
  credential->integration = integration.type;
  credential->provider_data = JsonObject();
  credential->revision = revision;
  for (const auto& [field, text] : integration.resource->fields) {
    auto plain = rendered(text, secrets);
    if (!plain) return plain.error();
    credential->fields[field] = std::move(*plain);
  }
  return SharedCredential(std::move(credential));
}

}  // namespace millrace
