#include "http/cli/code_files.h"

#include "runtime/drafts/raw_json.h"

#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;

/// What a step gets whose file is missing, so that the code is not reported missing as well.
constexpr std::string_view no_code = "() => null";

bool is_inside(const fs::path& file, const fs::path& root) {
  std::error_code failed;
  const auto relative = fs::relative(file, root, failed);
  return !failed && !relative.empty() && *relative.begin() != "..";
}

class CodeInliner {
 public:
  CodeInliner(DefinitionFile& workflow, const std::string& root, FileFindings& findings)
      : workflow_(workflow), root_(root), findings_(findings) {}

  void visit(Json& value, const std::string& pointer) {
    if (auto* array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        visit((*array)[i], pointer + '/' + std::to_string(i));
      }
    } else if (auto* object = value.if_object()) {
      if (object->contains("codeFile")) return replace(*object, pointer);
      for (auto& member : *object) {
        visit(member.value(), pointer + '/' + pointer_token(member.key()));
      }
    }
  }

 private:
  void replace(JsonObject& step, const std::string& pointer) {
    const Json name = step["codeFile"];
    step.erase("codeFile");
    const bool has_both = step.contains("code");
    step["code"] = no_code;
    if (has_both) return add(pointer, "`code` and `codeFile` exclude each other");
    if (!name.is_string()) return add(pointer, "\"codeFile\" must be the name of a file");
    const fs::path file = (fs::path(workflow_.path).parent_path() / std::string(name.get_string()))
                              .lexically_normal();
    if (!is_inside(file, root_)) {
      return add(pointer, "the code file " + file.string() + " lies outside the project's folder");
    }
    if (!fs::is_regular_file(file)) {
      return add(pointer, "the file " + file.string() + " cannot be read");
    }
    const auto code = read_text_file(file.string(), findings_);
    if (!code) return;
    step["code"] = *code;
    workflow_.code_files[pointer + "/code"] = file.string();
  }

  void add(const std::string& step, std::string message) {
    const std::string pointer = step + "/codeFile";
    auto finding = finding_in(workflow_.path, workflow_.places.find(pointer), std::move(message));
    finding.detail.path = pointer;
    findings_.push_back(std::move(finding));
  }

  DefinitionFile& workflow_;
  const fs::path root_;
  FileFindings& findings_;
};

}  // namespace

void put_code_in_place(DefinitionFile& workflow, const std::string& root, FileFindings& findings) {
  auto* const object = workflow.definition.if_object();
  for (const char* const part : {"steps", "webhooks"}) {
    auto* const found = object != nullptr ? object->if_contains(part) : nullptr;
    if (found == nullptr) continue;
    CodeInliner(workflow, root, findings).visit(*found, std::string("/") + part);
  }
}

std::string text_to_deploy(const DefinitionFile& workflow) {
  std::string text = compact_json(workflow.text);
  for (const auto& [pointer, file] : workflow.code_files) {
    const std::string holder = pointer.substr(0, pointer.rfind('/'));
    boost::json::error_code none;
    const Json* const code = workflow.definition.find_pointer(pointer, none);
    for (const RawMember& member : members_of(value_at(text, holder))) {
      if (member.key != "codeFile" || code == nullptr) continue;
      const auto begin = static_cast<std::size_t>(member.key_token.data() - text.data());
      const auto end =
          static_cast<std::size_t>(member.value.data() - text.data()) + member.value.size();
      text.replace(begin, end - begin, "\"code\":" + to_text(*code));
      break;  // the views are of the text before
    }
  }
  return text;
}

}  // namespace millrace
