// What is counted of a run is what its history lists: for random runs, at any moment, in both directions.
#include "runtime/execution/step_counter.h"
#include "tests/support/catch.h"
#include "tests/support/simulated_history.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <map>
#include <set>

namespace millrace {
namespace {

using Tally = std::map<std::pair<std::string, std::string>, std::int64_t>;  // step, status

const char* const nested = R"(
  {"id": "before", "type": "function", "code": "() => 1"},
  {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4], "onError": "continue", "steps": [
    {"id": "first", "type": "function", "code": "() => 1", "continueOnError": true,
      "parameters": {"n": "{{each.instance}}"}},
    {"id": "choose", "type": "conditional",
      "if": [[{"variable": "{{each.index}}", "operator": "NumberLessThan", "argument": 2}]],
      "then": [{"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"}],
      "else": [{"id": "inner", "type": "fanOut", "items": ["a", "b", "c"], "steps": [
        {"id": "leaf", "type": "function", "code": "() => 1", "autoRetry": true,
          "parameters": {"n": "{{inner.index}}", "of": "{{each.index}}"}},
        {"id": "behind", "type": "function", "code": "() => 1"}]}]},
    {"id": "last", "type": "function", "code": "() => 1"}]},
  {"id": "after", "type": "function", "code": "() => 1"})";

FunctionScript failing_here_and_there() {
  FunctionScript script;
  script.on("first", when_parameter("n", 1, throwing("bad"), returning(1)));
  script.on("leaf",
            when_parameter("of", 3, throwing("worse"),
                           failing_first(1, ErrorCode::function_timeout, "slow", returning(1))));
  return script;
}

std::vector<StepExecution> listed(const SimulatedRun& run) {
  std::vector<StepExecution> steps;
  StepHistory history(
      run.versions(), SimulatedRun::id(),
      [&](const BranchPath& parent, StepIndex fan_out, const StepHistory::TakeChild& take) {
        return read_children_of(run, parent, fan_out, 0, take);
      },
      [&](StepFinding&& finding) { steps.push_back(std::move(finding.step)); });
  REQUIRE(history.replay(run.journal().events({})).ok());
  return steps;
}

/// Of elements that have a journal: others have told nobody.
Tally tally_of_list(const SimulatedRun& run) {
  std::map<std::string, bool> has_journal;
  Tally tally;
  for (const auto& step : listed(run)) {
    if (step.indexes.empty()) continue;
    const auto places = positions_of(*run.versions(), step.id);
    REQUIRE(places.size() == 1);
    if (!run.journal().events(places.front().branch).empty())
      ++tally[{step.step.text, step.status}];
  }
  return tally;
}

Tally tally_of_counts(const SimulatedRun& run) {
  StepCounts counts;
  for (const BranchPath& path : run.journal().branches()) {
    if (path.is_root()) continue;
    StepCounter counter(run.shared_workflow(), StepCounter::Inside::left_out);
    for (const Event& event : run.journal().events(path)) counter.meet(event);
    counts.add(counter.take_changes());
  }
  Tally tally;
  for (StepCount count : counts.all()) {
    for (const char* status : {"SUCCEEDED", "FAILED", "EXECUTING", "DELAYED"}) {
      const auto number = count.of_status(status);
      const auto& step = run.workflow().by_index[count.step]->id.text;
      if (number != 0) tally[{step, status}] = number;
    }
  }
  return tally;
}

/// Counted event by event, as a run does that tells of each.
Tally told_step_by_step(const SimulatedRun& run) {
  StepCounts counts;
  for (const BranchPath& path : run.journal().branches()) {
    if (path.is_root()) continue;
    StepCounter counter(run.shared_workflow(), StepCounter::Inside::left_out);
    for (const Event& event : run.journal().events(path)) {
      counter.meet(event);
      counts.add(counter.take_changes());
    }
  }
  Tally tally;
  for (StepCount count : counts.all()) {
    for (const char* status : {"SUCCEEDED", "FAILED", "EXECUTING", "DELAYED"}) {
      const auto number = count.of_status(status);
      const auto& step = run.workflow().by_index[count.step]->id.text;
      if (number != 0) tally[{step, status}] = number;
    }
  }
  return tally;
}

struct Paged {
  std::vector<std::string> ids;
  int pages = 0;
};

/// All pages one after the other; each may look at `elements_max` elements.
Paged page_through(const SimulatedRun& run, StepQuery query, std::size_t elements_max = 1'000) {
  Paged paged;
  for (;;) {
    ++paged.pages;
    REQUIRE(paged.pages < 1'000);
    const auto branches = branches_of(run);
    std::size_t left = elements_max;
    StepWalk walk = walk_over(run, *branches, [&] { return left > 0 && left-- > 1; });
    auto page = walk.page(query);
    REQUIRE(page.ok());
    CHECK(page->steps.size() <= query.limit);
    for (const auto& step : page->steps) paged.ids.push_back(step.id);
    if (!page->next) return paged;
    // Clients carry it as text.
    query.after = parse_step_position(to_text(*page->next));
    REQUIRE(query.after == page->next);
  }
}

}  // namespace

TEST_CASE("at any moment of any run, elements are counted as they are listed") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    SimulatedRun run(compile_steps(nested), failing_here_and_there(), {.seed = seed});
    run.start({});
    for (int moves = 0; run.move(); ++moves) {
      if (moves % 3 == 0) CHECK(tally_of_counts(run) == tally_of_list(run));
    }
    CHECK(tally_of_counts(run) == tally_of_list(run));
    CHECK(told_step_by_step(run) == tally_of_counts(run));
    run.run_to_end();
    CHECK(told_step_by_step(run) == tally_of_counts(run));
    Tally ended = tally_of_list(run);
    CHECK(ended[{"first", "FAILED"}] == 1);
    CHECK(ended[{"leaf", "FAILED"}] >= 1);
  }
}

TEST_CASE("pages of any size list every step once, a fan-out before its elements") {
  SimulatedRun run(compile_steps(nested), failing_here_and_there());
  run.start({});
  run.run_to_end();
  StepQuery query;
  const Paged all = page_through(run, query);
  CHECK(all.pages == 1);
  CHECK(all.ids.size() == listed(run).size());
  CHECK(std::set<std::string>(all.ids.begin(), all.ids.end()).size() == all.ids.size());
  CHECK(std::vector<std::string>(all.ids.begin(), all.ids.begin() + 5) ==
        std::vector<std::string>{"trigger", "before", "each", "first.0", "choose.0"});
  CHECK(all.ids.back() == "after");
  for (const std::size_t limit : {1, 2, 3, 5, 7}) {
    for (const std::size_t elements : {1, 2, 1'000}) {
      query.limit = limit;
      CHECK(page_through(run, query, elements).ids == all.ids);
    }
  }
}

TEST_CASE("pages may be of one step, of one element, of one status") {
  SimulatedRun run(compile_steps(nested), failing_here_and_there());
  run.start({});
  run.run_to_end();
  const auto ids = [&](StepQuery query, std::size_t elements = 1'000) {
    return page_through(run, std::move(query), elements).ids;
  };
  using Ids = std::vector<std::string>;
  CHECK(ids({.step = "last"}) == Ids{"last.0", "last.1", "last.2"});
  CHECK(ids({.step = "trigger"}) == Ids{"trigger"});
  CHECK(ids({.step = "nothing"}).empty());
  CHECK(ids({.indexes = {1}}) == Ids{"first.1", "choose.1", "wait.1", "last.1"});
  CHECK(ids({.indexes = {2, 1}}) == Ids{"leaf.2.1", "behind.2.1"});
  CHECK(ids({.step = "leaf", .indexes = {2}}, 1) == Ids{"leaf.2.0", "leaf.2.1", "leaf.2.2"});
  CHECK(ids({.indexes = {9}}).empty());
  CHECK(ids({.step = "first", .statuses = {"FAILED"}, .limit = 1}, 1) == Ids{"first.0"});
  CHECK(ids({.statuses = {"EXECUTING", "DELAYED"}}).empty());
}

TEST_CASE("elements that may run without a trace of it are listed as running") {
  FunctionScript script;
  SimulatedRun run(compile_steps(R"(
    {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4, 5], "concurrency": 2, "steps": [
      {"id": "work", "type": "function", "code": "() => 1"},
      {"id": "more", "type": "function", "code": "() => 1"}]})"),
                   script, {.order = SimulatedRun::Order::sequential});
  run.hold("work");
  run.start({});
  run.run_until_waiting();
  using Ids = std::vector<std::string>;
  CHECK(page_through(run, {}).ids == Ids{"trigger", "each", "work.0", "work.1"});
  CHECK(page_through(run, {.step = "work", .limit = 1}).ids == Ids{"work.0", "work.1"});
  std::vector<std::string> shown;
  for (const auto& step : listed(run)) shown.push_back(step.id + " " + step.status);
  CHECK(shown ==
        Ids{"trigger SUCCEEDED", "work.0 EXECUTING", "work.1 EXECUTING", "each EXECUTING"});
  run.release("work");
  run.run_to_end();
  CHECK(page_through(run, {.statuses = {"EXECUTING"}}).ids.empty());
}

TEST_CASE("an element that sleeps keeps its seat: none behind it is listed as running") {
  SimulatedRun run(compile_steps(R"(
    {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4, 5], "concurrency": 3, "steps": [
      {"id": "work", "type": "function", "code": "() => 1", "parameters": {"n": "{{each.instance}}"}},
      {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"}]})"),
                   FunctionScript(), {.order = SimulatedRun::Order::sequential});
  run.start({});
  run.run_until_waiting();
  using Ids = std::vector<std::string>;
  const Ids asleep{"work.0", "wait.0", "work.1", "wait.1", "work.2", "wait.2"};
  Ids all{"trigger", "each"};
  all.insert(all.end(), asleep.begin(), asleep.end());
  for (const std::size_t limit : {1, 3, 100}) {
    CHECK(page_through(run, {.limit = limit}).ids == all);
  }
  CHECK(page_through(run, {.statuses = {"EXECUTING"}}).ids == Ids{"each"});
  CHECK(listed(run).size() == all.size());
  // A free seat is taken by the next one.
  run.hold("work");
  run.advance(std::chrono::hours(1));
  CHECK(page_through(run, {.statuses = {"EXECUTING"}}).ids == Ids{"each", "work.3", "work.4"});
}

TEST_CASE("a cancel shows the elements whose first step was running, and no others") {
  SimulatedRun run(compile_steps(R"(
    {"id": "each", "type": "fanOut", "items": [1, 2], "steps": [
      {"id": "inner", "type": "fanOut", "items": [1, 2, 3], "concurrency": 2, "steps": [
        {"id": "work", "type": "function", "code": "() => 1"},
        {"id": "more", "type": "function", "code": "() => 1"}]}]})"),
                   FunctionScript(), {.order = SimulatedRun::Order::sequential});
  run.hold("work");
  run.start({});
  run.run_until_waiting();
  run.cancel();
  run.run_to_end();
  using Ids = std::vector<std::string>;
  const Ids ids{"trigger",  "each",    "inner.0",  "work.0.0",
                "work.0.1", "inner.1", "work.1.0", "work.1.1"};
  CHECK(page_through(run, {}).ids == ids);
  CHECK(page_through(run, {.limit = 1}).ids == ids);
  CHECK(page_through(run, {.step = "work", .statuses = {"CANCELLED"}}).ids.size() == 4);
  std::set<std::string> shown;
  for (const auto& step : listed(run)) shown.insert(step.id);
  CHECK(shown == std::set<std::string>(ids.begin(), ids.end()));
}

TEST_CASE("elements that their fan-out's end cut off are cancelled, while the run goes on") {
  FunctionScript script;
  script.on("work", when_parameter("n", 2, throwing("bad"), returning(1)));
  SimulatedRun run(compile_steps(R"(
    {"id": "each", "type": "fanOut", "items": [1], "onError": "continue", "steps": [
      {"id": "inner", "type": "fanOut", "items": [1, 2], "steps": [
        {"id": "work", "type": "function", "code": "() => 1",
          "parameters": {"n": "{{inner.instance}}"}},
        {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"}]}]},
    {"id": "rest", "type": "delay", "value": 1, "unit": "DAYS"})"),
                   script, {.order = SimulatedRun::Order::sequential});
  run.hold("work");
  run.start({});
  run.run_until_waiting();
  run.release("work");
  run.run_until_waiting();
  std::map<std::string, std::string> shown;
  for (const auto& step : listed(run)) shown[step.id] = step.status;
  CHECK(shown == std::map<std::string, std::string>{{"trigger", "SUCCEEDED"},
                                                    {"work.0.0", "SUCCEEDED"},
                                                    {"wait.0.0", "CANCELLED"},
                                                    {"work.0.1", "FAILED"},
                                                    {"inner.0", "FAILED"},
                                                    {"each", "SUCCEEDED"},
                                                    {"rest", "DELAYED"}});
}

TEST_CASE("what is no position of a step is refused") {
  for (const char* const text :
       {"", "x", "1.", ".1-2", "1.2", "-1", "1.2-3.4", "1-2", "1.2-x", "99999999999", "1.2--",
        "1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1.1-1"}) {
    INFO(text);
    CHECK_FALSE(parse_step_position(text));
  }
  const auto workflow = compile_steps(nested);
  const VersionsOfRun versions(workflow, {});
  CHECK(positions_of(versions, "leaf.2.1").at(0).branch.elements.size() == 2);
  for (const char* const id : {"leaf", "leaf.2", "leaf.2.1.0", "leaf.2.01", "nothing", "",
                               "leaf.2.1.", "before.0", "trigger"}) {
    INFO(id);
    CHECK(positions_of(versions, id).empty());
  }
}

}  // namespace millrace
