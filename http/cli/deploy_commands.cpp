// `millrace deploy` and `millrace validate`: a folder of files becomes live workflows, or a list of
// findings.

#include "http/cli/api_client.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "http/cli/project_folder.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/integrations/integration_set.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct DeployOptions {
  ApiTarget target;
  std::string folder;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::json : OutputFormat::text; }
};

void report(const DeployOptions& options, const JsonObject& line, const std::string& text) {
  std::cout << (options.json ? to_text(line) : text) << std::endl;
}

int put_integration(const DeployOptions& options, const IntegrationFile& integration) {
  const std::string path =
      options.target.project_path("/integrations/" + percent_encode_text(integration.type));
  const auto put = call_api(options.target,
                            {"PUT", path, options.target.api_key, to_text(integration.definition)});
  if (!put) return complain(put.error(), options.format());
  if (!put->ok()) return complain(*put, options.format(), integration.path);
  report(options, {{"integration", integration.type}}, integration.type + ": integration saved");
  return exit_codes::done;
}

/// Saves the draft, then makes it live.
int deploy_one(const DeployOptions& options, const WorkflowFile& workflow) {
  const std::string path =
      options.target.project_path("/workflows/" + percent_encode_text(workflow.id.text));
  const auto& key = options.target.api_key;
  const auto put = call_api(options.target, {"PUT", path, key, to_text(workflow.definition)});
  if (!put) return complain(put.error(), options.format());
  if (!put->ok()) return complain(*put, options.format(), workflow.path);
  const auto deployed = call_api(options.target, {"POST", path + "/deploy", key, {}});
  if (!deployed) return complain(deployed.error(), options.format());
  if (!deployed->ok()) return complain(*deployed, options.format(), workflow.path);
  const auto* body = deployed->json.if_object();
  const auto* deployed_version = body != nullptr ? body->if_contains("version") : nullptr;
  const Json version = deployed_version != nullptr ? *deployed_version : Json(nullptr);
  report(options, {{"workflow", workflow.id.text}, {"version", version}},
         workflow.id.text + ": version " + to_text(version) + " is live");
  return exit_codes::done;
}

int deploy(DeployOptions options) {
  const auto folder = read_project_folder(options.folder);
  if (!folder) return complain(folder.error(), options.format());
  if (options.target.project.empty()) options.target.project = folder->project_id;
  if (options.target.project.empty()) {
    std::cerr << "millrace: name the project with --project, or as \"id\" in project.json\n";
    return exit_codes::usage;
  }
  int worst = exit_codes::done;
  for (const auto& integration : folder->integrations) {  // before the workflows that name them
    const int code = put_integration(options, integration);
    if (code == exit_codes::unreachable) return code;
    worst = std::max(worst, code);
  }
  for (const auto& workflow : folder->workflows) {
    const int code = deploy_one(options, workflow);
    if (code == exit_codes::unreachable) return code;
    worst = std::max(worst, code);
  }
  return worst;
}

/// As the server does it: what is in the compiled form is translated first.
Result<std::shared_ptr<const Workflow>> compile_file(const WorkflowFile& file,
                                                     const ProjectId& project,
                                                     const IntegrationSet& catalog) {
  const WorkflowIdentity identity{project, file.id, WorkflowVersion(0)};
  if (!is_compiled_form(file.definition)) {
    return compile_workflow(file.definition, identity, &catalog);
  }
  const auto translated = translate_compiled_form(file.definition);
  if (!translated) return translated.error();
  return compile_workflow(*translated, identity, &catalog);
}

int validate(const DeployOptions& options) {
  const auto folder = read_project_folder(options.folder);
  if (!folder) return complain(folder.error(), options.format());
  int worst = exit_codes::done;
  IntegrationSet catalog;  // what the folder's workflows may name
  for (const auto& file : folder->integrations) {
    if (auto put = catalog.put(file.type, file.definition); !put) {
      worst = complain(put.error(), options.format(), file.path);
      continue;
    }
    report(options, {{"integration", file.type}, {"valid", true}}, file.path + ": valid");
  }
  for (const auto& workflow : folder->workflows) {
    const auto compiled = compile_file(workflow, ProjectId(folder->project_id), catalog);
    if (!compiled) {
      worst = complain(compiled.error(), options.format(), workflow.path);
      continue;
    }
    report(options, {{"workflow", workflow.id.text}, {"valid", true}},
           workflow.path + ": valid, " + std::to_string((*compiled)->by_index.size()) + " steps");
  }
  return worst;
}

}  // namespace

void add_deploy_commands(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DeployOptions>();
  const auto add_common = [&](CLI::App& command) {
    command.add_option("folder", options->folder, "project folder, or one definition file")
        ->required();
    command.add_flag("--json", options->json, "print JSON lines");
  };
  auto* deploy_command =
      app.add_subcommand("deploy", "Save and deploy a folder of integrations and workflows.");
  add_common(*deploy_command);
  options->target.add_url(*deploy_command);
  options->target.add_project(*deploy_command);
  options->target.add_api_key(*deploy_command);
  deploy_command->callback([options, &exit_code] { exit_code = deploy(*options); });

  auto* validate_command = app.add_subcommand(
      "validate",
      "Check a folder of workflows without a server (JavaScript is checked at deploy).");
  add_common(*validate_command);
  validate_command->callback([options, &exit_code] { exit_code = validate(*options); });
}

}  // namespace millrace
