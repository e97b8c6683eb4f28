#pragma once
// What an integration says of its answers, beyond their status:
//
//   "success": [[{"variable": "{{response.body.ok}}", "operator": "BooleanTrue"}]],
//   "errors": {"code": "response.body.error", "message": "response.body.detail",
//              "retry": ["ratelimited"], "reconnect": ["token_revoked"]}
//
// `success` must hold beside a status of 200 to 299, or the step has failed: Slack answers 200 with `ok: false`. A
// condition that cannot be told (a text where a boolean should be) does not hold.
//
// `errors` reads the provider's own code, which the step's error then names. A code in `retry` may get better
// whatever the status says (a 400, a 200); one in `reconnect` means that the account's token is worth nothing any
// more. Pure.

#include "runtime/base/result.h"
#include "runtime/conditions/condition.h"
#include "runtime/retries/retry_policy.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace {

class ObjectReader;

struct AnswerRules {
  ConditionGroups success;        // over `response`; empty: the status alone
  std::vector<PathSegment> code;  // below {"response": ...}; empty: the answer has none
  std::vector<PathSegment> message;
  std::vector<std::string> retry;
  std::vector<std::string> reconnect;
};

AnswerRules read_answer_rules(ObjectReader& integration);

struct AnswerVerdict {
  std::optional<Error> error{};  // nothing: it is a success
  bool must_reconnect = false;
  bool may_pass = false;  // its code is one in `retry`
};

/// `output` is {"response": {"statusCode", "headers", "body"}}. Errors: request_failed, request_rejected, or
/// credential_invalid when the account is to be connected again.
AnswerVerdict judge_answer(const AnswerRules& rules, const RetryPolicy& policy, const Json& output,
                           const Scope& scope);

/// The provider's own code in an answer, as text; empty: there is none.
std::string code_in(const AnswerRules& rules, const Json& output);

}  // namespace millrace
