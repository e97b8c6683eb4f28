#pragma once
// "codeFile": a function's code in a file beside the definition.

#include "http/cli/definition_file.h"

#include <string>

namespace millrace {

/// Puts the text of each "codeFile" in the place of the name, as "code". Only steps, and webhooks that
/// are verified by code, have any. Files outside of `root` are refused: a definition must not be able to publish
/// other files of the machine that it is deployed from. What is wrong goes to `findings`; the step then has no code.
void put_code_in_place(DefinitionFile& workflow, const std::string& root, FileFindings& findings);

/// The text of the definition as it was written, with "code" in the place of "codeFile": what is deployed keeps what no
/// parsed value holds (runtime/drafts/raw_json.h).
std::string text_to_deploy(const DefinitionFile& workflow);

}  // namespace millrace
