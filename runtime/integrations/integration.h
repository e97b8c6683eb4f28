#pragma once
// An integration as workflows use it: where a third-party API is, how a connected user's credential is
// put into its requests, and the actions it declares. Compiled from the user's JSON, immutable, shared
// by many threads.
//
//   PUT /projects/{p}/integrations/crm
//   { "name": "CRM", "baseUrl": "https://api.crm.example/v1", "hosts": ["*.crm.example"],
//     "isActive": true,
//     "auth": { "type": "bearer" },
//     "actions": { "createContact": { "method": "POST", "path": "/contacts", "bodyType": "json",
//        "body": "{{parameters}}", "result": "response.body.data",
//        "parameters": { "email": { "type": "string", "required": true } } } },
//     "settings": [ { "id": "channel", "type": "text", "required": true } ],
//     "headers": { "Accept": "application/json" },
//     "success": ..., "errors": ...,      answer_rules.h
//     "rateLimit": ... }                  rate_limit.h
//
// A place `{contactId}` in an action's path is a parameter that is one segment of it whatever it holds: encoded,
// and never empty.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/filters/filter.h"
#include "runtime/integrations/answer_rules.h"
#include "runtime/integrations/rate_limit.h"
#include "runtime/integrations/setting.h"
#include "runtime/requests/request_template.h"
#include "runtime/webhooks/webhook.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct OAuthClient;  // runtime/oauth/oauth_client.h
struct Resource;     // runtime/integrations/resource.h

/// Where the credential's fields go in a request.
struct IntegrationAuth {
  enum class Kind : std::uint8_t {
    none,
    bearer,  // field `token`
    basic,   // fields `username`, `password`
    header,  // field `key`, in the header `name`
    query,   // field `key`, in the parameter `name`
    oauth2,  // field `accessToken`
  };
  Kind kind = Kind::none;
  std::string name;
  std::shared_ptr<const OAuthClient> oauth{};  // of oauth2: how its users sign in
};

/// The fields that a credential of this kind must have, each a non-empty string.
std::vector<std::string> credential_fields(const IntegrationAuth& auth);

struct ActionParameter {
  enum class Type : std::uint8_t { any, string, number, boolean, object, array, filter };
  std::string name;
  Type type = Type::any;
  bool is_required = false;
  FilterLanguage language = FilterLanguage::soql;  // of a filter: what it is rendered as
};

struct IntegrationAction {
  std::string name;
  RequestTemplate request;  // its URL is a path below the base URL
  std::vector<ActionParameter> parameters;
  /// Those that are a segment of the path, `{contactId}`.
  std::vector<std::string> path_parameters;
  /// Where the result lies in the step's response: {"response": {...}} -> `result`.
  std::vector<PathSegment> result;
};

struct Integration {
  std::string type;  // "crm", "custom.<slug>"
  std::string name;
  bool is_active = true;
  Template base_url;  // may refer to `settings`, `user` and `account`
  Template
      headers;  // an object: of every request that has none of that name itself; may name secrets
  std::vector<std::string> header_secrets{};
  /// Where the credential may go besides the base URL, over https: "files.crm.example", "*.crm.example".
  std::vector<std::string> hosts;
  IntegrationAuth auth;
  std::map<std::string, IntegrationAction, std::less<>> actions;
  std::vector<Setting> settings;
  Webhooks webhooks;
  OfferedTriggers triggers;
  AnswerRules answers;
  std::optional<RateLimit> rate_limit;
  /// Of the company's own API; null: it is a third party's.
  std::shared_ptr<const Resource> resource{};
  Json definition;  // as given
};

/// Error `invalid_definition` with all findings at once, as for workflows.
Result<std::shared_ptr<const Integration>> compile_integration(const std::string& type,
                                                               const Json& definition);

/// The intents that mean what an integration declares as `name`, as bare names (text/bare_name.h).
std::vector<std::string> names_of_intents(std::string_view type, std::string_view name);

/// True if `intent` means what an integration declares as `name`: prefix and name in upper snake case, as
/// the original writes them (`SLACK_SEND_MESSAGE` is `sendMessage` of `slack`, `SLACK_TRIGGER_NEW_MESSAGE` its
/// `newMessage`).
bool is_intent_of(std::string_view intent, std::string_view type, std::string_view name);

/// What is declared under that name, or the only one of which that is the intent. Null if there is none.
template <class Declared>
const Declared* find_by_name_or_intent(const std::map<std::string, Declared, std::less<>>& declared,
                                       std::string_view type, std::string_view name) {
  const auto exact = declared.find(name);
  if (exact != declared.end()) return &exact->second;
  const Declared* found = nullptr;
  for (const auto& [own_name, each] : declared) {
    if (!is_intent_of(name, type, own_name)) continue;
    if (found != nullptr) return nullptr;  // which of them is not for us to guess
    found = &each;
  }
  return found;
}

/// The action of that name or intent. Null if there is none.
const IntegrationAction* find_action(const Integration& integration, std::string_view name);

/// The integrations of one project, as deploying a workflow sees them.
class IntegrationCatalog {
 public:
  virtual ~IntegrationCatalog() = default;
  /// Null if there is none of that type.
  virtual std::shared_ptr<const Integration> find_integration(std::string_view type) const = 0;
  virtual std::vector<std::string> integration_types() const = 0;  // for messages
};

}  // namespace millrace
