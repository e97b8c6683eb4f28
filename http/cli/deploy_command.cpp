// `millrace deploy`: a folder of files becomes live workflows.

#include "http/cli/code_files.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "http/cli/project_folder.h"
#include "http/cli/terminal.h"
#include "runtime/integrations/resource.h"
#include "runtime/reading/findings.h"
#include "runtime/text/first_names.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>

namespace millrace {
namespace {

/// Of workflows that are live and not in the folder.
constexpr std::size_t beside_named_max = 5;

struct DeployOptions : ApiCommand {
  std::string folder;
  bool dry_run = false;
};

int refuse(const DeployOptions& options, FileFindings findings) {
  if (!options.json) {
    print_findings(std::move(findings));
    std::cerr << "nothing was changed" << std::endl;
    return exit_codes::refused;
  }
  sort_findings(findings);
  JsonArray list;
  for (const auto& finding : findings) list.push_back(finding_json(finding));
  const JsonObject line{
      {"folder", options.folder}, {"deployed", false}, {"findings", std::move(list)}};
  std::cout << to_text(line) << std::endl;
  return exit_codes::refused;
}

/// The file of what the server has refused; null if it was in none.
const DefinitionFile* file_of(const ProjectFolder& folder, const std::string& kind,
                              const std::string& id) {
  if (kind == "event") {
    for (const auto& file : folder.events) {
      if (file.name == id) return &file;
    }
  }
  if (kind == "integration" || kind == "resource") {
    const std::string type = kind == "resource" ? resource_type(id) : id;
    for (const auto& file : folder.integrations) {
      if (file.type == type) return &file;
    }
  }
  for (const auto& file : folder.workflows) {
    if (kind == "workflow" && file.id.text == id) return &file;
  }
  return nullptr;
}

/// What the server refuses for the definitions' sake is told with the places in the files.
int refuse(const DeployOptions& options, const ProjectFolder& folder, const ApiAnswer& answer) {
  const auto* const body = answer.json.if_object();
  const Json* const refused = body == nullptr ? nullptr : body->if_contains("refused");
  if (refused == nullptr || !refused->is_array()) return complain(answer, options.format());
  FileFindings findings;
  for (const Json& each : refused->get_array()) {
    if (!each.is_object()) continue;
    const std::string id = cell(each.get_object(), "id");
    const auto* const file = file_of(folder, cell(each.get_object(), "kind"), id);
    ApiAnswer one = answer;
    one.json = each;
    Error error = error_of(one);
    if (file == nullptr) {
      findings.push_back({id, finding_at("", "", error.message)});
      continue;
    }
    if (error.details.empty()) error.details.push_back(finding_at("", "", error.message));
    for (auto& finding : locate(*file, error)) findings.push_back(std::move(finding));
  }
  return refuse(options, std::move(findings));
}

JsonArray members_of(const ApiAnswer& answer, std::string_view key) {
  const auto* const body = answer.json.if_object();
  const Json* const list = body == nullptr ? nullptr : body->if_contains(key);
  return list != nullptr && list->is_array() ? list->get_array() : JsonArray();
}

/// `+` what is added, `~` what is changed, `=` what stays as it is.
char sign_of(const std::string& change) {
  return change == "added" ? '+' : change == "changed" ? '~' : '=';
}

/// What has no versions.
void report_all(const DeployOptions& options, const ApiAnswer& answer, const std::string& list,
                const std::string& kind, std::string_view id_key) {
  for (const Json& each : members_of(answer, list)) {
    const JsonObject& one = each.get_object();
    const std::string change = cell(one, "change");
    if (options.json) {
      std::cout << to_text(JsonObject{{kind, cell(one, id_key)}, {"change", change}}) << std::endl;
    } else {
      std::cout << sign_of(change) << ' ' << cell(one, id_key) << ": " << kind << ' ' << change
                << std::endl;
    }
  }
}

void print_unknown_event(const JsonObject& workflow) {
  const Json* const unknown = workflow.if_contains("unknownEvent");
  if (unknown == nullptr || !unknown->is_object()) return;
  const bool is_near = unknown->get_object().contains("nearest");
  std::cerr << "note: " << cell(workflow, "id") << " is started by the app event "
            << cell(unknown->get_object(), "name") << ", which the project does not have yet"
            << (is_near ? "; did you mean " + cell(unknown->get_object(), "nearest") + "?" : "")
            << std::endl;
}

/// What is no reason to refuse, and will be missed all the same.
void print_notes(const DeployOptions& options, const ApiAnswer& answer) {
  for (const Json& each : members_of(answer, "workflows")) {
    print_unknown_event(each.get_object());
    const Json* const missing = each.get_object().if_contains("missingSecrets");
    if (missing == nullptr || !missing->is_array()) continue;
    for (const Json& name : missing->get_array()) {
      if (!name.is_string()) continue;
      const std::string secret(name.get_string());
      std::cerr << "note: " << cell(each.get_object(), "id") << " uses the secret " << secret
                << ", which the project does not have yet: millrace secrets put " << secret
                << std::endl;
    }
  }
  if (!std::filesystem::is_directory(options.folder)) return;
  const auto beside = members_of(answer, "liveBeside");
  if (beside.size() == 1) {
    const std::string id = cell(beside.front().get_object(), "id");
    std::cerr << "note: " << id << " is live, version "
              << cell(beside.front().get_object(), "version")
              << ", and not in the folder: millrace workflows undeploy " << id << " withdraws it"
              << std::endl;
  } else if (!beside.empty()) {
    std::vector<std::string> ids;
    for (const Json& each : beside) ids.push_back(cell(each.get_object(), "id"));
    std::cerr << "note: " << ids.size()
              << " workflows are live and not in the folder: " << first_names(ids, beside_named_max)
              << "; millrace workflows undeploy ID withdraws one" << std::endl;
  }
}

void report(const DeployOptions& options, const ApiAnswer& answer) {
  if (!options.json) {
    std::cout << (options.dry_run ? "checked against " : "deployed to ") << "project "
              << options.target.project << " at " << options.target.url << std::endl;
  }

  report_all(options, answer, "events", "event", "name");
  report_all(options, answer, "integrations", "integration", "type");
  report_all(options, answer, "resources", "resource", "name");
  for (const Json& each : members_of(answer, "workflows")) {
    const JsonObject& one = each.get_object();
    const std::string change = cell(one, "change");
    if (options.json) {
      std::cout << to_text(JsonObject{{"workflow", cell(one, "id")},
                                      {"change", change},
                                      {"version", one.at("version")}})
                << std::endl;
    } else {
      std::cout << sign_of(change) << ' ' << cell(one, "id") << ": " << change << ", version "
                << to_text(one.at("version")) << (options.dry_run ? " would be" : " is") << " live"
                << std::endl;
    }
  }
  if (!options.json) print_notes(options, answer);
  if (options.dry_run && !options.json) std::cout << "nothing was changed" << std::endl;
}

/// One request: the server checks all of it, then does all of it or nothing.
int send(const DeployOptions& options, const ProjectFolder& folder) {
  JsonObject events;
  for (const auto& file : folder.events) events[file.name] = file.schema;
  JsonObject integrations;
  JsonObject resources;
  for (const auto& file : folder.integrations) {
    (is_resource_type(file.type) ? resources : integrations)[own_name(file.type)] = file.definition;
  }
  std::string workflows;  // as they were written: the server keeps them so
  for (const auto& file : folder.workflows) {
    workflows +=
        (workflows.empty() ? "" : ",") + to_text(Json(file.id.text)) + ':' + text_to_deploy(file);
  }
  const std::string path =
      options.target.project_path(options.dry_run ? "/deploy?check=true" : "/deploy");
  JsonObject body{{"events", std::move(events)}, {"integrations", std::move(integrations)}};
  // A server that knows none is not asked for what is not there.
  if (!resources.empty()) body["resources"] = std::move(resources);
  std::string text = to_text(body);
  text.pop_back();
  text += ",\"workflows\":{" + workflows + "}}";
  const auto answer = call_api(options.target, {"POST", path, options.target.api_key, text});
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok()) return refuse(options, folder, *answer);
  report(options, *answer);
  return exit_codes::done;
}

int deploy(DeployOptions options) {
  auto folder = read_project_folder(options.folder);
  if (!folder) return complain(folder.error(), options.format());
  if (options.target.project.empty()) options.target.project = folder->project_id;
  if (const auto complete = options.target.check(); !complete) {
    return complain(complete.error(), options.format());
  }
  if (!folder->findings.empty()) return refuse(options, std::move(folder->findings));
  return send(options, *folder);
}

}  // namespace

void add_deploy_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DeployOptions>();
  auto* command = app.add_subcommand("deploy",
                                     "Save and deploy a folder of app events, integrations, "
                                     "resources and workflows, all of it or nothing.");
  command->add_option("folder", options->folder, "project folder, or one definition file")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "only say what would be done");
  command->add_flag("--json", options->json, "print JSON lines");
  options->target.add_url_project_and_key(*command);
  command->callback([options, &exit_code] { exit_code = deploy(*options); });
}

}  // namespace millrace
