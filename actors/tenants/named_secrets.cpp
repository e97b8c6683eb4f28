#include "actors/tenants/named_secrets.h"

#include "runtime/definitions/link_integrations.h"
#include "runtime/integrations/resource.h"
#include "runtime/triggers/trigger_catalog.h"

#include <set>

namespace millrace {
namespace {

/// The secrets that a value names.
void add_secrets(const Json& value, std::set<std::string>& names) {
  auto text = Template::compile(value, "");
  if (!text) return;
  text->visit_references([&](const Reference& reference, const std::string&) {
    if (reference.root != Reference::Root::secrets || reference.path.empty()) return;
    if (const auto* const name = std::get_if<std::string>(&reference.path.front())) {
      names.insert(*name);
    }
  });
}

/// What it needs to verify deliveries, to sign users in, and, as a resource of level app, for its credential.
void add_own_secrets(const Integration& integration, std::set<std::string>& names) {
  const auto* const definition = integration.definition.if_object();
  for (const std::string_view part : {"webhooks", "auth"}) {
    const Json* const value = definition == nullptr ? nullptr : definition->if_contains(part);
    if (value != nullptr) add_secrets(*value, names);
  }
}

}  // namespace

std::vector<std::string> secrets_of(const Workflow& workflow, const IntegrationCatalog& catalog) {
  std::set<std::string> names;
  for (const auto& member : workflow.masked_secrets.get_object()) names.emplace(member.key());
  if (const auto* const request = std::get_if<RequestTrigger>(&workflow.trigger)) {
    for (const auto& header : request->headers) {
      if (!header.secret_value) continue;
      names.insert(header.secret_value->secrets.begin(), header.secret_value->secrets.end());
    }
  }
  if (const Poll* const poll = poll_of(workflow.trigger)) {
    if (const auto said = parse_json(poll->text)) add_secrets(*said, names);
  }
  if (workflow.frozen_integration != nullptr) {
    add_own_secrets(*workflow.frozen_integration, names);
  }
  for (const std::string& type : integrations_of(workflow)) {
    const auto resource = is_resource_type(type) ? catalog.find_integration(type) : nullptr;
    if (resource != nullptr) add_own_secrets(*resource, names);
  }
  return {names.begin(), names.end()};
}

}  // namespace millrace
