#pragma once
// What the tests of definitions share: compile JSON text, and look at one finding.

#include "runtime/definitions/compile_workflow.h"
#include "runtime/integrations/integration_set.h"
#include "tests/support/catch.h"

#include <string>

namespace millrace {

inline WorkflowIdentity test_identity() {
  return {ProjectId("acme"), WorkflowId("lead-to-crm"), 3};
}

/// What the project has connected: "salesforce", and "crm" with some actions.
inline const IntegrationSet& test_integrations() {
  static const IntegrationSet integrations = [] {
    IntegrationSet made;
    const char* const crm = R"json({
      "name": "CRM", "baseUrl": "https://api.crm.example/v1", "auth": {"type": "bearer"},
      "actions": {
        "createContact": {"method": "POST", "path": "/contacts", "bodyType": "json",
          "body": "{{parameters}}", "result": "response.body.data",
          "parameters": {"email": {"type": "string", "required": true}, "age": {"type": "number"},
                         "tags": {"type": "array"}, "vip": {"type": "boolean"},
                         "address": {"type": "object"}, "note": {"type": "any"}}},
        "listContacts": {"method": "GET", "path": "/contacts",
          "pagination": {"output": "response.body.items", "pageToken": "response.body.next"}},
        "signedPing": {"method": "GET", "path": "/ping",
          "headers": {"x-signature": "{{secrets.CRM_SIGNATURE}}"}}}})json";
    const char* const salesforce = R"json({"baseUrl": "https://sf.example"})json";
    REQUIRE(made.put("crm", *parse_json(crm)).ok());
    REQUIRE(made.put("salesforce", *parse_json(salesforce)).ok());
    return made;
  }();
  return integrations;
}

inline Result<std::shared_ptr<const Workflow>> compile_text(const std::string& text) {
  const auto json = parse_json(text);
  REQUIRE(json.ok());
  return compile_workflow(*json, test_identity(), &test_integrations());
}

/// A workflow of these steps (JSON, without the brackets around them) that must be valid.
inline std::shared_ptr<const Workflow> compile_steps(const std::string& steps) {
  const auto compiled = compile_text(R"({"trigger":{"type":"request"},"steps":[)" + steps + "]}");
  if (!compiled) FAIL(compiled.error().message);
  return *compiled;
}

/// The findings of a definition that must not be valid.
inline std::vector<ErrorDetail> findings_of_text(const std::string& text) {
  const auto compiled = compile_text(text);
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().code == ErrorCode::invalid_definition);
  return compiled.error().details;
}

inline std::vector<ErrorDetail> findings_of_steps(const std::string& steps) {
  return findings_of_text(R"({"trigger":{"type":"request"},"steps":[)" + steps + "]}");
}

/// The one finding of these steps.
inline ErrorDetail finding_of_steps(const std::string& steps) {
  const auto findings = findings_of_steps(steps);
  std::string all;
  for (const auto& finding : findings) all += finding.path + ": " + finding.message + '\n';
  INFO(steps << '\n' << all);
  REQUIRE(findings.size() == 1);
  return findings[0];
}

}  // namespace millrace
