#pragma once
// One JSON file of a project folder, with the places of its values, so that what is wrong with the
// definition can be shown as FILE:LINE:COLUMN.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/reading/json_places.h"

#include <map>
#include <string>
#include <vector>

namespace millrace {

/// Line and column of the detail are those of the file.
struct FileFinding {
  std::string file;
  ErrorDetail detail;
};
using FileFindings = std::vector<FileFinding>;

FileFinding finding_in(std::string file, TextPlace place, std::string message);

struct DefinitionFile {
  std::string path;
  Json definition;  // of a workflow with "code" in the place of "codeFile"
  JsonPlaces places;
  std::map<std::string, std::string> code_files;  // by the JSON pointer of the "code" they became
  std::string text{};                             // as it was written, "codeFile" too
};

/// Adds to `findings`, and returns nothing, when the file cannot be read, is no UTF-8 or no JSON, or
/// has a key twice. A byte order mark is no fault.
std::optional<DefinitionFile> read_definition_file(const std::string& path, FileFindings& findings);

/// The text of a file in UTF-8, without byte order mark; otherwise adds to `findings`.
std::optional<std::string> read_text_file(const std::string& path, FileFindings& findings);

/// What the compiler or the server found in the definition of this file. A mistake in a function whose
/// code has a file of its own stands in that file.
FileFindings locate(const DefinitionFile& file, const Error& error);

}  // namespace millrace
