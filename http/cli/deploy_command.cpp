// `millrace deploy`: a folder of files becomes live workflows.

#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "http/cli/project_folder.h"
#include "http/cli/terminal.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct DeployOptions : ApiCommand {
  std::string folder;
};

void report(const DeployOptions& options, const JsonObject& line, const std::string& text) {
  std::cout << (options.json ? to_text(line) : text) << std::endl;
}

int refuse(const DeployOptions& options, JsonObject line, FileFindings findings) {
  if (!options.json) {
    print_findings(std::move(findings));
    return exit_codes::refused;
  }
  sort_findings(findings);
  JsonArray list;
  for (const auto& finding : findings) list.push_back(finding_json(finding));
  line["deployed"] = false;
  line["findings"] = std::move(list);
  std::cout << to_text(line) << std::endl;
  return exit_codes::refused;
}

/// What the server refuses for the definition's sake is told with the places in the files.
int refuse(const DeployOptions& options, JsonObject line, const DefinitionFile& file,
           const ApiAnswer& answer) {
  const Error error = error_of(answer);
  if (error.details.empty()) return complain(answer, options.format(), file.path);
  return refuse(options, std::move(line), locate(file, error));
}

int put_integration(const DeployOptions& options, const IntegrationFile& integration) {
  const std::string path =
      options.target.project_path("/integrations/" + percent_encode_text(integration.type));
  const JsonObject line{{"integration", integration.type}};
  const auto put = call_api(options.target,
                            {"PUT", path, options.target.api_key, to_text(integration.definition)});
  if (!put) return complain(put.error(), options.format());
  if (!put->ok()) return refuse(options, line, integration, *put);
  report(options, line, integration.type + ": integration saved");
  return exit_codes::done;
}

/// Saves the draft, then makes it live.
int deploy_one(const DeployOptions& options, const WorkflowFile& workflow) {
  const std::string path =
      options.target.project_path("/workflows/" + percent_encode_text(workflow.id.text));
  const auto& key = options.target.api_key;
  const JsonObject line{{"workflow", workflow.id.text}};
  const auto put = call_api(options.target, {"PUT", path, key, to_text(workflow.definition)});
  if (!put) return complain(put.error(), options.format());
  if (!put->ok()) return refuse(options, line, workflow, *put);
  const auto deployed = call_api(options.target, {"POST", path + "/deploy", key, {}});
  if (!deployed) return complain(deployed.error(), options.format());
  if (!deployed->ok()) return refuse(options, line, workflow, *deployed);
  const auto* body = deployed->json.if_object();
  const auto* deployed_version = body != nullptr ? body->if_contains("version") : nullptr;
  const Json version = deployed_version != nullptr ? *deployed_version : Json(nullptr);
  report(options, {{"workflow", workflow.id.text}, {"version", version}},
         workflow.id.text + ": version " + to_text(version) + " is live");
  return exit_codes::done;
}

/// Nothing was done when the target is incomplete or nobody answers: the rest would fail likewise.
bool ends_all(int code) { return code == exit_codes::unreachable || code == exit_codes::usage; }

int deploy(DeployOptions options) {
  auto folder = read_project_folder(options.folder);
  if (!folder) return complain(folder.error(), options.format());
  if (options.target.project.empty()) options.target.project = folder->project_id;
  if (const auto complete = options.target.check(); !complete) {
    return complain(complete.error(), options.format());
  }
  if (!folder->findings.empty()) {
    return refuse(options, {{"folder", options.folder}}, std::move(folder->findings));
  }
  int worst = exit_codes::done;
  for (const auto& integration : folder->integrations) {  // before the workflows that name them
    const int code = put_integration(options, integration);
    if (ends_all(code)) return code;
    worst = std::max(worst, code);
  }
  for (const auto& workflow : folder->workflows) {
    const int code = deploy_one(options, workflow);
    if (ends_all(code)) return code;
    worst = std::max(worst, code);
  }
  return worst;
}

}  // namespace

void add_deploy_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DeployOptions>();
  auto* command =
      app.add_subcommand("deploy", "Save and deploy a folder of integrations and workflows.");
  command->add_option("folder", options->folder, "project folder, or one definition file")
      ->required();
  command->add_flag("--json", options->json, "print JSON lines");
  options->target.add_url(*command);
  options->target.add_project(*command);
  options->target.add_api_key(*command);
  command->callback([options, &exit_code] { exit_code = deploy(*options); });
}

}  // namespace millrace
