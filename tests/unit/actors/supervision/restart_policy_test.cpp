#include "actors/supervision/restart_policy.h"

#include "tests/support/catch.h"

namespace millrace {

TEST_CASE("an actor that crashes three times on the same event is parked") {
  CrashHistory history;
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::park);
}

TEST_CASE("an actor that got further since its last crash starts afresh") {
  CrashHistory history;
  for (std::uint64_t events = 1; events < 50; ++events) {
    CHECK(history.decide(ActorEnd::crash, events) == RestartDecision::rebuild);
    CHECK(history.decide(ActorEnd::crash, events) == RestartDecision::rebuild);
  }
  CHECK(history.decide(ActorEnd::crash, 49) == RestartDecision::park);
}

TEST_CASE("crashes before the first event are counted like all others") {
  CrashHistory history;
  CHECK(history.decide(ActorEnd::crash, 0) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::crash, 0) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::crash, 0) == RestartDecision::park);
}

TEST_CASE("a disk that fails parks no execution however long it fails") {
  CrashHistory history;
  for (int i = 0; i < 100; ++i) {
    CHECK(history.decide(ActorEnd::storage_failed, 5) == RestartDecision::rebuild_later);
  }
}

TEST_CASE("a failing disk between two crashes neither counts nor forgives") {
  CrashHistory history;
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::storage_failed, 5) == RestartDecision::rebuild_later);
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::storage_failed, 5) == RestartDecision::rebuild_later);
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::park);
}

TEST_CASE("a run whose shard has moved is let go whatever happened before") {
  CrashHistory history;
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::rebuild);
  CHECK(history.decide(ActorEnd::shard_moved, 5) == RestartDecision::let_go);
  CHECK(history.decide(ActorEnd::crash, 5) == RestartDecision::park);
}

TEST_CASE("pauses for a failing disk double up to a minute") {
  StoragePauses pauses;
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    CHECK(pauses.next(5) == std::chrono::seconds(seconds));
  }
}

TEST_CASE("a run that got further since the last failure pauses for a second again") {
  StoragePauses pauses;
  for (int i = 0; i < 5; ++i) pauses.next(5);
  CHECK(pauses.next(6) == std::chrono::seconds(1));
  CHECK(pauses.next(6) == std::chrono::seconds(2));
}

}  // namespace millrace
