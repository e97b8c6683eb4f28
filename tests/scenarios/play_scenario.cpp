#include "tests/scenarios/play_scenario.h"

#include "runtime/definitions/compile_workflow.h"
#include "runtime/execution/mask_event.h"
#include "runtime/text/duration_text.h"
#include "tests/scenarios/function_rule_text.h"
#include "tests/scenarios/line_diff.h"
#include "tests/scenarios/request_rule_text.h"
#include "tests/support/journal_listing.h"

#include <algorithm>
#include <regex>

namespace millrace {
namespace {

Error mistake(std::string what) { return Error(ErrorCode::invalid_request, std::move(what)); }

Outcome expect_text(const std::string& expected, const std::string& got) {
  if (expected == got) return Done{};
  return mistake("expected " + expected + ", got " + got);
}

std::string findings_of(const Error& error) {
  std::string text = error.message;
  for (const auto& detail : error.details) text += "\n  " + detail.path + ": " + detail.message;
  return text;
}

/// A JSON value in one form, however it was written.
std::string normal_json(const std::string& text) {
  const auto parsed = parse_json(text, limits::stored_depth_max);
  return parsed ? to_text(*parsed) : "(not JSON) " + text;
}

}  // namespace

ScenarioPlayer::ScenarioPlayer(const Scenario& scenario, SimulatedRun::Options options)
    : scenario_(scenario), options_(options) {}

Outcome ScenarioPlayer::play() {
  if (auto put = put_integrations(); !put) return put;
  if (auto compiled = compile(); !compiled) return compiled;
  for (const auto& line : scenario_.lines) {
    Outcome outcome = line.verb == "given"  ? given(line.text)
                      : line.verb == "when" ? when(line.text)
                                            : then(line);
    if (!outcome) {
      return mistake("line " + std::to_string(line.number) + ": " + line.verb + " " + line.text +
                     "\n" + outcome.error().message);
    }
  }
  return Done{};
}

/// Before everything else: the workflow is compiled with them.
Outcome ScenarioPlayer::put_integrations() {
  std::smatch found;
  for (const auto& line : scenario_.lines) {
    if (!std::regex_match(line.text, found, std::regex("integration (\\w+) (\\{.*\\})"))) continue;
    auto definition = parse_json(found[2].str());
    if (!definition) return definition.error();
    if (auto put = integrations_.put(found[1], *definition); !put) {
      return mistake(findings_of(put.error()));
    }
  }
  return Done{};
}

Outcome ScenarioPlayer::compile() {
  auto compiled = compile_workflow(scenario_.definition,
                                   {ProjectId("acme"), WorkflowId("scenario"), 1}, &integrations_);
  if (!compiled) return mistake(findings_of(compiled.error()));
  workflow_ = std::move(*compiled);
  return Done{};
}

// --- given
// ------------------------------------------------------------------------------------------

Outcome ScenarioPlayer::given(const std::string& text) {
  std::smatch found;
  if (std::regex_match(text, found, std::regex("jitter (-?[0-9.]+)"))) {
    options_.jitter = std::stod(found[1]);
    return Done{};
  }
  if (text == "no other crashes") {
    options_.crashes = SimulatedRun::Crashes::when_told;
    return Done{};
  }
  if (text == "a test run") {
    start_.is_test = true;
    return Done{};
  }
  if (text.starts_with("integration ")) return Done{};  // see `put_integrations`
  if (std::regex_match(text, found, std::regex("secret (\\w+) (\".*\")"))) {
    const auto value = parse_json(found[2].str());
    if (!value || !value->is_string()) return mistake("expected a secret's value in quotes");
    world_.values.secrets[found[1]] = value->get_string().c_str();
    return Done{};
  }
  if (std::regex_match(text, found, std::regex("credential (\\w+) (\\{.*\\})"))) {
    auto fields = parse_json(found[2].str());
    if (!fields) return fields.error();
    world_.values.connect(found[1], std::move(fields->get_object()));
    return Done{};
  }
  if (std::regex_match(text, found, std::regex("(settings|user meta) (\\{.*\\})"))) {
    auto value = parse_json(found[2].str());
    if (!value) return value.error();
    (found[1] == "settings" ? start_.settings : start_.user_meta) = std::move(*value);
    return Done{};
  }
  if (!std::regex_match(text, found, std::regex("([\\w-]+) (.+)"))) {
    return mistake("expected a step and what it does");
  }
  if (found[2] == "is slow") {
    slow_steps_.push_back(found[1]);
    return Done{};
  }
  return given_step(found[1], found[2]);
}

Outcome ScenarioPlayer::given_step(const std::string& step, const std::string& text) {
  const auto found = std::find_if(workflow_->by_index.begin(), workflow_->by_index.end(),
                                  [&](const Step* each) { return each->id.text == step; });
  if (found == workflow_->by_index.end()) return mistake("there is no such step");
  if (request_of(**found) != nullptr) {
    auto rule = read_request_rule(text);
    if (!rule) return rule.error();
    world_.requests.on(step, std::move(*rule));
    return Done{};
  }
  auto rule = read_function_rule(text);
  if (!rule) return rule.error();
  world_.functions.on(step, std::move(*rule));
  return Done{};
}

// --- when
// -------------------------------------------------------------------------------------------

Outcome ScenarioPlayer::when(const std::string& text) {
  std::smatch found;
  if (std::regex_match(text, found, std::regex("request (.+)"))) {
    auto body = parse_json(found[1].str());
    if (!body) return body.error();
    start_.trigger = JsonObject{
        {"request",
         {{"headers", JsonObject()}, {"params", JsonObject()}, {"body", std::move(*body)}}}};
    return start(start_);
  }
  if (run_ == nullptr) return mistake("nothing runs before `when request`");
  if (std::regex_match(text, found, std::regex("clock \\+(\\w+)"))) {
    const auto span = parse_duration(found[1].str());
    if (!span) return mistake("not a duration");
    run_->advance(*span);
  } else if (std::regex_match(text, found, std::regex("([\\w-]+) answers"))) {
    run_->release(found[1]);
  } else if (text == "cancel") {
    run_->cancel();
  } else if (text == "crash and reopen") {
    run_->crash_and_reopen(SimulatedRun::Reopen::by_replay);
  } else if (text == "crash and reopen through a snapshot") {
    run_->crash_and_reopen(SimulatedRun::Reopen::through_snapshot);
  } else {
    return mistake("this cannot happen in a scenario");
  }
  run_->run_until_waiting();
  return Done{};
}

Outcome ScenarioPlayer::start(RunStart start) {
  if (run_ != nullptr) return mistake("a scenario starts one run");
  run_ = std::make_unique<SimulatedRun>(workflow_, world_, options_);
  for (const auto& step : slow_steps_) run_->hold(step);
  run_->start(start);
  run_->run_until_waiting();
  return Done{};
}

// --- then
// -------------------------------------------------------------------------------------------

Outcome ScenarioPlayer::then(const ScenarioLine& line) {
  if (run_ == nullptr) return mistake("nothing has run yet");
  const std::string& text = line.text;
  std::smatch found;
  if (text == "journal") return compare(line.block, listing(BranchPath{}));
  if (std::regex_match(text, found, std::regex("journal of (.+)"))) {
    const auto path = path_named(found[1]);
    if (!path) return path.error();
    return compare(line.block, listing(*path));
  }
  if (std::regex_match(text, found, std::regex("no journal of (.+)"))) {
    return path_named(found[1]) ? Outcome(mistake("it has one")) : Outcome(Done{});
  }
  if (std::regex_match(text, found, std::regex("journal has (\\d+) events"))) {
    return expect_text(found[1], std::to_string(run_->root().events_applied()));
  }
  if (std::regex_match(text, found, std::regex("status (\\w+)"))) {
    return expect_text(found[1], std::string(wire_name(run_->status())));
  }
  if (std::regex_match(text, found, std::regex("tasks (\\d+)"))) {
    return expect_text(found[1], std::to_string(run_->root().tasks()));
  }
  if (std::regex_match(text, found, std::regex("at most (\\d+) children at once"))) {
    // Also a lower bound: fewer would mean that the limit was not used.
    return expect_text(found[1], std::to_string(run_->most_children()));
  }
  if (std::regex_match(text, found, std::regex("output of ([\\w-]+) is (.+)"))) {
    for (const Step* step : workflow_->by_index) {
      if (step->id.text != found[1]) continue;
      const auto& output = run_->root().scope().output(step->index);
      return expect_text(normal_json(found[2]), output ? shown(*output) : "nothing");
    }
    return mistake("there is no such step");
  }
  if (std::regex_match(text, found, std::regex("answered (\\d+) file (.+)"))) {
    return expect_text(found[1].str() + " file " + normal_json(found[2]), answer_text());
  }
  if (std::regex_match(text, found, std::regex("answered (\\d+) (.+)"))) {
    return expect_text(found[1].str() + " " + normal_json(found[2]), answer_text());
  }
  if (std::regex_match(text, found, std::regex("request (\\d+) of ([\\w-]+) (is|has) (.+)"))) {
    return then_request(std::stoul(found[1]), found[2], found[4]);
  }
  if (std::regex_match(text, found, std::regex("(\\d+) requests? of ([\\w-]+)"))) {
    return expect_text(found[1], std::to_string(run_->sent(found[2]).size()));
  }
  if (std::regex_match(text, found, std::regex("input of ([\\w-]+) is (.+)"))) {
    return expect_text(normal_json(found[2]), input_text(found[1]));
  }
  if (text == "not answered") return expect_text("", answer_text());
  return mistake("this cannot be expected");
}

Outcome ScenarioPlayer::compare(const std::vector<std::string>& expected,
                                const std::vector<std::string>& got) const {
  const std::string difference = line_diff(expected, got);
  if (difference.empty()) return Done{};
  return mistake(difference);
}

std::vector<std::string> ScenarioPlayer::listing(const BranchPath& path) const {
  const auto& journal = run_->journal();
  auto lines =
      list_journal(*workflow_, shown_events(path), journal.events(BranchPath{}).front().at);
  for (auto& line : lines) line = expand_file_handles(std::move(line), shown_files());
  return lines;
}

/// As they stand in clear.
std::vector<Event> ScenarioPlayer::shown_events(const BranchPath& path) const {
  auto events = run_->journal().events(path);
  for (Event& event : events) {
    if (auto masked = mask_event(event, run_->secrets())) event = std::move(masked->shown);
  }
  return events;
}

FileBytes ScenarioPlayer::shown_files() const {
  return [this](const FileHandle& file) -> SharedBytes {
    const SharedBytes bytes = run_->files().find(file);
    if (bytes == nullptr) return nullptr;
    return std::make_shared<const std::string>(run_->secrets().apply(*bytes));
  };
}

/// As people see it: files with their bytes as hex.
std::string ScenarioPlayer::shown(Json value) const {
  run_->secrets().apply_to(value);
  return expand_file_handles(to_text(value), shown_files());
}

/// As the run has it: files with their bytes as hex.
std::string ScenarioPlayer::with_files(const Json& value) const {
  return expand_file_handles(to_text(value), run_->files().reader());
}

/// What the task history shows as the input of a step of the root.
std::string ScenarioPlayer::input_text(const std::string& id) const {
  BranchMachine machine(workflow_, SimulatedRun::id());
  std::string text = "nothing";
  for (const auto& event : run_->journal().events(BranchPath{})) {
    machine.apply(event);
    const Step* const current = machine.current_step();
    if (current != nullptr && current->id.text == id) text = shown(machine.current_input());
  }
  return text;
}

Outcome ScenarioPlayer::then_request(std::size_t number, const std::string& step,
                                     const std::string& what) const {
  const auto sent = run_->sent(step);
  if (number == 0 || number > sent.size()) {
    return mistake("there were " + std::to_string(sent.size()));
  }
  const HttpRequest& request = sent[number - 1];
  std::smatch found;
  if (std::regex_match(what, found, std::regex("key (.+)"))) {
    std::string key = idempotency_key_of(request);
    const std::string run = SimulatedRun::id().text() + ':';
    if (key.starts_with(run)) key = key.substr(run.size());
    return expect_text(found[1], key);
  }
  if (std::regex_match(what, found, std::regex("timeout (.+)"))) {
    return expect_text(found[1], span_text(request.timeout));
  }
  if (std::regex_match(what, found, std::regex("client credentials (.+)"))) {
    if (!request.client_credentials) return mistake("it has none");
    const auto& given = *request.client_credentials;
    return expect_text(normal_json(found[1]), to_text(JsonArray{given.token_url, given.client_id,
                                                                given.client_secret, given.scope}));
  }
  return expect_text(normal_json(what), to_text(shown_request(request)));
}

Result<BranchPath> ScenarioPlayer::path_named(const std::string& text) const {
  for (const auto& path : run_->journal().branches()) {
    // One without events was left before its first step had ended.
    const bool is_named = path_text(*workflow_, path) == text;
    if (is_named && !run_->journal().events(path).empty()) return path;
  }
  return mistake("no branch " + text + " has a journal");
}

/// The first Response that any branch ran, as "status body".
std::string ScenarioPlayer::answer_text() const {
  std::string answer;
  std::optional<Instant> first;
  for (const auto& path : run_->journal().branches()) {
    for (const auto& event : run_->journal().events(path)) {
      const auto* completed = std::get_if<StepCompleted>(&event.body);
      if (completed == nullptr || (first && *first <= event.at)) continue;
      const Step& step = *workflow_->by_index[completed->step];
      if (!std::holds_alternative<ResponseStep>(step.config)) continue;
      first = event.at;
      const auto& output = completed->output->get_object();
      const Json* const file = output.if_contains("file");
      answer = to_text(output.at("statusCode")) + " " +
               (file == nullptr ? to_text(output.at("body")) : "file " + with_files(*file));
    }
  }
  return answer;
}

}  // namespace millrace
