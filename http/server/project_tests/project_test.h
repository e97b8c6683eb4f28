#pragma once
// One file of a project folder's tests/: a workflow, what it is given, what its peers answer, and what
// is expected of it. docs/command-line.md shows one.
//
//   { "workflow": "lead-to-crm",
//     "user": {"id": "ada", "meta": {…}}, "settings": {…}, "secrets": {"KEY": "…"},
//     "credentials": {"crm": {"token": "…"}},
//     "request": {"headers": {…}, "params": {…}, "body": …},      or, on an app event: "payload": …
//     "mocks": {"upsert": {"statusCode": 201, "headers": {…}, "body": …}},
//     "expect": {"status": "SUCCEEDED", "response": {"statusCode": 200, "body": …},
//                "error": {"code", "stepId"}, "steps": {"upsert": {"status", "input", "output"}},
//                "requests": {"upsert": [{"method", "url", "headers", "body"}]}} }

#include "http/cli/definition_file.h"
#include "http/server/project_tests/mocked_peers.h"
#include "runtime/base/ids.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct ProjectTest {
  DefinitionFile file;
  WorkflowId workflow;
  UserId user;
  JsonObject user_meta;
  JsonObject settings;
  std::map<std::string, std::string> secrets;
  std::map<std::string, JsonObject> credentials;  // the secret fields, by integration
  JsonObject request;
  std::optional<Json> payload;                 // of the app event that starts the workflow
  std::map<std::string, MockedAnswers> mocks;  // by step
  JsonObject expect;
};

/// All of ROOT/tests/*.json, by name. What is wrong with a file goes to `findings`, and the test is left
/// out.
std::vector<ProjectTest> read_project_tests(const std::string& root, FileFindings& findings);

}  // namespace millrace
