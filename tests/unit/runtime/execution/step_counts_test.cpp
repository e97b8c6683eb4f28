#include "runtime/execution/step_counts.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

Instant at(std::int64_t ms) { return Instant(Millis(ms)); }

StepCounts two_steps() {
  StepCounts counts;
  StepCount& first = counts.of(3);
  first.succeeded = 7;
  first.failed = 1;
  first.start = at(10);
  first.end = at(40);
  StepCount& second = counts.of(2);
  second.executing = 2;
  second.delayed = 1;
  second.elements = 5;
  second.start = at(20);
  return counts;
}

}  // namespace

TEST_CASE("counts are in the order of the steps, whatever was counted first") {
  const StepCounts counts = two_steps();
  REQUIRE(counts.all().size() == 2);
  CHECK(counts.all()[0].step == 2);
  CHECK(counts.all()[1].step == 3);
  CHECK(counts.total() == 11);
}

TEST_CASE("adding counts adds numbers and widens times") {
  StepCounts counts = two_steps();
  StepCounts more;
  StepCount& step = more.of(3);
  step.failed = 2;
  step.succeeded = -1;
  step.start = at(5);
  step.end = at(30);
  more.of(9).cancelled = 1;
  counts.add(more);
  CHECK(counts.of(3).failed == 3);
  CHECK(counts.of(3).succeeded == 6);
  CHECK(counts.of(3).start == at(5));
  CHECK(counts.of(3).end == at(40));
  CHECK(counts.of(9).cancelled == 1);
  CHECK_FALSE(counts.is_partial());
  more.mark_partial();
  counts.add(more);
  CHECK(counts.is_partial());
}

TEST_CASE("what runs when its branches end is cut off, and the change says so") {
  StepCounts counts = two_steps();
  StepCounts around = two_steps();
  around.add(counts.cut_off());
  CHECK(counts.of(2).cancelled == 3);
  CHECK(counts.of(2).executing == 0);
  CHECK(counts.of(2).delayed == 0);
  CHECK(counts.of(3) == two_steps().of(3));
  CHECK(around == counts);
  CHECK(counts.cut_off().empty());
}

TEST_CASE("counts come back from what is stored of them") {
  StepCounts counts = two_steps();
  CHECK(read_counts(counts_json(counts)) == counts);
  CHECK(to_text(counts_json(counts)) == "[[2,0,0,0,2,1,5,20,null],[3,7,1,0,0,0,0,10,40]]");
  counts.mark_partial();
  CHECK(read_counts(counts_json(counts)) == counts);
  CHECK(read_counts(JsonArray{})->empty());
  // Members that a later version adds.
  CHECK(read_counts(*parse_json("[[2,0,0,0,2,1,5,20,null,\"new\"]]"))->of(2).executing == 2);
}

TEST_CASE("damaged counts are no counts") {
  for (const char* const text :
       {"{}", "7", "null", "[[1,2,3]]", "[[-1,0,0,0,0,0,0,null,null]]", "[\"x\"]",
        "[[1,0,0,0,0,0,0,\"x\",null]]", "[[1,0.5,0,0,0,0,0,null,null]]",
        "[[4294967296,0,0,0,0,0,0,null,null]]", "[[1,9000000000000000000,0,0,0,0,0,null,null]]"}) {
    INFO(text);
    CHECK_FALSE(read_counts(*parse_json(text)));
  }
}
