#include "http/cli/misplaced_files.h"

#include "http/cli/output.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/nearest_name.h"

#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;

enum class Kind : std::uint8_t { json, other_notation, none };

Kind kind_of(const fs::path& path) {
  const std::string extension = lower_case(std::string_view(path.extension().string()));
  if (extension == ".json") return Kind::json;
  for (const std::string_view other : {".yaml", ".yml", ".jsonc", ".json5", ".toml"}) {
    if (extension == other) return Kind::other_notation;
  }
  return Kind::none;
}

std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && name != "node_modules") entries.push_back(entry);
  }
  return entries;
}

/// Has one of the keys that only our definitions have.
bool looks_like_definition(const fs::path& path) {
  const auto text = read_file(path.string());
  if (!text) return false;
  if (kind_of(path) == Kind::other_notation) {
    return text->starts_with("steps:") || text->starts_with("trigger:") ||
           text->find("\nsteps:") != std::string::npos ||
           text->find("\ntrigger:") != std::string::npos;
  }
  const auto json = parse_json(*text);
  const auto* const object = json ? json->if_object() : nullptr;
  return object != nullptr &&
         (object->contains("steps") || object->contains("trigger") || object->contains("baseUrl"));
}

class Search {
 public:
  explicit Search(fs::path root) : root_(std::move(root)) {}

  FileFindings run() {
    for (const auto& entry : entries_of(root_)) {
      entry.is_directory() ? look_at_folder(entry.path()) : look_at_root_file(entry.path());
    }
    return std::move(findings_);
  }

 private:
  void look_at_folder(const fs::path& folder) {
    const std::string name = folder.filename().string();
    if (name == "workflows") return look_at_workflows(folder);
    if (name == "integrations") return look_at_integrations(folder);
    if (name == "tests") return;
    if (name == "events") return look_at_files(folder, "an app event is events/NAME.json");
    if (name == "resources") return look_at_files(folder, "a resource is resources/NAME.json");
    const std::string nearest =
        nearest_name(name, {"workflows", "integrations", "resources", "events", "tests"});
    if (!nearest.empty()) add(folder, "nothing reads this folder; did you mean " + nearest + "/?");
  }

  void look_at_root_file(const fs::path& file) {
    const std::string name = file.filename().string();
    if (name == "project.json" || kind_of(file) == Kind::none) return;
    if (lower_case(std::string_view(file.stem().string())) == "project") {
      add(file, "nothing reads this file; the project's is project.json, in JSON");
    } else if (looks_like_definition(file)) {
      add(file,
          "nothing reads a definition here; a workflow is workflows/NAME.json, an integration "
          "integrations/TYPE/integration.json");
    }
  }

  /// Of a folder with one definition in each file.
  void look_at_files(const fs::path& folder, const std::string& their_place) {
    for (const auto& entry : entries_of(folder)) {
      if (kind_of(entry.path()) == Kind::other_notation) add_other_notation(entry.path());
      if (entry.is_directory()) {
        add(entry.path(), "nothing reads this folder; " + their_place);
      }
    }
  }

  void look_at_workflows(const fs::path& folder) {
    for (const auto& entry : entries_of(folder)) {
      if (entry.is_directory()) {
        look_below_workflows(entry.path());
      } else if (kind_of(entry.path()) == Kind::other_notation) {
        add_other_notation(entry.path());
      } else if (kind_of(entry.path()) == Kind::json && entry.path().extension() != ".json") {
        add(entry.path(), "the name of a definition ends in .json, in small letters");
      }
    }
  }

  /// Code lies there, and perhaps data of its tests.
  void look_below_workflows(const fs::path& folder) {
    std::error_code failed;
    for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
      if (entry.is_directory() || kind_of(entry.path()) == Kind::none) continue;
      if (!looks_like_definition(entry.path())) continue;
      add(entry.path(), "nothing reads a definition below a folder of workflows/; its place is " +
                            (root_ / "workflows" / entry.path().stem()).string() + ".json");
    }
  }

  void look_at_integrations(const fs::path& folder) {
    for (const auto& entry : entries_of(folder)) {
      const fs::path& path = entry.path();
      if (entry.is_directory()) {
        if (!fs::is_regular_file(path / "integration.json")) {
          add(path,
              "the folder of an integration has a file integration.json, and this one has none");
        }
      } else if (kind_of(path) != Kind::none) {
        const std::string place = (folder / path.stem() / "integration.json").string();
        add(path,
            "nothing reads this file; the definition of an integration is in JSON, at " + place);
      }
    }
  }

  void add_other_notation(const fs::path& file) {
    add(file, "nothing reads this file: definitions are written in JSON, with the extension .json");
  }

  void add(const fs::path& file, std::string message) {
    findings_.push_back(finding_in(file.string(), {}, std::move(message)));
  }

  const fs::path root_;
  FileFindings findings_;
};

}  // namespace

FileFindings find_misplaced_files(const std::string& root) { return Search(root).run(); }

}  // namespace millrace
