// `millrace validate`: all findings about a folder of files, without a server.

#include "http/cli/check_folder.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "http/cli/terminal.h"
#include "runtime/integrations/resource.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct ValidateOptions {
  std::string folder;
  bool json = false;
};

bool is_valid(const DefinitionFile& file, const FileFindings& findings) {
  return std::none_of(findings.begin(), findings.end(), [&](const FileFinding& finding) {
    if (finding.file == file.path) return true;
    return std::any_of(file.code_files.begin(), file.code_files.end(),
                       [&](const auto& code) { return code.second == finding.file; });
  });
}

void print_json(const ProjectFolder& folder, const FolderCheck& check) {
  JsonArray files;
  JsonArray findings;
  for (const auto& file : folder.events) {
    files.push_back(JsonObject{
        {"file", file.path}, {"event", file.name}, {"valid", is_valid(file, check.findings)}});
  }
  for (const auto& file : folder.integrations) {
    files.push_back(
        JsonObject{{"file", file.path},
                   {is_resource_type(file.type) ? "resource" : "integration", own_name(file.type)},
                   {"valid", is_valid(file, check.findings)}});
  }
  for (const auto& file : folder.workflows) {
    files.push_back(JsonObject{{"file", file.path},
                               {"workflow", file.id.text},
                               {"valid", is_valid(file, check.findings)}});
  }
  for (const auto& finding : check.findings) findings.push_back(finding_json(finding));
  std::cout << to_text(JsonObject{{"valid", check.findings.empty()},
                                  {"files", std::move(files)},
                                  {"findings", std::move(findings)},
                                  {"javascriptChecked", check.why_no_javascript.empty()}})
            << std::endl;
}

void print_text(const ProjectFolder& folder, const FolderCheck& check) {
  const auto print = [&](const DefinitionFile& file) {
    if (!is_valid(file, check.findings)) return;
    std::cout << file.path << ": " << painted("valid", Colour::green, Stream::output) << "\n";
  };
  for (const auto& file : folder.events) print(file);
  for (const auto& file : folder.integrations) print(file);
  for (const auto& file : folder.workflows) print(file);
  std::cout << std::flush;
  print_findings(check.findings);
  if (!check.why_no_javascript.empty()) {
    std::cerr << "millrace: the code of functions was not checked: " << check.why_no_javascript
              << std::endl;
  }
  if (check.findings.empty()) return;
  std::cerr << "millrace: " << check.findings.size()
            << (check.findings.size() == 1 ? " finding" : " findings") << std::endl;
}

int validate(const ValidateOptions& options, const MakeFunctionEngine& make_engine) {
  const auto folder = read_project_folder(options.folder);
  if (!folder) {
    return complain(folder.error(), options.json ? OutputFormat::json : OutputFormat::text);
  }
  const FolderCheck check = check_folder(*folder, make_engine);
  options.json ? print_json(*folder, check) : print_text(*folder, check);
  return check.findings.empty() ? exit_codes::done : exit_codes::refused;
}

}  // namespace

void add_validate_command(CLI::App& app, int& exit_code, MakeFunctionEngine make_engine) {
  auto options = std::make_shared<ValidateOptions>();
  auto* command = app.add_subcommand(
      "validate", "Check a folder of integrations and workflows without a server.");
  command->add_option("folder", options->folder, "project folder, or one definition file")
      ->required();
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, make_engine = std::move(make_engine), &exit_code] {
    exit_code = validate(*options, make_engine);
  });
}

}  // namespace millrace
