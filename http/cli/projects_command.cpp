// `millrace projects`: makes and lists projects, and rotates their API keys.

#include "http/cli/commands.h"
#include "http/cli/output.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct ProjectOptions : ApiCommand {
  std::string id;
  std::string name;
};

int show_key(const ProjectOptions& options, const Result<ApiAnswer>& answer) {
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok() || !answer->json.is_object()) return complain(*answer, options.format());
  if (options.json) {
    std::cout << answer->text << std::endl;
    return exit_codes::done;
  }
  const auto& body = answer->json.get_object();
  std::cout << "project  " << std::string_view(body.at("id").as_string()) << "\n"
            << "API key  " << std::string_view(body.at("apiKey").as_string())
            << "  (shown this once)" << std::endl;
  return exit_codes::done;
}

int create(const ProjectOptions& options) {
  JsonObject body;
  if (!options.id.empty()) body["id"] = options.id;
  if (!options.name.empty()) body["name"] = options.name;
  return show_key(options, call_api(options.target, {"POST", "/projects", options.target.admin_key,
                                                     to_text(body)}));
}

int rotate(const ProjectOptions& options) {
  const std::string path = options.target.project_path("/api-key");
  return show_key(options, call_api(options.target, {"POST", path, options.target.key(), {}}));
}

int list(const ProjectOptions& options) {
  return ask(options, {"GET", "/projects", options.target.admin_key, {}},
             [](const JsonObject& body) {
               for (const auto& project : body.at("projects").as_array()) {
                 std::cout << cell(project.as_object(), "id") << "\n";
               }
             });
}

}  // namespace

void add_projects_command(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("projects", "Projects and their API keys.");
  group->require_subcommand(1);

  auto* create_command = group->add_subcommand("create", "Make a project.");
  auto options = std::make_shared<ProjectOptions>();
  options->target.add_url(*create_command);
  options->target.add_admin_key(*create_command);
  create_command->add_option("--id", options->id, "its id; without it, a UUID is chosen");
  create_command->add_option("--name", options->name, "its name");
  create_command->add_flag("--json", options->json, "print JSON");
  create_command->callback([options, &exit_code] { exit_code = create(*options); });

  // Options of its own: the environment is read for both commands, the flags of one.
  options = std::make_shared<ProjectOptions>();
  auto* rotate_command = group->add_subcommand("rotate-key", "Replace a project's API key.");
  options->target.add_url_project_and_key(*rotate_command);
  options->target.add_admin_key(*rotate_command);
  rotate_command->add_flag("--json", options->json, "print JSON");
  rotate_command->callback([options, &exit_code] { exit_code = rotate(*options); });

  options = std::make_shared<ProjectOptions>();
  auto* list_command = group->add_subcommand("list", "The ids of all projects.");
  options->target.add_url(*list_command);
  options->target.add_admin_key(*list_command);
  list_command->add_flag("--json", options->json, "print JSON");
  list_command->callback([options, &exit_code] { exit_code = list(*options); });
}

}  // namespace millrace
