// `millrace event-logs list`: what came in and started nothing, and why.

#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

constexpr std::size_t entries_listed_max = 10'000;

struct EventLogOptions : ApiCommand {
  std::size_t limit = 100;
  std::vector<std::pair<std::string, std::string>> filters{
      {"level", {}}, {"type", {}}, {"userId", {}}, {"workflowId", {}}, {"since", {}}};
};

/// `after`: the `next` of the page before; empty: the newest entries.
std::string page_path(const EventLogOptions& options, const std::string& after) {
  std::string query;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (value.empty()) return;
    query += (query.empty() ? "?" : "&") + name + "=" + percent_encode_text(value);
  };
  for (const auto& [name, value] : options.filters) add(name, value);
  add("after", after);
  return options.target.project_path("/event-logs" + query);
}

void print_entries(const EventLogOptions& options, JsonArray entries, bool is_partial) {
  if (options.json) {
    std::cout << to_text(JsonObject{{"eventLogs", std::move(entries)}, {"isPartial", is_partial}})
              << std::endl;
    return;
  }
  for (Json& entry : entries) {
    JsonObject& row = entry.as_object();
    row["message"] = on_one_line(cell(row, "message"));
  }
  print_table(entries, {"at", "level", "type", "userId", "workflowId", "code", "message"});
  std::cout << entries.size() << (is_partial ? " shown, and there are more: --limit" : " in all")
            << std::endl;
}

/// The server has pages of its own size, which may be empty before the last one.
int list(const EventLogOptions& options) {
  JsonArray entries;
  for (std::string after;;) {
    const auto answer =
        call_api(options.target, {"GET", page_path(options, after), options.target.api_key, {}});
    if (!answer) return complain(answer.error(), options.format());
    if (!answer->ok() || !answer->json.is_object()) return complain(*answer, options.format());
    const JsonObject& page = answer->json.get_object();
    for (const Json& entry : page.at("eventLogs").as_array()) {
      if (entries.size() == options.limit) {
        print_entries(options, std::move(entries), true);
        return exit_codes::done;
      }
      entries.push_back(entry);
    }
    if (page.at("next").is_null()) break;
    after = cell(page, "next");
  }
  print_entries(options, std::move(entries), false);
  return exit_codes::done;
}

}  // namespace

void add_event_logs_command(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("event-logs", "What came in and started nothing, and why.");
  group->require_subcommand(1);
  auto options = std::make_shared<EventLogOptions>();
  auto* command = group->add_subcommand("list", "The newest entries, of the last 30 days.");
  options->target.add_url_project_and_key(*command);
  command->add_option("--level", options->filters[0].second, "info, warning or error");
  command->add_option("--type", options->filters[1].second,
                      "what came in this way: request, event, webhook, scheduler, …");
  command->add_option("--user", options->filters[2].second, "about this user");
  command->add_option("--workflow", options->filters[3].second, "about this workflow");
  command->add_option("--since", options->filters[4].second,
                      "from this time on, such as 2026-01-31 or 2026-01-31T12:00:00Z");
  command->add_option("--limit", options->limit, "entries to show")
      ->check(CLI::Range(std::size_t{1}, entries_listed_max))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options, &exit_code] { exit_code = list(*options); });
}

}  // namespace millrace
