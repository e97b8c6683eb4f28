// The order of keys: see storage/keys.h. Their bytes are pinned in stored_bytes_test.cpp.

#include "storage/keys.h"

#include "runtime/base/check.h"
#include "tests/contracts/executions.h"
#include "tests/support/catch.h"

#include <limits>

namespace millrace::tests {
namespace {

namespace keys = storage::keys;
using namespace std::string_literals;

bool begins_with(std::string_view key, std::string_view prefix) {
  return key.substr(0, prefix.size()) == prefix;
}

TEST_CASE("the end of a prefix is above all its keys and not above others", "[keys]") {
  CHECK(keys::end_of_prefix("ab") == "ac");
  CHECK(keys::end_of_prefix("a\xff") == "b");
  CHECK(keys::end_of_prefix("a\xff\xff") == "b");
  CHECK(keys::end_of_prefix("\x7f") == "\x80");
  const std::string longest(keys::bytes_max, '\xff');
  CHECK(keys::end_of_prefix("\xff\xff") > longest);
  CHECK(keys::end_of_prefix("") > longest);
}

TEST_CASE("the longest keys that limits of ids and names allow are no longer than keys may be",
          "[keys]") {
  const std::string id(limits::id_bytes_max, 'i');
  const std::string any(limits::id_bytes_max, '\0');  // takes two bytes each
  const std::string provider(limits::provider_id_bytes_max, '\0');
  const ProjectId project(id);
  const UserId user(any);
  const std::string of_account = keys::account(project, "resource:" + id, provider, user, id);
  CHECK(of_account.size() <= keys::bytes_max);
  CHECK(of_account.size() + 8 > keys::bytes_max);  // the limit is not more than it has to be
  CHECK(keys::hook_place(project, user, "resource:" + id, id, any).size() < 1'600);
  CHECK(keys::subscription(project, user, id, any, any).size() < 1'600);
  // An account with one of its configurations.
  const std::string configured = id + '.' + std::string(255, 'c');
  CHECK(keys::enabled_workflow(project, WorkflowId(any), user, configured).size() < 1'600);
  CHECK(keys::polled_account(project, user, WorkflowId(any), configured).size() < 1'600);
  CHECK(keys::trigger(project, any, any, WorkflowId(any)).size() < 1'600);
  CHECK(keys::wake(ShardId{1}, at(0), 1, std::string(keys::wake_target_bytes_max, 'w')).size() <
        1'600);
}

TEST_CASE("rows that are appended are those of executions but not what names a whole one",
          "[keys]") {
  CountingRandom random;
  const auto id = id_for("p", "user", at(0), random);
  CHECK(keys::is_appended(keys::history_row(ProjectId("p"), at(0), id)));
  CHECK(keys::is_appended(keys::unfinished_row(id)));
  CHECK(keys::is_appended(keys::locator(id)));
  CHECK(keys::is_appended(keys::journal_page(id, BranchPath{}, 1)));
  CHECK(keys::is_appended(keys::timer(at(0), id, BranchPath{}, 1)));
  // What `remove_prefix` is called with.
  CHECK_FALSE(keys::is_appended(keys::execution(id)));
  for (const auto& index : keys::indexes(id.shard())) CHECK_FALSE(keys::is_appended(index));
  CHECK_FALSE(keys::is_appended(keys::timers(id.shard())));
  CHECK_FALSE(keys::is_appended(keys::user(ProjectId("p"), UserId("user"))));
  CHECK_FALSE(keys::is_appended(""));
}

TEST_CASE("history keys sort by start time and then by id", "[keys]") {
  const ProjectId project("p\0"s);
  CountingRandom random;
  const auto id = id_for("p\0"s, "user", at(0), random);
  const auto later_id = id_for("p\0"s, "user", at(1), random);
  const auto row = [&](std::int64_t ms) { return keys::history_row(project, at(ms), id); };
  const std::vector<std::int64_t> times{
      std::numeric_limits<std::int64_t>::min(), -256, -1, 0, 1, 255, 256,
      std::numeric_limits<std::int64_t>::max()};
  for (std::size_t i = 1; i < times.size(); ++i) CHECK(row(times[i - 1]) < row(times[i]));
  CHECK(row(5) < keys::history_row(project, at(5), later_id));
  CHECK(begins_with(row(5), keys::history(id.shard(), project)));
  CHECK(begins_with(row(5), keys::history_from(id.shard(), project, at(5))));
  CHECK(row(4) < keys::history_from(id.shard(), project, at(5)));
  CHECK(row(5).size() - keys::history(id.shard(), project).size() == keys::history_order_bytes);
}

TEST_CASE("every row of an execution begins with its shard and its prefix", "[keys]") {
  CountingRandom random;
  const auto id = id_for("project", "user", at(0), random);
  const auto branch = BranchPath().child(1, 2);
  const std::string shard = keys::epoch(id.shard()).substr(0, 2);
  for (const auto& key :
       {keys::locator(id), keys::snapshot(id, branch), keys::journal_page(id, branch, 1),
        keys::children(id, branch, 3), keys::step_counts(id), keys::failed_step(id, 3, branch)}) {
    CHECK(begins_with(key, shard));
    CHECK(begins_with(key, keys::execution(id)));
  }
}

TEST_CASE("a timer key gives back what it was made of", "[keys]") {
  CountingRandom random;
  const auto id = id_for("project", "user", at(0), random);
  for (const auto& branch : {BranchPath(), BranchPath().child(1, 2).child(3, 4'000'000'000u)}) {
    const auto parsed = keys::parse_timer(keys::timer(at(-7), id, branch, 9));
    REQUIRE(parsed.has_value());
    CHECK(parsed->due == at(-7));
    CHECK(parsed->execution == id);
    CHECK(parsed->branch == branch);
    CHECK(parsed->step == 9);
  }
}

TEST_CASE("a timer key that is cut or extended is not understood as another", "[keys]") {
  CountingRandom random;
  const auto id = id_for("project", "user", at(0), random);
  const auto key = keys::timer(at(7), id, BranchPath().child(1, 2), 9);
  for (std::size_t size = 0; size < key.size(); ++size) {
    CHECK_FALSE(keys::parse_timer(key.substr(0, size)).has_value());
  }
  CHECK_FALSE(keys::parse_timer(key + "x").has_value());
}

TEST_CASE("tails of page keys are understood only in their exact size", "[keys]") {
  CHECK(keys::parse_sequence("\0\0\0\0\0\0\1\2"s) == 258u);
  CHECK_FALSE(keys::parse_sequence("\0\0\0\0\0\0\1"s).has_value());
  const auto child = keys::parse_child_page("\0\0\1\0\0\0\0\0\0\0\0\3"s);
  REQUIRE(child.has_value());
  CHECK(child->index == 256);
  CHECK(child->first_sequence == 3);
  CHECK_FALSE(keys::parse_child_page("\0\0\1\0"s).has_value());
}

TEST_CASE("the key of a failed step gives back what it was made of, and nothing else is one",
          "[keys]") {
  CountingRandom random;
  const auto id = id_for("project", "user", at(0), random);
  const auto branch = BranchPath().child(1, 2).child(3, 4'000'000'000u);
  const auto key = keys::failed_step(id, 9, branch);
  REQUIRE(begins_with(key, keys::failed_steps(id, 9)));
  const auto tail = key.substr(keys::failed_steps(id).size());
  const auto parsed = keys::parse_failed_step(tail);
  REQUIRE(parsed.has_value());
  CHECK(parsed->step == 9);
  CHECK(parsed->branch == branch);
  for (std::size_t size = 0; size < tail.size(); ++size) {
    CHECK_FALSE(keys::parse_failed_step(tail.substr(0, size)).has_value());
  }
  CHECK_FALSE(keys::parse_failed_step(tail + "x").has_value());
}

TEST_CASE("a branch deeper than workflows may nest has no key", "[keys]") {
  CountingRandom random;
  const auto id = id_for("project", "user", at(0), random);
  BranchPath branch;
  for (std::size_t i = 0; i < limits::step_nesting_max; ++i) branch = branch.child(1, 1);
  CHECK_NOTHROW(keys::journal(id, branch));
  CHECK_THROWS_AS(keys::journal(id, branch.child(1, 1)), BugFound);
}

}  // namespace
}  // namespace millrace::tests
