// `millrace workflows list|show|versions|diff|undeploy`: what the server has.

#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "http/cli/terminal.h"
#include "runtime/definitions/definition_changes.h"
#include "runtime/text/first_names.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace millrace {
namespace {

constexpr std::size_t versions_named_max = 5;

struct WorkflowOptions : ApiCommand {
  std::string workflow;
  std::string version = "draft";
  std::string from = "deployed";
  std::string to = "draft";

  std::string path(const std::string& rest = {}) const {
    return target.project_path("/workflows/" + percent_encode_text(workflow) + rest);
  }
};

Error refusal(const ApiAnswer& answer) {
  Error error = error_of(answer);
  error.code = ErrorCode::not_found;
  return error;
}

Result<JsonObject> get(const WorkflowOptions& options, const std::string& path) {
  const auto answer = call_api(options.target, {"GET", path, options.target.api_key, {}});
  if (!answer) return answer.error();
  if (!answer->ok() || !answer->json.is_object()) return refusal(*answer);
  return answer->json.get_object();
}

/// The workflow's versions, the newest first.
Result<JsonArray> versions_of(const WorkflowOptions& options) {
  auto body = get(options, options.path("/versions"));
  if (!body) return body.error();
  JsonArray versions = std::move(body->at("versions").as_array());
  std::reverse(versions.begin(), versions.end());
  return versions;
}

/// What the server says, or, of a workflow that it has, which versions there are instead.
Error no_such_version(const WorkflowOptions& options, const std::string& number,
                      const ApiAnswer& answer) {
  Error error = refusal(answer);
  if (answer.status != 404) return error;
  const auto versions = versions_of(options);
  if (!versions) return error;
  std::vector<std::string> numbers;
  for (const Json& each : *versions) numbers.push_back(cell(each.as_object(), "version"));
  error.details.clear();
  error.message =
      options.workflow + " has no version " + number +
      (numbers.empty() ? std::string(": none was deployed")
                       : ", but " + first_names(numbers, versions_named_max) +
                             ": millrace workflows versions " + options.workflow + " lists them");
  return error;
}

/// The workflow, or one of its versions, with its definition. `which` is "draft", "deployed" or a number.
Result<JsonObject> find_version(const WorkflowOptions& options, const std::string& which) {
  std::string number = which;
  if (which == "draft" || which == "deployed") {
    auto workflow = get(options, options.path());
    if (!workflow || which == "draft") return workflow;
    number = cell(*workflow, "deployedVersion");
    if (number == "-") {
      return Error(ErrorCode::not_found, "no version of " + options.workflow +
                                             " is deployed; name one by its number, or the draft");
    }
  }
  if (number.find_first_not_of("0123456789") != std::string::npos || number.empty()) {
    return Error(ErrorCode::invalid_request,
                 "'" + which + "' is no version: it is draft, deployed or a number");
  }
  const auto answer = call_api(
      options.target, {"GET", options.path("/versions/" + number), options.target.api_key, {}});
  if (!answer) return answer.error();
  if (answer->ok() && answer->json.is_object()) return answer->json.get_object();
  return no_such_version(options, number, *answer);
}

int list(const WorkflowOptions& options) {
  return ask(options,
             {"GET", options.target.project_path("/workflows"), options.target.api_key, {}},
             [](const JsonObject& body) {
               print_table(body.at("workflows").as_array(),
                           {"id", "deployedVersion", "latestVersion", "dateUpdated", "name"});
             });
}

int list_workflow_versions(const WorkflowOptions& options) {
  const auto versions = versions_of(options);
  if (!versions) return complain(versions.error(), options.format());
  if (options.json) {
    std::cout << to_text(JsonObject{{"versions", *versions}}) << std::endl;
    return exit_codes::done;
  }
  print_table(*versions, {"version", "dateDeployed"});
  return exit_codes::done;
}

int undeploy(const WorkflowOptions& options) {
  return ask(options, {"POST", options.path("/undeploy"), options.target.api_key, {}},
             [&](const JsonObject&) {
               std::cout << options.workflow << " is not live any more; its draft stays"
                         << std::endl;
             });
}

int show(const WorkflowOptions& options) {
  const auto found = find_version(options, options.version);
  if (!found) return complain(found.error(), options.format());
  std::cout << (options.json ? to_text(*found) : pretty(*found)) << std::endl;
  return exit_codes::done;
}

void print_change(const DefinitionChange& change) {
  using Kind = DefinitionChange::Kind;
  const std::string step = change.step.empty() ? "" : "step " + change.step + "  ";
  std::cout << painted(step + change.path, Colour::bold, Stream::output) << "\n";
  const auto print = [](const Json& value, char sign, Colour colour) {
    std::istringstream lines(pretty(value));
    for (std::string line; std::getline(lines, line);) {
      std::cout << painted(std::string(1, sign) + " " + line, colour, Stream::output) << "\n";
    }
  };
  if (change.kind != Kind::added) print(change.from, '-', Colour::red);
  if (change.kind != Kind::removed) print(change.to, '+', Colour::green);
}

int diff(const WorkflowOptions& options) {
  const auto from = find_version(options, options.from);
  if (!from) return complain(from.error(), options.format());
  const auto to = find_version(options, options.to);
  if (!to) return complain(to.error(), options.format());
  const Json& before = from->at("definition");
  const Json& after = to->at("definition");
  const std::string before_text = to_text(before);
  const std::string after_text = to_text(after);
  const auto changes = definition_changes({before, before_text}, {after, after_text});
  if (!options.json) {
    for (const auto& change : changes) print_change(change);
    const std::string count = std::to_string(changes.size());
    std::cout << (changes.empty() ? "no difference"
                                  : count + (changes.size() == 1 ? " change" : " changes"))
              << std::endl;
    return exit_codes::done;
  }
  JsonArray all;
  for (const auto& change : changes) {
    all.push_back(JsonObject{{"step", change.step},
                             {"path", change.path},
                             {"kind", name_of(change.kind)},
                             {"from", change.from},
                             {"to", change.to}});
  }
  std::cout << to_text(JsonObject{{"changes", std::move(all)}}) << std::endl;
  return exit_codes::done;
}

}  // namespace

void add_workflows_command(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("workflows", "The project's workflows on the server.");
  group->require_subcommand(1);
  // Options of its own for each verb: the environment is read for all of them, the flags of one.
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*run)(const WorkflowOptions&)) {
    auto options = std::make_shared<WorkflowOptions>();
    auto* command = group->add_subcommand(name, help);
    options->target.add_url_project_and_key(*command);
    command->add_flag("--json", options->json, "print JSON");
    command->callback([options, run, &exit_code] { exit_code = run(*options); });
    if (name != "list") {
      command->add_option("workflow", options->workflow, "the workflow's id")->required();
    }
    return std::pair(command, options.get());
  };
  add("list", "All workflows, with their versions.", &list);
  auto [show_command, shown] = add("show", "One workflow with its definition.", &show);
  show_command->add_option("--version", shown->version, "draft, deployed or a number")
      ->capture_default_str();
  add("versions", "The versions of a workflow that were deployed.", &list_workflow_versions);
  add("undeploy", "Withdraw the live version; the draft stays.", &undeploy);
  auto [diff_command, compared] = add("diff", "What differs between two versions.", &diff);
  diff_command->add_option("--from", compared->from, "draft, deployed or a number")
      ->capture_default_str();
  diff_command->add_option("--to", compared->to, "draft, deployed or a number")
      ->capture_default_str();
}

}  // namespace millrace
