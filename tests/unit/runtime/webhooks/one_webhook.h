#pragma once
// What the tests of webhooks share: an integration with one webhook, compiled from JSON text.

#include "runtime/integrations/integration.h"
#include "tests/support/catch.h"

#include <string>

namespace millrace {

inline std::string with_webhooks(const std::string& webhooks, const std::string& triggers = "{}") {
  return R"({"baseUrl": "https://api.crm.example", "webhooks": )" + webhooks + R"(, "triggers": )" +
         triggers + "}";
}

/// The webhook `w`, whose other keys `more` are.
inline Webhook webhook_of(const std::string& more, const std::string& scope = "user") {
  const auto json =
      parse_json(with_webhooks(R"({"w": {"scope": ")" + scope + "\", " + more + "}}"));
  REQUIRE(json.ok());
  const auto compiled = compile_integration("crm", *json);
  if (!compiled) FAIL(compiled.error().message + ": " + compiled.error().details.at(0).message);
  return (*compiled)->webhooks.at("w");
}

inline std::vector<ErrorDetail> webhook_findings(const std::string& webhooks,
                                                 const std::string& triggers = "{}") {
  const auto json = parse_json(with_webhooks(webhooks, triggers));
  REQUIRE(json.ok());
  const auto compiled = compile_integration("crm", *json);
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().code == ErrorCode::invalid_definition);
  return compiled.error().details;
}

}  // namespace millrace
