#pragma once
// A project as a folder of files:
//
//   project.json                         {"id", "name"}, both optional; the file itself is optional
//   integrations/TYPE/integration.json   one integration each
//   workflows/NAME.json                  one definition each; NAME is the workflow's id
//   workflows/*.js                       code of functions, named by "codeFile" beside the definition
//
// Instead of a folder, one definition file may be given.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <string>
#include <vector>

namespace millrace {

struct WorkflowFile {
  WorkflowId id;
  std::string path;
  Json definition;  // with "code" in the place of "codeFile"
};

struct IntegrationFile {
  std::string type;
  std::string path;
  Json definition;
};

struct ProjectFolder {
  std::string project_id;  // from project.json; may be empty
  std::vector<IntegrationFile> integrations;
  std::vector<WorkflowFile> workflows;
};

/// Errors name the file: not_found, invalid_json, invalid_definition (a codeFile that is missing or
/// lies outside the project).
Result<ProjectFolder> read_project_folder(const std::string& path);

}  // namespace millrace
