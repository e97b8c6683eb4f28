#include "actors/observation/live_feed.h"

#include "tests/support/catch.h"
#include "tests/unit/actors/observation/observed_runs.h"

#include <thread>

using namespace millrace;

namespace {

const ProjectId acme("acme");

struct Feed {
  void run(StepIndex step = 0) {
    tell(feed, workflow, {step_event(EventKind::step_completed, step, Millis(1))});
  }
  /// What has come, without waiting.
  LiveFeed::News news(const LiveFeed::Seat& seat, std::uint64_t after) {
    return feed.wait(seat, after, clock.now(), clock.now());
  }

  /// One that looks on the run that events are told of.
  Result<LiveFeed::Seat> seat() { return feed.take_seat(acme, ExecutionId{}); }

  ManualClock clock;
  std::shared_ptr<const Workflow> workflow = a_step_of_each_kind();
  LiveFeed feed{clock, {.changes_max = 4, .streams_per_project_max = 2, .projects_max = 2}};
};

std::vector<std::string> told(const LiveFeed::News& news) {
  std::vector<std::string> told;
  for (const LiveChange& change : news.changes) {
    told.push_back(change.step.text + (change.step.empty() ? "" : " ") +
                   std::string(change.status));
  }
  return told;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a stream sees how runs and their steps stand, from the moment on that it opens") {
  Feed f;
  f.run();
  const auto seat = f.seat();
  REQUIRE(seat.ok());
  const auto begin = f.feed.last();
  CHECK(f.news(*seat, begin).changes.empty());
  ObservedEvent retried = step_event(EventKind::step_failed, 5, Millis(2));
  retried.retry_at = test_epoch;
  tell(f.feed, f.workflow,
       {{.kind = EventKind::execution_started},
        step_event(EventKind::step_completed, 0, Millis(1)),
        retried},
       ExecutionStatus::executing);
  auto news = f.news(*seat, begin);
  CHECK(told(news) == Told{"call SUCCEEDED", "fetch EXECUTING", "EXECUTING"});
  CHECK_FALSE(news.has_gap);
  // The elements of its fan-out have gone to sleep, say.
  tell(f.feed, f.workflow, {}, ExecutionStatus::delayed);
  news = f.news(*seat, news.up_to);
  CHECK(told(news) == Told{"DELAYED"});
  CHECK(news.changes.back().at == test_epoch);
  tell(f.feed, f.workflow,
       {step_event(EventKind::delay_armed, 4, Millis(3)),
        end_event(ExecutionStatus::failed, 5, ErrorCode::request_failed)},
       ExecutionStatus::failed);
  news = f.news(*seat, news.up_to);
  CHECK(told(news) == Told{"wait DELAYED", "FAILED"});
  CHECK(news.changes.back().error == ErrorCode::request_failed);
}

TEST_CASE("steps of a run that nobody looks on push nothing out") {
  Feed f;
  const auto seat = f.feed.take_seat(acme);
  const auto begin = f.feed.last();
  tell(f.feed, f.workflow, {{.kind = EventKind::execution_started}}, ExecutionStatus::executing);
  for (int i = 0; i < 100; ++i) f.run();
  CHECK_FALSE(f.news(*seat, begin).has_gap);
  CHECK(told(f.news(*seat, begin)) == Told{"EXECUTING"});
}

TEST_CASE("what was dropped, or never recorded, is a gap") {
  Feed f;
  const auto seat = f.seat();
  const auto begin = f.feed.last();
  for (int i = 0; i < 4; ++i) f.run();
  CHECK_FALSE(f.news(*seat, begin).has_gap);
  f.run();
  const auto news = f.news(*seat, begin);
  CHECK(news.has_gap);
  CHECK(news.changes.size() == 4);
  CHECK_FALSE(f.news(*seat, news.up_to).has_gap);
  CHECK_FALSE(f.news(*seat, begin + 1).has_gap);
}

TEST_CASE(
    "what is remembered of an erased user is forgotten, and is a gap for who has not seen it") {
  Feed f;
  const auto seat = f.seat();
  REQUIRE(seat.ok());
  const auto begin = f.feed.last();
  f.run();
  f.feed.forget(acme, UserId("somebody else"));
  f.feed.forget(ProjectId("another"), UserId("ada"));
  REQUIRE(f.news(*seat, begin).changes.size() == 1);
  f.feed.forget(acme, UserId("ada"));
  const auto news = f.news(*seat, begin);
  CHECK(news.changes.empty());
  CHECK(news.has_gap);
  // Who has seen it misses nothing, and what comes is told as ever.
  const auto seen = f.feed.last();
  f.run();
  CHECK_FALSE(f.news(*seat, seen).has_gap);
  CHECK(f.news(*seat, seen).changes.size() == 1);
}

TEST_CASE("a project is recorded for a while after its last stream, and then no more") {
  Feed f;
  std::uint64_t after = 0;
  {
    const auto seat = f.seat();
    after = f.feed.last();
  }
  f.clock.advance(Millis(89'999));
  f.run();
  {
    const auto seat = f.seat();
    CHECK(told(f.news(*seat, after)) == Told{"call SUCCEEDED"});
  }
  f.clock.advance(Millis(90'000));
  f.run();
  const auto seat = f.seat();
  CHECK(f.news(*seat, after).has_gap);
  CHECK(f.news(*seat, after).changes.empty());
}

TEST_CASE("a project has so many streams and no more, and so have projects") {
  Feed f;
  auto first = f.seat();
  {
    const auto second = f.seat();
    REQUIRE(second.ok());
    CHECK(f.feed.take_seat(acme).error().code == ErrorCode::rate_limited);
  }
  CHECK(f.seat().ok());
  auto other = std::make_unique<Result<LiveFeed::Seat>>(f.feed.take_seat(ProjectId("b")));
  CHECK(f.feed.take_seat(ProjectId("c")).error().code == ErrorCode::rate_limited);
  other.reset();
  f.clock.advance(Millis(90'000));
  CHECK(f.feed.take_seat(ProjectId("c")).ok());
}

TEST_CASE("a stream waits for its next round, and for news") {
  Feed f;
  const auto seat = f.seat();
  const auto begin = f.feed.last();
  std::vector<Told> rounds;
  std::thread looker([&] {
    auto news = f.feed.wait(*seat, begin, f.clock.now(), test_epoch + Millis(60'000));
    rounds.push_back(told(news));
    news = f.feed.wait(*seat, news.up_to, test_epoch + Millis(500), test_epoch + Millis(60'000));
    rounds.push_back(told(news));
  });
  while (!f.clock.earliest_wait()) std::this_thread::yield();
  f.run();
  // It has been told, and waits for its next round: what comes until then comes together.
  while (f.clock.earliest_wait() != test_epoch + Millis(500)) std::this_thread::yield();
  f.run(0);
  f.run(1);
  f.clock.advance(Millis(500));
  looker.join();
  CHECK(rounds == std::vector<Told>{{"call SUCCEEDED"}, {"call SUCCEEDED", "check SUCCEEDED"}});
}

TEST_CASE("a server that stops ends all streams") {
  Feed f;
  const auto seat = f.seat();
  std::thread looker([&] {
    CHECK(f.feed.wait(*seat, f.feed.last(), test_epoch, test_epoch + Millis(60'000)).is_closed);
  });
  while (!f.clock.earliest_wait()) std::this_thread::yield();
  f.feed.close();
  looker.join();
  CHECK(f.news(*seat, 0).is_closed);
}
