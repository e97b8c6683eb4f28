// `millrace executions list|show|cancel`: the task history on a terminal.

#include "http/cli/api_client.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <iomanip>
#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct ExecutionOptions {
  ApiTarget target;
  std::string id;
  std::string step;
  std::vector<std::pair<std::string, std::string>> filters{
      {"userId", {}}, {"workflowId", {}}, {"status", {}}, {"offset", {}}};
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::json : OutputFormat::text; }
  std::string path(const std::string& rest) const {
    return target.project_path("/task-history/workflow-executions" + rest);
  }
};

std::string cell(const JsonObject& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  if (value == nullptr || value->is_null()) return "-";
  return value->is_string() ? std::string(value->get_string()) : to_text(*value);
}

/// The rows' members `keys`, aligned.
void print_table(const JsonArray& rows, const std::vector<std::string>& keys) {
  std::vector<std::size_t> widths;
  for (const auto& key : keys) {
    std::size_t width = key.size();
    for (const auto& row : rows) width = std::max(width, cell(row.as_object(), key).size());
    widths.push_back(width + 2);
  }
  const auto print = [&](const auto& text_of) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::cout << std::left << std::setw(static_cast<int>(widths[i])) << text_of(keys[i]);
    }
    std::cout << "\n";
  };
  print([](const std::string& key) { return key; });
  for (const auto& row : rows) {
    print([&](const std::string& key) { return cell(row.as_object(), key); });
  }
}

/// Asks the server; prints JSON as it is, or hands the answer to `print`.
int ask(const ExecutionOptions& options, const ApiRequest& request,
        const std::function<void(const JsonObject&)>& print) {
  const auto answer = call_api(options.target, request);
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok() || !answer->json.is_object()) return complain(*answer, options.format());
  if (options.json) {
    std::cout << answer->text << "\n";
  } else {
    print(answer->json.get_object());
  }
  std::cout << std::flush;
  return exit_codes::done;
}

int list(const ExecutionOptions& options) {
  std::string query;
  for (const auto& [name, value] : options.filters) {
    if (value.empty()) continue;
    query += (query.empty() ? "?" : "&") + name + "=" + percent_encode_text(value);
  }
  return ask(options, {"GET", options.path(query), options.target.api_key, {}},
             [](const JsonObject& page) {
               const auto& rows = page.at("workflowExecutions").as_array();
               print_table(rows, {"id", "workflowId", "userId", "status", "taskCount",
                                  "runDuration", "dateStarted"});
               std::cout << rows.size() << " of " << to_text(page.at("total")) << "\n";
             });
}

int show(const ExecutionOptions& options) {
  std::string rest = "/" + percent_encode_text(options.id);
  if (!options.step.empty()) rest += "/step-executions/" + percent_encode_text(options.step);
  return ask(options, {"GET", options.path(rest), options.target.api_key, {}},
             [&](const JsonObject& body) {
               if (!options.step.empty()) {
                 std::cout << pretty(body) << "\n";
                 return;
               }
               JsonObject head = body;
               head.erase("stepExecutions");
               std::cout << pretty(head) << "\n";
               print_table(body.at("stepExecutions").as_array(),
                           {"id", "type", "status", "start", "end", "inputSize", "outputSize"});
             });
}

int cancel(const ExecutionOptions& options) {
  return ask(options,
             {"POST",
              options.path("/" + percent_encode_text(options.id) + "/cancel"),
              options.target.api_key,
              {}},
             [](const JsonObject& body) {
               std::cout << cell(body, "id") << ": will stop before its next step\n";
             });
}

}  // namespace

void add_executions_command(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("executions", "The task history.");
  group->require_subcommand(1);
  // Options of its own for each verb: the environment is read for all of them, the flags of one.
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*run)(const ExecutionOptions&)) {
    auto options = std::make_shared<ExecutionOptions>();
    auto* command = group->add_subcommand(name, help);
    options->target.add_url(*command);
    options->target.add_project(*command);
    options->target.add_api_key(*command);
    command->add_flag("--json", options->json, "print JSON");
    command->callback([options, run, &exit_code] { exit_code = run(*options); });
    return std::pair(command, options.get());
  };
  auto [list_command, filters] = add("list", "The newest runs.", &list);
  list_command->add_option("--user", filters->filters[0].second, "of this user");
  list_command->add_option("--workflow", filters->filters[1].second, "of this workflow");
  list_command->add_option("--status", filters->filters[2].second,
                           "EXECUTING, DELAYED, SUCCEEDED, FAILED or CANCELLED");
  list_command->add_option("--offset", filters->filters[3].second, "rows to skip");
  auto [show_command, shown] = add("show", "One run and its steps.", &show);
  show_command->add_option("id", shown->id, "the run's id")->required();
  show_command->add_option("--step", shown->step, "input and output of this step");
  auto [cancel_command, cancelled] = add("cancel", "Stop a run before its next step.", &cancel);
  cancel_command->add_option("id", cancelled->id, "the run's id")->required();
}

}  // namespace millrace
