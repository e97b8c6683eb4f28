// `millrace executions list|show|replay|cancel`: the task history on a terminal.

#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "http/cli/terminal.h"
#include "runtime/text/first_names.h"
#include "runtime/text/nearest_name.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

namespace millrace {
namespace {

constexpr std::size_t listed_max = 10'000;
constexpr std::size_t ids_named_max = 20;

struct ExecutionOptions : ApiCommand {
  std::string id;
  std::string step;
  std::string version;  // of a replay: "deployed" or a number; empty: the run's own
  std::size_t limit = 100;
  std::size_t offset = 0;
  std::vector<std::pair<std::string, std::string>> filters{
      {"userId", {}}, {"workflowId", {}}, {"status", {}}};

  std::string path(const std::string& rest) const {
    return target.project_path("/task-history/workflow-executions" + rest);
  }
};

std::string query_of(const ExecutionOptions& options, std::size_t offset) {
  std::string query = "?offset=" + std::to_string(offset);
  for (const auto& [name, value] : options.filters) {
    if (!value.empty()) query += "&" + name + "=" + percent_encode_text(value);
  }
  return query;
}

/// The server has pages of its own size; runs that begin meanwhile push others into the next one.
int list(const ExecutionOptions& options) {
  JsonArray rows;
  std::set<std::string> seen;
  Json total;
  for (std::size_t offset = options.offset; rows.size() < options.limit;) {
    const auto answer =
        call_api(options.target,
                 {"GET", options.path(query_of(options, offset)), options.target.api_key, {}});
    if (!answer) return complain(answer.error(), options.format());
    if (!answer->ok() || !answer->json.is_object()) return complain(*answer, options.format());
    const auto& page = answer->json.get_object();
    const auto& found = page.at("workflowExecutions").as_array();
    total = page.at("total");
    for (const auto& row : found) {
      const bool is_new = seen.insert(cell(row.as_object(), "id")).second;
      if (is_new && rows.size() < options.limit) rows.push_back(row);
    }
    offset += found.size();
    if (found.empty() || page.at("nextLink").is_null()) break;
  }
  if (options.json) {
    std::cout << to_text(JsonObject{{"workflowExecutions", std::move(rows)}, {"total", total}})
              << std::endl;
    return exit_codes::done;
  }
  print_table(rows,
              {"id", "workflowId", "userId", "status", "taskCount", "runDuration", "dateStarted"});
  std::cout << rows.size() << " of " << to_text(total) << std::endl;
  return exit_codes::done;
}

/// What can be shown instead of a step execution that the run does not have.
Error no_such_step(const ExecutionOptions& options, const JsonObject& run) {
  std::vector<std::string> of_step;
  std::vector<std::string> all;
  for (const auto& row : run.at("stepExecutions").as_array()) {
    const auto& step = row.as_object();
    all.push_back(cell(step, "id"));
    if (cell(step, "stepId") == options.step) of_step.push_back(cell(step, "id"));
  }
  const auto& named = of_step.empty() ? all : of_step;
  const std::string list = first_names(named, ids_named_max);
  if (!of_step.empty()) {
    return {ErrorCode::not_found,
            options.step + " is inside a fan-out and ran once per element; name one of " + list};
  }
  const std::string nearest = nearest_name(options.step, all);
  return {ErrorCode::not_found,
          "the run has no step " + options.step +
              (nearest.empty() ? std::string() : "; did you mean " + nearest + "?") +
              (list.empty() ? std::string() : (nearest.empty() ? ": it has " : " It has ") + list)};
}

int show_step(const ExecutionOptions& options) {
  const std::string run_path = options.path("/" + percent_encode_text(options.id));
  const auto& key = options.target.api_key;
  const std::string step_path = run_path + "/step-executions/" + percent_encode_text(options.step);
  const auto step = call_api(options.target, {"GET", step_path, key, {}});
  if (!step) return complain(step.error(), options.format());
  if (step->ok()) {
    std::cout << (options.json ? step->text : pretty(step->json)) << std::endl;
    return exit_codes::done;
  }
  const auto run = call_api(options.target, {"GET", run_path, key, {}});
  if (step->status != 404 || !run || !run->ok() || !run->json.is_object()) {
    return complain(*step, options.format());
  }
  return complain(no_such_step(options, run->json.get_object()), options.format());
}

/// Of a table's last column: what failed says why.
void put_error_text(JsonObject& step) {
  const Json* const error = step.if_contains("error");
  if (error == nullptr || !error->is_object()) return;
  step["error"] =
      on_one_line(cell(error->get_object(), "code") + ": " + cell(error->get_object(), "message"));
}

int show(const ExecutionOptions& options) {
  if (!options.step.empty()) return show_step(options);
  const std::string path = options.path("/" + percent_encode_text(options.id));
  return ask(options, {"GET", path, options.target.api_key, {}}, [](const JsonObject& body) {
    JsonObject head = body;
    head.erase("stepExecutions");
    std::cout << pretty(head) << "\n";
    JsonArray steps = body.at("stepExecutions").as_array();
    std::vector<std::string> columns{"id",  "type",      "status",    "start",
                                     "end", "inputSize", "outputSize"};
    const bool has_failed = std::any_of(steps.begin(), steps.end(), [](const Json& step) {
      return step.as_object().contains("error");
    });
    if (has_failed) columns.emplace_back("error");
    for (Json& step : steps) put_error_text(step.as_object());
    print_table(steps, columns);
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

int replay(const ExecutionOptions& options) {
  std::string query;
  for (const auto& [name, value] :
       {std::pair("version", options.version), std::pair("fromStep", options.step)}) {
    if (value.empty()) continue;
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + percent_encode_text(value);
  }
  return ask(options,
             {"POST",
              options.path("/" + percent_encode_text(options.id) + "/replay" + query),
              options.target.api_key,
              {}},
             [](const JsonObject& body) { std::cout << cell(body, "id") << "\n"; });
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
    options->target.add_url_project_and_key(*command);
    command->add_flag("--json", options->json, "print JSON");
    command->callback([options, run, &exit_code] { exit_code = run(*options); });
    return std::pair(command, options.get());
  };
  auto [list_command, listed] = add("list", "The newest runs.", &list);
  list_command->add_option("--user", listed->filters[0].second, "of this user");
  list_command->add_option("--workflow", listed->filters[1].second, "of this workflow");
  list_command->add_option("--status", listed->filters[2].second,
                           "EXECUTING, DELAYED, SUCCEEDED, FAILED or CANCELLED");
  list_command->add_option("--limit", listed->limit, "rows to show")
      ->check(CLI::Range(std::size_t{1}, listed_max))
      ->capture_default_str();
  list_command->add_option("--offset", listed->offset, "rows to skip")->capture_default_str();
  auto [show_command, shown] = add("show", "One run and its steps.", &show);
  show_command->add_option("id", shown->id, "the run's id")->required();
  show_command->add_option("--step", shown->step,
                           "input and output of this step; inside a fan-out STEP.INDEX");
  auto [cancel_command, cancelled] = add("cancel", "Stop a run before its next step.", &cancel);
  cancel_command->add_option("id", cancelled->id, "the run's id")->required();
  auto [replay_command, replayed] =
      add("replay", "Do a run again, as a new one, whose id is printed.", &replay);
  replay_command->add_option("id", replayed->id, "the run's id")->required();
  replay_command->add_option("--from-step", replayed->step,
                             "begin at this step, and keep the outputs before it");
  replay_command->add_option("--version", replayed->version,
                             "\"deployed\", or a version's number; else the run's own");
}

}  // namespace millrace
