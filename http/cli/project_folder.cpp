#include "http/cli/project_folder.h"

#include "http/cli/code_files.h"
#include "http/cli/misplaced_files.h"
#include "runtime/integrations/resource.h"
#include "runtime/reading/object_reader.h"

#include <algorithm>
#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

void read_workflow(const fs::path& path, const fs::path& root, ProjectFolder& folder) {
  auto file = read_definition_file(path.string(), folder.findings);
  if (!file) return;
  put_code_in_place(*file, root.string(), folder.findings);
  folder.workflows.push_back({std::move(*file), WorkflowId(path.stem().string())});
}

void read_workflows(const fs::path& root, ProjectFolder& folder) {
  for (const auto& path : sorted_entries(root / "workflows")) {
    if (path.extension() == ".json") read_workflow(path, root, folder);
  }
}

void read_integrations(const fs::path& root, ProjectFolder& folder) {
  for (const auto& path : sorted_entries(root / "integrations")) {
    const fs::path definition = path / "integration.json";
    if (!fs::is_regular_file(definition)) continue;
    auto file = read_definition_file(definition.string(), folder.findings);
    if (!file) continue;
    put_code_in_place(*file, root.string(), folder.findings);
    folder.integrations.push_back({std::move(*file), path.filename().string()});
  }
}

void read_resources(const fs::path& root, ProjectFolder& folder) {
  for (const auto& path : sorted_entries(root / "resources")) {
    if (path.extension() != ".json") continue;
    auto file = read_definition_file(path.string(), folder.findings);
    if (file)
      folder.integrations.push_back({std::move(*file), resource_type(path.stem().string())});
  }
}

void add_findings(const DefinitionFile& file, Findings found, ProjectFolder& folder) {
  if (found.empty()) return;
  for (auto& finding : locate(file, invalid_definition(found.take()))) {
    folder.findings.push_back(std::move(finding));
  }
}

void read_event(const fs::path& path, ProjectFolder& folder) {
  auto file = read_definition_file(path.string(), folder.findings);
  if (!file) return;
  Findings found;
  ObjectReader json(file->definition, "", "", found);
  const std::string name = path.stem().string();
  if (const auto given = json.text("name"); given && *given != name) {
    json.report("name", "an event is named as its file", name, *given);
  }
  const Json* const schema = json.find("schema");
  Json example = schema == nullptr ? Json(JsonObject()) : *schema;
  json.finish();
  add_findings(*file, std::move(found), folder);
  folder.events.push_back({std::move(*file), name, std::move(example)});
}

void read_events(const fs::path& root, ProjectFolder& folder) {
  for (const auto& path : sorted_entries(root / "events")) {
    if (path.extension() == ".json") read_event(path, folder);
  }
}

void read_project_file(const fs::path& path, ProjectFolder& folder) {
  if (!fs::exists(path)) return;
  const auto file = read_definition_file(path.string(), folder.findings);
  if (!file) return;
  Findings found;
  ObjectReader json(file->definition, "", "", found);
  folder.project_id = json.text("id").value_or("");
  json.text("name");
  json.finish();
  add_findings(*file, std::move(found), folder);
}

}  // namespace

Result<ProjectFolder> read_project_folder(const std::string& path) {
  ProjectFolder folder;
  const fs::path root(path);
  if (fs::is_regular_file(root)) {
    const fs::path parent = root.parent_path();
    read_workflow(root, parent.empty() ? fs::path(".") : parent, folder);
    return folder;
  }
  const bool is_folder = fs::is_directory(root / "workflows") ||
                         fs::is_directory(root / "integrations") ||
                         fs::is_directory(root / "resources");
  if (!is_folder) {
    return Error(ErrorCode::invalid_request,
                 path + " is neither a definition file nor a folder with workflows/*.json");
  }
  read_project_file(root / "project.json", folder);
  read_events(root, folder);
  read_integrations(root, folder);
  read_resources(root, folder);
  read_workflows(root, folder);
  for (auto& finding : find_misplaced_files(path)) folder.findings.push_back(std::move(finding));
  if (folder.workflows.empty() && folder.integrations.empty() && folder.findings.empty()) {
    return Error(ErrorCode::invalid_request,
                 "there is no workflow and no integration in " + path +
                     ": put workflows/NAME.json or integrations/TYPE/integration.json there");
  }
  return folder;
}

}  // namespace millrace
