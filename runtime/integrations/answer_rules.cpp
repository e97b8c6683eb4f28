#include "runtime/integrations/answer_rules.h"

#include "runtime/conditions/read_conditions.h"
#include "runtime/reading/object_reader.h"
#include "runtime/requests/read_request.h"
#include "runtime/requests/response_value.h"
#include "runtime/templates/overlay_scope.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

using Root = Reference::Root;

/// `{{response.body.ok}}` is seen where pagination's conditions see the response: below `self`.
void link_response(ConditionGroups& groups, ObjectReader& json) {
  for (Template* const text : templates_of(groups)) {
    text->visit_references([&](Reference& reference, const std::string& pointer) {
      if (reference.root == Root::step && reference.name == "response") {
        reference.root = Root::self;
        reference.path.emplace_back("response");
        std::rotate(reference.path.begin(), reference.path.end() - 1, reference.path.end());
        return;
      }
      json.findings().push_back(
          finding_at("", pointer, "in `{{" + reference.text + "}}`: it sees the answer alone",
                     "a path such as `response.body.ok`", reference.text));
    });
  }
}

std::vector<std::string> read_codes(ObjectReader& json, std::string_view key) {
  std::vector<std::string> codes;
  const JsonArray* const list = json.array(key);
  if (list == nullptr) return codes;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& given = (*list)[i];
    if (given.is_string()) {
      codes.emplace_back(given.get_string());
    } else if (given.is_number()) {
      codes.push_back(to_text(given));
    } else {
      json.report_mismatch(json.pointer_to(key) + '/' + std::to_string(i),
                           "a code of the provider's", given);
    }
  }
  return codes;
}

/// What a peer says, short enough to stand in a message.
std::string shown(const Json& value) {
  constexpr std::size_t bytes_max = 300;
  if (value.is_null()) return {};
  std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
  if (text.size() <= bytes_max) return text;
  text.resize(bytes_max);
  while (!text.empty() && !is_valid_utf8(text)) text.pop_back();
  return text + "...";
}

bool has(const std::vector<std::string>& codes, const std::string& code) {
  return !code.empty() && std::find(codes.begin(), codes.end(), code) != codes.end();
}

Error error_of(const AnswerRules& rules, int status, const RetryPolicy& policy,
               const std::string& code, const Json& output) {
  Error error =
      is_success(status)
          ? Error(ErrorCode::request_rejected,
                  "the server answered with status " + std::to_string(status) +
                      (code.empty() ? ", but not with what the integration calls a success"
                                    : std::string()))
          : error_of_status(status, policy);
  if (!code.empty()) error.message += " and error \"" + code + '"';
  if (!rules.message.empty()) {
    const std::string said = shown(follow(output, rules.message));
    if (!said.empty() && said != code) error.message += ": " + said;
  }
  return error;
}

}  // namespace

AnswerRules read_answer_rules(ObjectReader& integration) {
  AnswerRules rules;
  if (integration.find("success") != nullptr) {
    rules.success = read_conditions(integration, "success");
    link_response(rules.success, integration);
  }
  const Json* const value = integration.find("errors");
  if (value == nullptr) return rules;
  ObjectReader json(*value, integration.pointer_to("errors"), "", integration.findings());
  if (!value->is_object()) return rules;
  json.require("code", "the path of the provider's code, such as `response.body.error`");
  rules.code = read_response_path(json, "code");
  if (json.find("message") != nullptr) rules.message = read_response_path(json, "message");
  rules.retry = read_codes(json, "retry");
  rules.reconnect = read_codes(json, "reconnect");
  json.finish();
  return rules;
}

std::string code_in(const AnswerRules& rules, const Json& output) {
  return rules.code.empty() ? std::string() : shown(follow(output, rules.code));
}

AnswerVerdict judge_answer(const AnswerRules& rules, const RetryPolicy& policy, const Json& output,
                           const Scope& scope) {
  const int status =
      output.get_object().at("response").get_object().at("statusCode").to_number<int>();
  bool is_good = is_success(status);
  if (is_good && !rules.success.empty()) {
    const OverlayScope with_answer(scope, {.self = &output});
    const auto holds = any_holds(rules.success, with_answer);
    is_good = holds && *holds;
  }
  if (is_good) return {};
  const std::string code = code_in(rules, output);
  Error error = error_of(rules, status, policy, code, output);
  if (has(rules.reconnect, code)) {
    error.code = ErrorCode::credential_invalid;
    error.message += ": the account must be connected again";
    return {std::move(error), true, false};
  }
  const bool may_pass = has(rules.retry, code);
  if (may_pass) error.code = ErrorCode::request_failed;
  return {std::move(error), false, may_pass};
}

}  // namespace millrace
