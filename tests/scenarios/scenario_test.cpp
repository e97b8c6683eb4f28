// Every *.scenario file of this folder is played in several ways; each way must read the same. Then
// each point of each journal is snapshotted and restored.

#include "runtime/execution/branch_snapshot.h"
#include "tests/scenarios/line_diff.h"
#include "tests/scenarios/play_scenario.h"
#include "tests/support/catch.h"
#include "tests/support/journal_listing.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace millrace {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> scenario_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(MILLRACE_SCENARIOS)) {
    if (entry.path().extension() == ".scenario") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Scenario read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  auto scenario = read_scenario(text.str());
  if (!scenario) FAIL(path.filename().string() << ", " << scenario.error().message);
  return std::move(*scenario);
}

void play_all(const SimulatedRun::Options& options) {
  const auto files = scenario_files();
  REQUIRE(files.size() >= 30);
  for (const auto& file : files) {
    const Scenario scenario = read_file(file);
    DYNAMIC_SECTION(scenario.title) {
      ScenarioPlayer player(scenario, options);
      const Outcome outcome = player.play();
      if (!outcome) {
        FAIL(file.filename().string()
             << ", seed " << options.seed << ", " << outcome.error().message);
      }
    }
  }
}

/// Every branch of a run at every point of its journal: the snapshot of that point, restored, and
/// the rest of the journal must lead to where the whole journal leads.
void check_snapshots(const SimulatedRun& run, const BranchMachine& fresh, const BranchPath& path) {
  const auto events = run.journal().events(path);
  BranchMachine whole = fresh;
  for (const auto& event : events) whole.apply(event);
  if (events.empty()) return;
  BranchMachine before = fresh;
  for (std::size_t point = 0; point < events.size(); ++point) {
    before.apply(events[point]);
    const std::string snapshot = BranchSnapshotCodec::write(before);
    BranchMachine restored = fresh;
    REQUIRE(BranchSnapshotCodec::restore(restored, snapshot).ok());
    REQUIRE(BranchSnapshotCodec::write(restored) == snapshot);
    for (std::size_t i = point + 1; i < events.size(); ++i) restored.apply(events[i]);
    REQUIRE(BranchSnapshotCodec::write(restored) == BranchSnapshotCodec::write(whole));
    if (const auto fan_out = before.open_fan_out()) {
      const Step& step = *run.workflow().by_index[*fan_out];
      const Json items = before.fan_out_items();
      for (const auto index : run.journal().children(path, *fan_out)) {
        const BranchMachine child(run.shared_workflow(), before.freeze_scope(), step,
                                  items.get_array()[index], index);
        check_snapshots(run, child, path.child(*fan_out, index));
      }
    }
  }
}

}  // namespace

TEST_CASE("every scenario reads as its file says when steps run in order") {
  play_all({.seed = 1, .order = SimulatedRun::Order::sequential});
}

TEST_CASE("every scenario reads the same whichever way its elements interleave") {
  const auto seed = GENERATE(as<std::uint64_t>{}, 2, 3, 5, 8);
  play_all({.seed = seed, .order = SimulatedRun::Order::shuffled});
}

TEST_CASE("every scenario reads the same however often it crashes on the way") {
  const auto seed = GENERATE(as<std::uint64_t>{}, 11, 12, 13);
  play_all({.seed = seed,
            .order = SimulatedRun::Order::sequential,
            .crashes = SimulatedRun::Crashes::often});
}

TEST_CASE("a snapshot at any point of any scenario leads to the same end") {
  for (const auto& file : scenario_files()) {
    const Scenario scenario = read_file(file);
    DYNAMIC_SECTION(scenario.title) {
      ScenarioPlayer player(scenario, {});
      if (const auto outcome = player.play(); !outcome) FAIL(outcome.error().message);
      const SimulatedRun& run = *player.run();
      check_snapshots(run, BranchMachine(run.shared_workflow(), SimulatedRun::id()), BranchPath{});
    }
  }
}

TEST_CASE("a scenario that fails shows which lines are missing and which are new") {
  CHECK(line_diff({"1 a", "2 b"}, {"1 a", "2 b"}).empty());
  CHECK(line_diff({"1 a", "2 b", "3 c"}, {"1 a", "2 x", "3 c"}) ==
        "    1 a\n  - 2 b\n  + 2 x\n    3 c\n");
}

TEST_CASE("a scenario file with a mistake names the line of the mistake") {
  CHECK_FALSE(read_scenario("workflow\n").ok());
  const auto read = read_scenario("# a title\n# why: a reason\nworkflow\n  []\nand so on\n");
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().message == "line 5: expected workflow, given, when or then");
}

TEST_CASE("a scenario whose expectation does not hold fails with the difference") {
  const auto scenario = read_scenario(
      "# a title\n# why: a reason\nworkflow\n  [{\"id\": \"a\", \"type\": \"function\", "
      "\"code\": \"() => 1\"}]\nwhen request {}\nthen journal\n  1 ExecutionStarted\n");
  REQUIRE(scenario.ok());
  const auto outcome = ScenarioPlayer(*scenario, {}).play();
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().message ==
        "line 6: then journal\n    1 ExecutionStarted\n  + 2 StepCompleted a {\"result\":{}}\n"
        "  + 3 ExecutionEnded SUCCEEDED\n");
}

}  // namespace millrace
