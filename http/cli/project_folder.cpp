#include "http/cli/project_folder.h"

#include "http/cli/output.h"

#include <algorithm>
#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;

Result<Json> read_json(const fs::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  auto value = parse_json(*text);
  if (!value) return Error(value.error().code, path.string() + ": " + value.error().message);
  return value;
}

/// Code may lie anywhere in the project, but a definition must not be able to publish other files
/// of the machine it is deployed from.
bool is_inside(const fs::path& file, const fs::path& root) {
  std::error_code failed;
  const auto relative = fs::relative(file, root, failed);
  return !failed && !relative.empty() && *relative.begin() != "..";
}

class CodeInliner {
 public:
  CodeInliner(fs::path folder, fs::path root)
      : folder_(std::move(folder)), root_(std::move(root)) {}

  Outcome visit(Json& value) {
    if (auto* array = value.if_array()) {
      for (auto& element : *array) {
        if (auto visited = visit(element); !visited) return visited;
      }
    } else if (auto* object = value.if_object()) {
      if (object->contains("codeFile")) return replace(*object);
      for (auto& member : *object) {
        if (auto visited = visit(member.value()); !visited) return visited;
      }
    }
    return Done{};
  }

 private:
  Outcome replace(JsonObject& step) const {
    const Json name = step["codeFile"];
    if (!name.is_string()) {
      return Error(ErrorCode::invalid_definition, "\"codeFile\" must be the name of a file");
    }
    const fs::path file = folder_ / std::string(name.get_string());
    if (!is_inside(file, root_)) {
      return Error(ErrorCode::invalid_definition,
                   "the code file " + file.string() + " lies outside the project's folder");
    }
    const auto code = read_file(file);
    if (!code) return code.error();
    step.erase("codeFile");
    step["code"] = *code;
    return Done{};
  }

  const fs::path folder_;
  const fs::path root_;
};

Result<WorkflowFile> read_workflow(const fs::path& path, const fs::path& root) {
  auto definition = read_json(path);
  if (!definition) return definition.error();
  // Only steps have code; elsewhere the name may be anything.
  if (auto* object = definition->if_object()) {
    if (auto* steps = object->if_contains("steps")) {
      const auto inlined = CodeInliner(path.parent_path(), root).visit(*steps);
      if (!inlined) {
        return Error(inlined.error().code, path.string() + ": " + inlined.error().message);
      }
    }
  }
  return WorkflowFile{WorkflowId(path.stem().string()), path.string(), std::move(*definition)};
}

Result<std::string> read_project_id(const fs::path& path) {
  if (!fs::exists(path)) return std::string();
  const auto project = read_json(path);
  if (!project) return project.error();
  const auto* object = project->if_object();
  const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
  return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string();
}

Result<std::vector<IntegrationFile>> read_integrations(const fs::path& folder) {
  std::vector<IntegrationFile> integrations;
  if (!fs::is_directory(folder)) return integrations;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path file = entry.path() / "integration.json";
    if (fs::is_regular_file(file)) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto definition = read_json(file);
    if (!definition) return definition.error();
    integrations.push_back(
        {file.parent_path().filename().string(), file.string(), std::move(*definition)});
  }
  return integrations;
}

}  // namespace

Result<ProjectFolder> read_project_folder(const std::string& path) {
  ProjectFolder folder;
  const fs::path root(path);
  std::vector<fs::path> files;
  fs::path code_root = root;
  if (fs::is_regular_file(root)) {
    files.push_back(root);
    code_root = root.parent_path().empty() ? fs::path(".") : root.parent_path();
  } else if (fs::is_directory(root / "workflows")) {
    for (const auto& entry : fs::directory_iterator(root / "workflows")) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    auto id = read_project_id(root / "project.json");
    if (!id) return id.error();
    folder.project_id = std::move(*id);
    auto integrations = read_integrations(root / "integrations");
    if (!integrations) return integrations.error();
    folder.integrations = std::move(*integrations);
  } else {
    return Error(ErrorCode::not_found,
                 path + " is neither a definition file nor a folder with workflows/*.json");
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto workflow = read_workflow(file, code_root);
    if (!workflow) return workflow.error();
    folder.workflows.push_back(std::move(*workflow));
  }
  return folder;
}

}  // namespace millrace
