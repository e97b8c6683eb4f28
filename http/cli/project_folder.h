#pragma once
// A project as a folder of files:
//
//   project.json                         {"id", "name"}, both optional; the file itself is optional
//   integrations/TYPE/integration.json   one integration each
//   resources/NAME.json                  one resource each
//   events/NAME.json                     {"schema": an example payload}, one app event each
//   workflows/NAME.json                  one definition each; NAME is the workflow's id
//   workflows/**/*.js                    code of functions, named by "codeFile" beside the definition
//
// Instead of a folder, one definition file may be given.

#include "http/cli/definition_file.h"
#include "runtime/base/ids.h"

#include <string>
#include <vector>

namespace millrace {

struct WorkflowFile : DefinitionFile {
  WorkflowId id;
};

struct IntegrationFile : DefinitionFile {
  std::string type;  // of a resource, too: runtime/integrations/resource.h
};

struct EventFile : DefinitionFile {
  std::string name;
  Json schema;
};

struct ProjectFolder {
  std::string project_id;  // from project.json; may be empty
  std::vector<EventFile> events;
  std::vector<IntegrationFile> integrations;
  std::vector<WorkflowFile> workflows;
  /// What is wrong with the files, of all of them: a file that cannot be read is missing above and
  /// hides nothing of the others. Misplaced files are named too.
  FileFindings findings;
};

/// Error invalid_request: there is neither such a file nor such a folder, or nothing in it.
Result<ProjectFolder> read_project_folder(const std::string& path);

}  // namespace millrace
