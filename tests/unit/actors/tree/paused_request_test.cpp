// Requests of accounts that are at their limit: they wait as rows, and a restart forgets none of it.
#include "storage/tables/pause_table.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <vector>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

const char* const steps =
    R"([{"id":"call","type":"request","integration":"crm","method":"POST","path":"/a"}])";

/// A deployed workflow whose integration has this limit.
void deploy(ActorTestBed& bed, const std::string& limit) {
  const auto definition =
      parse_json(R"({"baseUrl":"https://crm.example","rateLimit":)" + limit + "}");
  REQUIRE(definition.ok());
  REQUIRE(bed.integrations->put("crm", *definition).ok());
  bed.deploy("w", steps);
}

/// Time goes on until so many requests have left.
bool sends(ActorTestBed& bed, std::size_t count, Millis step = Millis(1'000)) {
  return bed.eventually([&] {
    if (bed.http->sent("call").size() >= count) return true;
    if (bed.clock.earliest_wait()) bed.clock.advance(step);
    return false;
  });
}

std::vector<storage::PauseRow> pauses(ActorTestBed& bed) {
  std::vector<storage::PauseRow> rows;
  const auto read =
      storage::PauseTable(bed.store).visit(ShardSet::all(), [&](storage::PauseRow row) -> Outcome {
        rows.push_back(std::move(row));
        return Done{};
      });
  REQUIRE(read.ok());
  return rows;
}

/// The run waits, and that is on the disk.
bool is_paused(ActorTestBed& bed) {
  return bed.eventually([&] { return !pauses(bed).empty() && bed.has_timer(); });
}

RequestRule too_many(const std::string& seconds) {
  return answering(429, nullptr, {{"retry-after", seconds}});
}

}  // namespace

TEST_CASE(
    "an answer that says not now leaves a row and no attempt, and the request goes out later") {
  ActorTestBed bed;
  deploy(bed, R"({"pause":{"until":["headers.retry-after"]}})");
  bed.http->on("call", first_attempts(1, too_many("60"), answering(200, nullptr)));
  const auto run = bed.accept("w");
  REQUIRE(is_paused(bed));
  const auto row = pauses(bed).front();
  CHECK(row.account == "crm");
  CHECK(row.status == 429);
  CHECK(row.until == bed.clock.now() + 60s);
  CHECK(bed.http->sent("call").size() == 1);
  REQUIRE(sends(bed, 2));
  CHECK(bed.clock.now() >= row.until);
  CHECK(bed.reaches(run, ExecutionStatus::succeeded));
  const auto sent = bed.http->sent("call");
  CHECK(idempotency_key_of(sent[0]) == idempotency_key_of(sent[1]));
  CHECK(bed.eventually([&] { return pauses(bed).empty(); }));
}

TEST_CASE("a pause holds the account's other runs, also those that begin after a restart") {
  ActorTestBed bed;
  deploy(bed, R"({"pause":{"until":["headers.retry-after"]}})");
  bed.http->on("call", too_many("3600"));
  const auto first = bed.accept("w");
  REQUIRE(is_paused(bed));
  const Instant until = pauses(bed).front().until;
  bed.restart();
  bed.http->on("call", answering(200, nullptr));
  const auto second = bed.accept("w");
  const auto other = bed.accept("w", JsonObject(), "user-2");
  CHECK(bed.reaches(other, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("call").size() == 1);
  CHECK(bed.status(first) == ExecutionStatus::executing);
  CHECK(bed.status(second) == ExecutionStatus::executing);
  REQUIRE(sends(bed, 3, Millis(60'000)));
  CHECK(bed.clock.now() >= until);
  CHECK(bed.reaches(first, ExecutionStatus::succeeded));
  CHECK(bed.reaches(second, ExecutionStatus::succeeded));
}

TEST_CASE("no more requests of an account leave within an interval than its integration says") {
  ActorTestBed bed;
  deploy(bed, R"({"requests":2,"interval":"10s"})");
  bed.http->on("call", answering(200, nullptr));
  std::vector<ExecutionId> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(bed.accept("w"));
  REQUIRE(bed.eventually([&] { return bed.http->sent("call").size() == 2; }));
  const auto other = bed.accept("w", JsonObject(), "user-2");
  CHECK(bed.reaches(other, ExecutionStatus::succeeded));
  const Instant begun = bed.clock.now();
  REQUIRE(bed.eventually([&] { return bed.clock.earliest_wait().has_value(); }));
  CHECK(bed.http->sent("call").size() == 3);
  REQUIRE(sends(bed, 6));
  CHECK(bed.clock.now() >= begun + 20s);
  for (const auto& run : runs) CHECK(bed.reaches(run, ExecutionStatus::succeeded));
}

TEST_CASE("a run that waits for its account's limit can be cancelled and is not sent") {
  ActorTestBed bed;
  deploy(bed, R"({"pause":{"default":"1h"}})");
  bed.http->on("call", answering(429, nullptr));
  const auto run = bed.accept("w");
  REQUIRE(is_paused(bed));
  REQUIRE(bed.gateway->cancel(bed.project, run).ok());
  CHECK(bed.reaches(run, ExecutionStatus::cancelled));
  CHECK(bed.http->sent("call").size() == 1);
}
