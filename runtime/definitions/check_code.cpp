#include "runtime/definitions/check_code.h"

#include "runtime/definitions/code_hint.h"

#include <utility>

namespace millrace {
namespace {

constexpr const char* wanted = "a JavaScript function";

}  // namespace

std::optional<ErrorDetail> finding_in_code(FunctionEngine& functions, const std::string& code,
                                           const std::string& step, const std::string& pointer) {
  const auto checked = functions.check(code);
  if (checked) {
    std::string why = why_no_function(code);
    if (why.empty()) return std::nullopt;
    return finding_at(step, pointer, std::move(why), wanted);
  }
  const CodePlace place = place_in_code(checked.error().message);
  const std::string hint = hint_of_code(code);
  ErrorDetail finding = finding_at(
      step, pointer, checked.error().message + (hint.empty() ? hint : "; " + hint), wanted);
  finding.line = place.line;
  finding.column = place.column;
  return finding;
}

Outcome check_webhook_code(const Integration& integration, FunctionEngine& functions) {
  std::vector<ErrorDetail> findings;
  for (const auto& [name, webhook] : integration.webhooks) {
    const auto* const check = std::get_if<CodeCheck>(&webhook.verify);
    if (check == nullptr || check->code.empty()) continue;
    auto finding = finding_in_code(functions, check->code, "",
                                   "/webhooks/" + pointer_token(name) + "/verify/code");
    if (finding) findings.push_back(std::move(*finding));
  }
  if (findings.empty()) return Done{};
  return invalid_definition(std::move(findings));
}

}  // namespace millrace
