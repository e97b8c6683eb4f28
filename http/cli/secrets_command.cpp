// `millrace secrets`: a project's environment secrets. A value is best given on standard input or
// in the environment: a command line is seen by others on the machine.

#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

namespace millrace {
namespace {

struct SecretOptions : ApiCommand {
  std::string name;
  std::optional<std::string> value;
  std::string variable;

  std::string path() const { return target.project_path("/secrets/" + percent_encode_text(name)); }
};

Result<std::string> value_of(const SecretOptions& options) {
  if (options.value) return *options.value;
  if (!options.variable.empty()) {
    const char* const value = std::getenv(options.variable.c_str());
    if (value != nullptr) return std::string(value);
    return Error(ErrorCode::not_found,
                 "the environment variable " + options.variable + " is not set");
  }
  auto text = read_file("-");
  if (!text) return text;
  // The line end that a shell or an editor adds is no part of the value.
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  return text;
}

int change(const SecretOptions& options, const ApiRequest& request, const std::string& done) {
  const auto answer = call_api(options.target, request);
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok()) return complain(*answer, options.format());
  if (options.json) {
    std::cout << to_text(JsonObject{{"name", options.name}}) << std::endl;
  } else {
    std::cout << "secret " << options.name << done << std::endl;
  }
  return exit_codes::done;
}

int put(const SecretOptions& options) {
  const auto value = value_of(options);
  if (!value) return complain(value.error(), options.format());
  if (!is_valid_utf8(*value)) {
    return complain(Error(ErrorCode::invalid_request,
                          "the value must be UTF-8 text; encode binary values, e.g. as base64"),
                    options.format());
  }
  return change(
      options,
      {"PUT", options.path(), options.target.api_key, to_text(JsonObject{{"value", *value}})},
      " is stored");
}

int list(const SecretOptions& options) {
  const auto answer = call_api(
      options.target, {"GET", options.target.project_path("/secrets"), options.target.api_key, {}});
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok() || !answer->json.is_object()) return complain(*answer, options.format());
  if (options.json) {
    std::cout << answer->text << std::endl;
    return exit_codes::done;
  }
  for (const auto& secret : answer->json.at("secrets").as_array()) {
    std::cout << std::string_view(secret.at("dateUpdated").as_string()) << "  "
              << std::string_view(secret.at("name").as_string())
              << (secret.at("isLocked").as_bool() ? "  (locked: the server has another key)" : "")
              << "\n";
  }
  std::cout << std::flush;
  return exit_codes::done;
}

/// Options of its own for each command: the environment is read for all of them, the flags of one.
std::shared_ptr<SecretOptions> add_options(CLI::App& command, bool needs_name) {
  auto options = std::make_shared<SecretOptions>();
  options->target.add_url_project_and_key(command);
  if (needs_name) command.add_option("name", options->name, "name of the secret")->required();
  command.add_flag("--json", options->json, "print JSON");
  return options;
}

}  // namespace

void add_secrets_command(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("secrets", "A project's environment secrets.");
  group->require_subcommand(1);

  auto* put_command = group->add_subcommand(
      "put", "Add or replace a secret; without --value or --from-env, read from standard input.");
  auto options = add_options(*put_command, true);
  auto* value = put_command->add_option("--value", options->value, "the secret itself");
  put_command->add_option("--from-env", options->variable, "environment variable that holds it")
      ->excludes(value);
  put_command->callback([options, &exit_code] { exit_code = put(*options); });

  auto* list_command = group->add_subcommand("list", "Show names and dates, never values.");
  options = add_options(*list_command, false);
  list_command->callback([options, &exit_code] { exit_code = list(*options); });

  auto* remove_command = group->add_subcommand("remove", "Remove a secret.");
  options = add_options(*remove_command, true);
  remove_command->callback([options, &exit_code] {
    exit_code =
        change(*options, {"DELETE", options->path(), options->target.api_key, {}}, " is removed");
  });
}

}  // namespace millrace
