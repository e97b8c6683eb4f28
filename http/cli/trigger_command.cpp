// `millrace trigger`: starts a workflow as a user would, and shows the answer.

#include "http/auth/user_token.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct TriggerOptions : ApiCommand {
  std::string workflow;
  std::string token;
  std::string key_file;
  std::string user = "user-1";
  std::string data;
  std::vector<std::string> params;
};

Result<std::string> user_token(const TriggerOptions& options) {
  if (!options.token.empty()) return options.token;
  if (options.key_file.empty()) {
    return Error(
        ErrorCode::invalid_request,
        "which user? Give a user token with --token, or set MILLRACE_TOKEN, or sign one with "
        "--key private.pem --sub USER");
  }
  const auto pem = read_file(options.key_file);
  if (!pem) return pem.error();
  const auto key = parse_private_key(*pem);
  if (!key) return key.error();
  return mint_user_token(*key, {UserId(options.user), SigningKeyId(), Millis(300'000)},
                         SystemClock().now());
}

Result<std::string> query_of(const std::vector<std::string>& params) {
  std::string query;
  for (const auto& param : params) {
    const auto equals = param.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::invalid_request,
                   "--param takes NAME=VALUE, and '" + param + "' is not; an empty value is NAME=");
    }
    query += query.empty() ? "?" : "&";
    query += percent_encode_text(param.substr(0, equals)) + "=" +
             percent_encode_text(param.substr(equals + 1));
  }
  return query;
}

/// The body is the workflow's own and need not name the run, so that is said beside it.
void show_answer(const ApiAnswer& answer, OutputFormat format) {
  if (format == OutputFormat::json) {
    const Json run = answer.execution.empty() ? Json(nullptr) : Json(answer.execution);
    const Json body = answer.json.is_null() ? Json(answer.text) : answer.json;
    std::cout << to_text(
                     JsonObject{{"status", answer.status}, {"executionId", run}, {"body", body}})
              << std::endl;
    return;
  }
  std::cout << "status " << answer.status << "\n";
  if (!answer.execution.empty()) std::cout << "run " << answer.execution << "\n";
  std::cout << (answer.json.is_null() ? answer.text : pretty(answer.json)) << std::endl;
}

int trigger(const TriggerOptions& options) {
  const auto query = query_of(options.params);
  if (!query) return complain(query.error(), options.format());
  if (const auto complete = options.target.check(); !complete) {
    return complain(complete.error(), options.format());
  }
  const auto token = user_token(options);
  if (!token) return complain(token.error(), options.format());
  ApiRequest request{"POST",
                     options.target.project_path("/sdk/triggers/" +
                                                 percent_encode_text(options.workflow) + *query),
                     *token, options.data};
  if (options.data.starts_with('@')) {
    auto data = read_file(options.data.substr(1));
    if (!data) return complain(data.error(), options.format());
    request.body = std::move(*data);
  }
  const auto answer = call_api(options.target, request);
  if (!answer) return complain(answer.error(), options.format());
  show_answer(*answer, options.format());
  return answer->ok() ? exit_codes::done : exit_codes::refused;
}

}  // namespace

void add_trigger_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<TriggerOptions>();
  auto* command = app.add_subcommand("trigger", "Start a workflow by its Request trigger.");
  command->add_option("workflow", options->workflow, "the workflow's id")->required();
  options->target.add_url(*command);
  options->target.add_project(*command);
  command->add_option("--token", options->token, "a user token")->envname("MILLRACE_TOKEN");
  command->add_option("--key", options->key_file, "private key that signs a token for --sub");
  command->add_option("--sub", options->user, "the user, with --key")->capture_default_str();
  command->add_option("--data", options->data, "JSON body, or @FILE, or @- for standard input");
  command->add_option("--param", options->params, "query parameter NAME=VALUE; repeatable");
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options, &exit_code] { exit_code = trigger(*options); });
}

}  // namespace millrace
