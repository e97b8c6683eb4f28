#include "runtime/integrations/credential_input.h"

#include "runtime/reading/findings.h"
#include "runtime/text/header_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

using Names = std::vector<std::string>;

class InputCheck {
 public:
  void add(std::string path, std::string message, std::string expected = {}, std::string got = {},
           std::string nearest = {}) {
    findings_.push_back(finding_at("", std::move(path), std::move(message), std::move(expected),
                                   std::move(got), std::move(nearest)));
  }

  void refuse_others(const JsonObject& object, const std::string& path, const Names& known) {
    for (const auto& member : object) {
      const std::string key(member.key());
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const bool is_status = path.empty() && key == "status";
      add(path + "/" + pointer_token(key),
          is_status ? "the status follows from what the provider answers and cannot be written"
                    : "this is not known here",
          {}, {}, nearest_name(key, known));
    }
  }

  /// The member of that kind; null when it is absent or, with a finding, of another kind.
  const Json* member(const JsonObject& object, const std::string& path, const char* key,
                     boost::json::kind kind, const char* expected) {
    const Json* const value = object.if_contains(key);
    if (value == nullptr || value->kind() == kind) return value;
    add(path + "/" + key, std::string("must be ") + expected, expected,
        std::string(kind_name(*value)));
    return nullptr;
  }

  Outcome outcome(const std::string& message) && {
    if (findings_.empty()) return Done{};
    return Error(ErrorCode::invalid_request, message, findings_.take());
  }

 private:
  Findings findings_;
};

constexpr auto an_object = boost::json::kind::object;

/// What `given` makes of a workflow's configuration.
Json configured(const Json* before, const Json& given, const std::string& path, InputCheck& check) {
  if (!given.is_object()) {
    check.add(path, "must be an object with \"enabled\" and \"settings\", or null", "object",
              std::string(kind_name(given)));
    return nullptr;
  }
  const JsonObject& object = given.get_object();
  check.refuse_others(object, path, {"enabled", "settings"});
  const Json* const enabled =
      check.member(object, path, "enabled", boost::json::kind::bool_, "a boolean");
  const Json* const settings = check.member(object, path, "settings", an_object, "an object");
  JsonObject next{{"enabled", false}, {"settings", JsonObject()}};
  if (before != nullptr && before->is_object()) next = before->get_object();
  if (enabled != nullptr) next["enabled"] = *enabled;
  if (settings != nullptr) next["settings"] = *settings;
  return next;
}

}  // namespace

Outcome check_credential_fields(const IntegrationAuth& auth, const JsonObject& fields) {
  InputCheck check;
  const Names required = credential_fields(auth);
  Names known = required;
  if (auth.kind == IntegrationAuth::Kind::oauth2) {
    known.insert(known.end(), {"refreshToken", "expiresAt"});
  }
  for (const auto& name : known) {
    const Json* const value = fields.if_contains(name);
    const std::string path = "/credentials/" + name;
    if (value == nullptr) {
      const bool is_required = std::find(required.begin(), required.end(), name) != required.end();
      if (is_required) check.add(path, "the field \"" + name + "\" is missing", "string");
    } else if (!value->is_string()) {
      check.add(path, "must be a string", "string", std::string(kind_name(*value)));
    } else if (value->get_string().empty()) {
      check.add(path, "must not be empty", "string", "an empty string");
    } else if (!is_header_value(value->get_string())) {
      // No request could be made of it, and where it was pasted from it may have got a line break too many.
      check.add(path, "must be one line without control characters", "one line",
                "a line break or another control character");
    }
  }
  check.refuse_others(fields, "/credentials", known);
  return std::move(check).outcome("the credentials do not fit the integration: see the details");
}

Outcome configure_credential(Credential& credential, const JsonObject& patch) {
  InputCheck check;
  check.refuse_others(patch, "", {"config"});
  JsonObject workflows = credential.configured_workflows;
  JsonObject shared = credential.shared_settings;
  if (const Json* const config = check.member(patch, "", "config", an_object, "an object")) {
    const JsonObject& object = config->get_object();
    check.refuse_others(object, "/config", {"configuredWorkflows", "sharedSettings"});
    if (const Json* const given =
            check.member(object, "/config", "configuredWorkflows", an_object, "an object")) {
      for (const auto& member : given->get_object()) {
        const std::string path = "/config/configuredWorkflows/" + pointer_token(member.key());
        if (member.value().is_null()) {
          workflows.erase(member.key());
        } else {
          workflows[member.key()] =
              configured(workflows.if_contains(member.key()), member.value(), path, check);
        }
      }
    }
    if (const Json* const given =
            check.member(object, "/config", "sharedSettings", an_object, "an object")) {
      shared = given->get_object();
    }
  }
  auto outcome = std::move(check).outcome(
      "the credential cannot be changed like this: see the "
      "details");
  if (!outcome) return outcome;
  credential.configured_workflows = std::move(workflows);
  credential.shared_settings = std::move(shared);
  return outcome;
}

}  // namespace millrace
