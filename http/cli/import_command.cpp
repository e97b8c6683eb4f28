// `millrace import`: a whole build of the original platform comes into a project, and a report says what
// has become of each thing in it.

#include "http/cli/api_client.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "runtime/reading/findings.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct ImportOptions {
  ApiTarget target;
  std::string file;
  bool replace = false;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::json : OutputFormat::text; }
};

std::string text_of(const JsonObject& object, std::string_view key) {
  const Json* const member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

const JsonArray& list_of(const JsonObject& object, std::string_view key) {
  static const JsonArray none;
  const Json* const member = object.if_contains(key);
  return member != nullptr && member->is_array() ? member->get_array() : none;
}

void print_item(const JsonObject& item) {
  std::string outcome = text_of(item, "outcome");
  if (outcome == "left_out") outcome = "left out";
  std::cout << text_of(item, "kind") << ' ' << text_of(item, "id");
  if (const auto name = text_of(item, "name"); !name.empty()) std::cout << " (" << name << ')';
  std::cout << ": " << outcome << '\n';
  for (const Json& each : list_of(item, "findings")) {
    if (!each.is_object()) continue;
    const JsonObject& finding = each.get_object();
    const ErrorDetail detail =
        finding_at(text_of(finding, "step"), text_of(finding, "path"), text_of(finding, "message"),
                   {}, {}, text_of(finding, "nearest"));
    std::cout << finding_line(detail) << " [" << text_of(finding, "code") << "]\n";
  }
}

/// True if something was left out.
bool print_report(const JsonObject& report, OutputFormat format) {
  bool is_complete = true;
  for (const Json& item : list_of(report, "items")) {
    if (!item.is_object()) continue;
    is_complete = is_complete && text_of(item.get_object(), "outcome") != "left_out";
    if (format == OutputFormat::json) {
      std::cout << to_text(item) << '\n';
    } else {
      print_item(item.get_object());
    }
  }
  if (format == OutputFormat::text) {
    std::string line;
    const Json* const summary = report.if_contains("summary");
    if (summary != nullptr && summary->is_object()) {
      for (const auto& member : summary->get_object()) {
        if (member.value() == Json(0)) continue;
        line += (line.empty() ? "" : ", ") + to_text(member.value()) + ' ' +
                (member.key() == "left_out" ? "left out" : std::string(member.key()));
      }
    }
    std::cout << (line.empty() ? std::string("nothing to import") : line) << '\n';
  }
  std::cout << std::flush;
  return !is_complete;
}

int import_file(const ImportOptions& options) {
  const auto build = read_file(options.file);
  if (!build) return complain(build.error(), options.format());
  const std::string path =
      options.target.project_path(options.replace ? "/import?replace=true" : "/import");
  const auto answer = call_api(options.target, {"POST", path, options.target.api_key, *build});
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok() || !answer->json.is_object()) {
    return complain(*answer, options.format(), options.file);
  }
  const bool has_left_out = print_report(answer->json.get_object(), options.format());
  return has_left_out ? exit_codes::refused : exit_codes::done;
}

}  // namespace

void add_import_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ImportOptions>();
  auto* command = app.add_subcommand(
      "import", "Bring a whole build of the original platform into a project, as drafts.");
  command->add_option("file", options->file, "out/build.json, or - for standard input")->required();
  options->target.add_url_project_and_key(*command);
  command->add_flag("--replace", options->replace, "replace drafts that the project has already");
  command->add_flag("--json", options->json, "print JSON lines, one for each thing of the build");
  command->callback([options, &exit_code] { exit_code = import_file(*options); });
}

}  // namespace millrace
