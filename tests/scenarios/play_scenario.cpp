#include "tests/scenarios/play_scenario.h"

#include "runtime/definitions/compile_workflow.h"
#include "runtime/text/duration_text.h"
#include "tests/scenarios/function_rule_text.h"
#include "tests/scenarios/line_diff.h"
#include "tests/support/journal_listing.h"

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
  auto compiled =
      compile_workflow(scenario_.definition, {ProjectId("acme"), WorkflowId("scenario"), 1});
  if (!compiled) return mistake(findings_of(compiled.error()));
  workflow_ = std::move(*compiled);
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
  auto rule = read_function_rule(found[2].str());
  if (!rule) return rule.error();
  script_.on(found[1], std::move(*rule));
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
  run_ = std::make_unique<SimulatedRun>(workflow_, script_, options_);
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
      return expect_text(normal_json(found[2]), output ? to_text(*output) : "nothing");
    }
    return mistake("there is no such step");
  }
  if (std::regex_match(text, found, std::regex("answered (\\d+) (.+)"))) {
    return expect_text(found[1].str() + " " + normal_json(found[2]), answer_text());
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
  return list_journal(*workflow_, journal.events(path), journal.events(BranchPath{}).front().at);
}

Result<BranchPath> ScenarioPlayer::path_named(const std::string& text) const {
  for (const auto& path : run_->journal().branches()) {
    if (path_text(*workflow_, path) == text) return path;
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
      answer = to_text(completed->output->at("statusCode")) + " " +
               to_text(completed->output->at("body"));
    }
  }
  return answer;
}

}  // namespace millrace
