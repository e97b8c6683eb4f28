#pragma once
// Files of a project folder that look as if they were meant for Millrace, but that nothing reads:
// a definition in YAML, integrations/crm.json, a folder called workflow.

#include "http/cli/definition_file.h"

#include <string>

namespace millrace {

/// Each with where it should be. Files that are none of ours (code, notes, package.json) are left in
/// peace; hidden folders and node_modules are not entered.
FileFindings find_misplaced_files(const std::string& root);

}  // namespace millrace
