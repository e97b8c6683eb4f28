#include "runtime/integrations/integration.h"

#include "runtime/base/limits.h"
#include "runtime/integrations/check_sources.h"
#include "runtime/integrations/nearest_action.h"
#include "runtime/integrations/path_places.h"
#include "runtime/integrations/read_settings.h"
#include "runtime/integrations/resource.h"
#include "runtime/integrations/stored_integration.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/reading/object_reader.h"
#include "runtime/requests/read_request.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/bare_name.h"
#include "runtime/text/header_text.h"
#include "runtime/text/nearest_name.h"
#include "runtime/webhooks/read_webhooks.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

using Root = Reference::Root;

constexpr std::array<Choice<IntegrationAuth::Kind>, 6> auth_kinds{{
    {"none", IntegrationAuth::Kind::none},
    {"bearer", IntegrationAuth::Kind::bearer},
    {"basic", IntegrationAuth::Kind::basic},
    {"header", IntegrationAuth::Kind::header},
    {"query", IntegrationAuth::Kind::query},
    {"oauth2", IntegrationAuth::Kind::oauth2},
}};

constexpr std::array<Choice<FilterLanguage>, 5> filter_languages{{
    {"soql", FilterLanguage::soql},
    {"jql", FilterLanguage::jql},
    {"hubspot", FilterLanguage::hubspot},
    {"drive", FilterLanguage::drive},
    {"odata", FilterLanguage::odata},
}};

constexpr std::array<Choice<ActionParameter::Type>, 7> parameter_types{{
    {"any", ActionParameter::Type::any},
    {"string", ActionParameter::Type::string},
    {"number", ActionParameter::Type::number},
    {"boolean", ActionParameter::Type::boolean},
    {"object", ActionParameter::Type::object},
    {"array", ActionParameter::Type::array},
    {"filter", ActionParameter::Type::filter},
}};

bool is_absolute_url(const std::string& text) {
  const std::string start = lower_case(std::string_view(text).substr(0, 8));
  return start.starts_with("http://") || start == "https://";
}

/// `resource` null: it is none.
IntegrationAuth read_auth(ObjectReader& parent, std::shared_ptr<OAuthClient>& client,
                          Resource* resource) {
  IntegrationAuth auth;
  const Json* const value = parent.find("auth");
  if (value == nullptr) return auth;
  ObjectReader json(*value, parent.pointer_to("auth"), "", parent.findings());
  if (!value->is_object()) return auth;
  json.require("type", "how a credential is used");
  auth.kind =
      json.choice<IntegrationAuth::Kind>("type", auth_kinds).value_or(IntegrationAuth::Kind::none);
  if (auth.kind == IntegrationAuth::Kind::header || auth.kind == IntegrationAuth::Kind::query) {
    auth.name = json.required_constant_text("name").value_or("");
    if (auth.kind == IntegrationAuth::Kind::header && !auth.name.empty() &&
        !is_header_name(auth.name)) {
      json.report("name", "this is no name of a header", "letters, digits and `-`", auth.name);
    }
  }
  if (auth.kind == IntegrationAuth::Kind::oauth2) {
    client = read_oauth_client(json);
    auth.oauth = client;
  }
  if (resource != nullptr) read_own_credential(json, auth, *resource);
  json.finish();
  return auth;
}

void read_filter(ObjectReader& json, ActionParameter& parameter) {
  if (parameter.type == ActionParameter::Type::filter) {
    json.require("filter", "the query language, such as `soql`");
  }
  const auto language = json.choice<FilterLanguage>("filter", filter_languages);
  parameter.language = language.value_or(FilterLanguage::soql);
  if (language && parameter.type != ActionParameter::Type::filter) {
    json.report("filter", "only a parameter of type `filter` has a query language",
                "`\"type\": \"filter\"`");
  }
}

std::vector<ActionParameter> read_parameters(ObjectReader& parent) {
  std::vector<ActionParameter> parameters;
  const Json* const value = parent.find("parameters");
  if (value == nullptr) return parameters;
  ObjectReader list(*value, parent.pointer_to("parameters"), "", parent.findings());
  if (!value->is_object()) return parameters;
  for (const auto& member : value->get_object()) {
    ActionParameter parameter;
    parameter.name = member.key();
    ObjectReader json(member.value(), list.pointer_to(member.key()), "", parent.findings());
    if (member.value().is_object()) {
      parameter.type = json.choice<ActionParameter::Type>("type", parameter_types)
                           .value_or(ActionParameter::Type::any);
      parameter.is_required = json.boolean("required", false);
      read_filter(json, parameter);
      json.text("description");
      json.finish();
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

/// What `{{account.NAME}}` may name: what the account's sign-in keeps of its provider's words, which runs see among
/// their settings, and the settings that the integration declares: of an account that has connected with a key
/// there is nothing else that is no secret.
class AccountFields {
 public:
  /// `client`: of OAuth 2.0, else null.
  AccountFields(const OAuthClient* client, const std::vector<Setting>& settings) {
    if (client != nullptr) kept_ = client->kept_names();
    names_ = kept_;
    for (const Setting& setting : settings) names_.push_back(setting.id);
  }

  /// False: the reference names nothing of an account. What is wrong with it goes to `report`.
  template <class Report>
  bool link(Reference& reference, const Report& report) const {
    const bool is_of_account = reference.root == Root::step && reference.name == "account";
    if (!is_of_account || names_.empty()) return false;
    const auto* const name =
        reference.path.empty() ? nullptr : std::get_if<std::string>(&reference.path.front());
    if (name == nullptr || !has(names_, *name)) {
      report("an account keeps no such field, and the integration has no such setting",
             list_names(names_));
    }
    reference.root = Root::settings;
    if (name == nullptr || has(kept_, *name)) {
      reference.path.insert(reference.path.begin(), PathSegment(std::string(kept_settings_key)));
    }
    return true;
  }

 private:
  static bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  std::vector<std::string> kept_;
  std::vector<std::string> names_;
};

/// What an action's templates may refer to: everything of the run that is not a step.
void link_action(IntegrationAction& action, const AccountFields& account, Findings& findings) {
  const bool has_pages = action.request.pagination.has_value();
  std::vector<std::string> names;
  for (const auto& parameter : action.parameters) names.push_back(parameter.name);
  const auto link = [&](Reference& reference, const std::string& pointer) {
    const auto report = [&](const std::string& why, std::string got = {},
                            std::string nearest = {}) {
      findings.push_back(finding_at("", pointer, "in `{{" + reference.text + "}}`: " + why, {},
                                    std::move(got), std::move(nearest)));
    };
    const auto report_field = [&](const std::string& why, const std::string& expected) {
      findings.push_back(
          finding_at("", pointer, "in `{{" + reference.text + "}}`: " + why, expected));
    };
    if (account.link(reference, report_field)) return;
    if (reference.root == Root::step && reference.name == "parameters") {
      reference.root = Root::parameters;
      if (reference.path.empty()) return;
      const auto* const name = std::get_if<std::string>(&reference.path.front());
      if (name == nullptr || std::find(names.begin(), names.end(), *name) == names.end()) {
        const std::string given = name == nullptr ? "an index" : *name;
        report("the action declares no such parameter", given, nearest_name(given, names));
      }
      return;
    }
    if (reference.root == Root::secrets &&
        (reference.path.size() != 1 ||
         !std::holds_alternative<std::string>(reference.path.front()))) {
      report("a secret is named by one key, such as `secrets.KEY`");
    }
    if (reference.root == Root::self && !has_pages) {
      report("`self` is the state of pagination, and the action has none");
    }
    if (reference.root == Root::step || reference.root == Root::trigger ||
        reference.root == Root::instance || reference.root == Root::index) {
      findings.add_obstacle(finding_at(
          "", pointer,
          "in `{{" + reference.text +
              "}}`: an action sees `parameters`, `settings`, `account`, `user`, `secrets`, "
              "`execution` and `project`"));
    }
  };
  for (Template* const each : templates_of(action.request)) each->visit_references(link);
}

IntegrationAction read_action(std::string name, const Json& value, const std::string& pointer,
                              const AccountFields& account, Findings& findings) {
  IntegrationAction action;
  action.name = std::move(name);
  PathPlaces places;
  const Json given = with_path_references(value, places);
  ObjectReader json(given, pointer, "", findings);
  if (!value.is_object()) return action;
  for (const std::string& unknown : places.unknown) {
    json.report("path",
                "the action declares no parameter `" + unknown + "` for `{" + unknown + "}`",
                "a parameter of the action", unknown);
  }
  action.path_parameters = std::move(places.parameters);
  json.text("description");
  action.request = read_request(json, "path");
  if (action.request.authorization.kind != RequestAuthorization::Kind::none) {
    json.report("authorization", "an action is authorized by the integration's `auth`");
  }
  action.parameters = read_parameters(json);
  action.result = {std::string("response"), std::string("body")};
  if (json.find("result") != nullptr) action.result = read_response_path(json, "result");
  json.finish();
  link_action(action, account, findings);
  return action;
}

std::map<std::string, IntegrationAction, std::less<>> read_actions(ObjectReader& parent,
                                                                   const AccountFields& account) {
  std::map<std::string, IntegrationAction, std::less<>> actions;
  const Json* const value = parent.find("actions");
  if (value == nullptr) return actions;
  ObjectReader json(*value, parent.pointer_to("actions"), "", parent.findings());
  if (!value->is_object()) return actions;
  if (value->get_object().size() > limits::actions_per_integration_max) {
    parent.report_obstacle("actions", "an integration may declare at most " +
                                          std::to_string(limits::actions_per_integration_max) +
                                          " actions");
    return actions;
  }
  for (const auto& member : value->get_object()) {
    const std::string name(member.key());
    actions.emplace(
        name, read_action(name, member.value(), json.pointer_to(name), account, parent.findings()));
  }
  return actions;
}

/// Hosts as such or below `*.`: no ports, no paths, and never all hosts.
bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  const bool has_dot = text.find('.') != std::string_view::npos;
  return has_dot && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

std::vector<std::string> read_hosts(ObjectReader& json) {
  std::vector<std::string> hosts;
  const JsonArray* const list = json.array("hosts");
  if (list == nullptr) return hosts;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& given = (*list)[i];
    const std::string host =
        given.is_string() ? lower_case(std::string_view(given.get_string())) : std::string();
    if (is_host_pattern(host)) {
      hosts.push_back(host);
    } else {
      json.report_mismatch(json.pointer_to("hosts") + '/' + std::to_string(i),
                           "a host such as `files.crm.example` or `*.crm.example`", given);
    }
  }
  return hosts;
}

/// True when what stands before the path of a URL is made of fields of the account.
bool has_account_host(std::string_view url) {
  const auto kept = url.find("{{account");
  const auto separator = url.find("://");
  const auto path =
      url.find('/', separator == std::string_view::npos ? url.find("}}") : separator + 3);
  return kept < path;
}

void read_headers(ObjectReader& json, Integration& integration, const AccountFields& account) {
  if (json.find("headers") == nullptr) return;
  check_header_names(json);
  integration.headers = json.object("headers");
  integration.headers.visit_references([&](Reference& reference, const std::string&) {
    if (reference.root == Root::settings || reference.root == Root::user) return;
    const auto report = [&](const std::string& why, const std::string& expected) {
      json.report("headers", why, expected, reference.text);
    };
    if (account.link(reference, report)) return;
    const auto* const name =
        reference.path.size() == 1 ? std::get_if<std::string>(&reference.path.front()) : nullptr;
    if (reference.root == Root::secrets && name != nullptr) {
      integration.header_secrets.push_back(*name);
      return;
    }
    json.findings().add_obstacle(
        finding_at("", json.pointer_to("headers"),
                   "in `{{" + reference.text +
                       "}}`: headers of an integration see `settings`, `user`, `account` and "
                       "`secrets`"));
  });
}

/// `client`: of OAuth 2.0, else null.
void read_base_url(ObjectReader& json, Integration& integration, const AccountFields& account,
                   OAuthClient* client) {
  const auto base_url = json.required_text("baseUrl");
  if (!base_url) return;
  if (base_url->find("{{") != 0 && !is_absolute_url(*base_url)) {
    json.report("baseUrl", "a base URL begins with http:// or https://",
                "such as https://api.crm.example/v1", *base_url);
  }
  integration.base_url = json.any("baseUrl", "");
  integration.base_url.visit_references([&](Reference& reference, const std::string&) {
    if (reference.root == Root::settings || reference.root == Root::user) return;
    const auto report = [&](const std::string& why, const std::string& expected) {
      json.report("baseUrl", why, expected, reference.text);
    };
    if (account.link(reference, report)) return;
    json.report("baseUrl", "a base URL may refer to `settings`, `account` and `user` only", {},
                reference.text);
  });
  if (client != nullptr) client->is_base_host_kept = has_account_host(*base_url);
  if (client != nullptr && client->is_base_host_kept && integration.hosts.empty()) {
    json.report("hosts",
                "the host of the base URL comes from the provider: `hosts` say which it may be",
                "such as `*.crm.example`");
  }
}

}  // namespace

std::vector<std::string> credential_fields(const IntegrationAuth& auth) {
  switch (auth.kind) {
    case IntegrationAuth::Kind::none:
      return {};
    case IntegrationAuth::Kind::bearer:
      return {"token"};
    case IntegrationAuth::Kind::basic:
      return {"username", "password"};
    case IntegrationAuth::Kind::header:
    case IntegrationAuth::Kind::query:
      return {"key"};
    case IntegrationAuth::Kind::oauth2:
      return {"accessToken"};
  }
  return {};
}

namespace {

bool is_intent(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::vector<std::string> names_of_intents(std::string_view type, std::string_view name) {
  const std::string own = bare_name(name);
  const std::string prefix = bare_name(type);
  return {own, prefix + own, prefix + "trigger" + own};
}

bool is_intent_of(std::string_view intent, std::string_view type, std::string_view name) {
  if (!is_intent(intent)) return false;
  const auto means = names_of_intents(type, name);
  return std::find(means.begin(), means.end(), bare_name(intent)) != means.end();
}

const IntegrationAction* find_action(const Integration& integration, std::string_view name) {
  return find_by_name_or_intent(integration.actions, integration.type, name);
}

std::string nearest_action(const Integration& integration, std::string_view name) {
  std::vector<std::string> names;
  std::vector<std::string> bare_names;
  for (const auto& [own_name, action] : integration.actions) {
    for (const std::string& prefix : {std::string(), bare_name(integration.type)}) {
      names.push_back(own_name);
      bare_names.push_back(prefix + bare_name(own_name));
    }
  }
  if (std::string nearest = nearest_name(name, names); !nearest.empty()) return nearest;
  const std::string nearest = nearest_name(bare_name(name), bare_names);
  const auto found = std::find(bare_names.begin(), bare_names.end(), nearest);
  return nearest.empty() ? std::string()
                         : names[static_cast<std::size_t>(found - bare_names.begin())];
}

namespace {

/// What comes in from the provider. There was a time when anything could stand there, unread: what is stored and
/// means nothing is passed over.
void read_incoming(ObjectReader& json, Strictness strictness, Integration& integration) {
  Findings passed_over;
  const bool is_new = strictness == Strictness::of_new;
  ObjectReader incoming(integration.definition, "", "", is_new ? json.findings() : passed_over);
  if (integration.resource != nullptr) {
    integration.webhooks = read_webhooks(
        incoming, is_of_project(integration) ? Webhook::Scope::app : Webhook::Scope::user);
    json.refuse("triggers", "a workflow names the webhook of a resource itself");
    json.find("webhooks");
    return;
  }
  integration.webhooks = read_webhooks(incoming);
  integration.triggers = read_offered_triggers(incoming);
  for (const char* const known : {"webhooks", "triggers"}) json.find(known);
}

Result<std::shared_ptr<const Integration>> compile(const std::string& type, const Json& definition,
                                                   Strictness strictness) {
  auto integration = std::make_shared<Integration>();
  integration->type = type;
  integration->definition = definition;
  Findings findings;
  ObjectReader json(definition, "", "", findings);
  if (definition.is_object()) {
    integration->name = json.text("name").value_or(std::string(own_name(type)));
    for (const char* const shown : {"description", "overview", "accentColor"}) json.text(shown);
    integration->is_active = json.boolean("isActive", true);
    std::shared_ptr<Resource> resource;
    if (is_resource_type(type)) resource = std::make_shared<Resource>(read_resource(json));
    integration->resource = resource;
    std::shared_ptr<OAuthClient> client;
    integration->auth = read_auth(json, client, resource.get());
    integration->hosts = read_hosts(json);
    integration->settings = read_settings(json);
    // A resource's own settings lie apart, where nothing but `settings` leads.
    const AccountFields account(
        client.get(), resource == nullptr ? integration->settings : std::vector<Setting>());
    read_base_url(json, *integration, account, client.get());
    read_headers(json, *integration, account);
    integration->answers = read_answer_rules(json);
    integration->rate_limit = read_rate_limit(json);
    integration->actions = read_actions(json, account);
    check_sources(integration->settings, *integration, findings);
    read_incoming(json, strictness, *integration);
    if (resource != nullptr) keep_settings_apart(*integration, json);
    json.finish();
  }
  if (auto verdict = findings.verdict(strictness); !verdict) return verdict.error();
  return std::shared_ptr<const Integration>(std::move(integration));
}

}  // namespace

Result<std::shared_ptr<const Integration>> compile_integration(const std::string& type,
                                                               const Json& definition) {
  return compile(type, definition, Strictness::of_new);
}

Result<std::shared_ptr<const Integration>> compile_stored_integration(const std::string& type,
                                                                      const Json& definition) {
  return compile(type, definition, Strictness::of_stored);
}

}  // namespace millrace
