// Test data and the URLs that catch it, over a memory store and a clock of the test's own.
#include "actors/tenants/test_data.h"

#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

using namespace millrace;

namespace {

const ProjectId demo{"demo"};
const WorkflowId hello{"hello"};

struct Bed {
  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{5};
  ShardOwnership ownership{ShardSet::all().ids(), *store.claim(ShardSet::all().ids())};
  storage::GroupCommit commits{store, {}};
  TestData data{store, {commits, ownership}, clock, random};

  TestData::Capture::State state() { return (**data.capture_of(demo, hello)).state; }
};

}  // namespace

TEST_CASE("a capture URL catches one request and no second one") {
  Bed bed;
  const auto capture = bed.data.begin_capture(demo, hello);
  REQUIRE(capture.ok());
  CHECK(bed.state() == TestData::Capture::State::waiting);
  REQUIRE(bed.data.catch_request(capture->id, JsonObject{{"body", 1}}).ok());
  CHECK(bed.state() == TestData::Capture::State::captured);
  const auto again = bed.data.catch_request(capture->id, JsonObject{{"body", 2}});
  CHECK(again.error().code == ErrorCode::not_found);
  const auto found = bed.data.find(demo, hello);
  REQUIRE((found.ok() && found->has_value()));
  CHECK(to_text((*found)->content) == R"({"request":{"body":1}})");
  CHECK((*found)->capture == capture->id);
}

TEST_CASE("a capture URL is worth nothing after its hour or when another one is begun") {
  Bed bed;
  const auto first = *bed.data.begin_capture(demo, hello);
  const auto second = *bed.data.begin_capture(demo, hello);
  CHECK(first.id != second.id);
  CHECK_FALSE(bed.data.check_waiting(first.id).ok());
  CHECK(bed.data.check_waiting(second.id).ok());
  bed.clock.advance(limits::test_capture_open_for - Millis(1));
  CHECK(bed.data.check_waiting(second.id).ok());
  bed.clock.advance(Millis(1));
  CHECK(bed.state() == TestData::Capture::State::expired);
  CHECK_FALSE(bed.data.check_waiting(second.id).ok());
  CHECK(bed.data.catch_request(second.id, JsonObject()).error().code == ErrorCode::not_found);
  CHECK_FALSE(bed.data.find(demo, hello)->has_value());
}

TEST_CASE("what is too large is not caught and the capture URL goes on waiting") {
  Bed bed;
  const auto capture = *bed.data.begin_capture(demo, hello);
  const Json large = JsonObject{{"body", std::string(limits::test_data_bytes_max, 'x')}};
  CHECK(bed.data.catch_request(capture.id, large).error().code == ErrorCode::payload_too_large);
  CHECK(bed.data.put(demo, hello, large).error().code == ErrorCode::payload_too_large);
  CHECK(bed.state() == TestData::Capture::State::waiting);
}

TEST_CASE("a capture whose commit is lost has caught nothing and still waits") {
  Bed bed;
  const auto capture = *bed.data.begin_capture(demo, hello);
  // Another owner of the shards: this one's commits are refused.
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());
  CHECK_FALSE(bed.data.catch_request(capture.id, JsonObject()).ok());
  CHECK(bed.state() == TestData::Capture::State::waiting);
  CHECK_FALSE(bed.data.find(demo, hello)->has_value());
}
