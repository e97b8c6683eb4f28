#pragma once
// Everything that can be said of a project folder without a server.

#include "http/cli/project_folder.h"
#include "runtime/functions/function_engine.h"

#include <functional>
#include <memory>

namespace millrace {

/// What compiles the JavaScript of functions; an error when there is nothing here that could.
using MakeFunctionEngine = std::function<Result<std::unique_ptr<FunctionEngine>>()>;

struct FolderCheck {
  FileFindings findings;  // of all files, those of reading the folder included; sorted
  /// The code of functions was not looked at, and why; empty: it was.
  std::string why_no_javascript;
};

/// As the server does it at deploy. `make_engine` is asked only when there is code.
FolderCheck check_folder(const ProjectFolder& folder, const MakeFunctionEngine& make_engine);

}  // namespace millrace
