#include "actors/functions/resting_workers.h"

#include "tests/support/catch.h"

namespace millrace::test {
namespace {

using Workers = std::vector<RestingWorkers::WorkerId>;

const ProjectId ada("ada"), bob("bob"), cyd("cyd");

}  // namespace

TEST_CASE("a worker rests for its project until that wants it") {
  RestingWorkers resting({.workers = 2, .bytes = 800});
  CHECK(resting.add(ada, 1, 100).empty());
  CHECK(resting.add(bob, 2, 100).empty());
  CHECK(resting.take(ada) == 1);
  CHECK_FALSE(resting.take(ada));
  CHECK_FALSE(resting.take(cyd));
  CHECK(resting.size() == 1);
}

TEST_CASE("the worker that has rested longest ends for a further one") {
  RestingWorkers resting({.workers = 2, .bytes = 800});
  CHECK(resting.add(ada, 1, 1).empty());
  CHECK(resting.add(bob, 2, 1).empty());
  CHECK(resting.take(ada) == 1);
  CHECK(resting.add(ada, 1, 1).empty());
  CHECK(resting.add(cyd, 3, 1) == Workers{2});
  CHECK(resting.take(ada) == 1);
  CHECK(resting.take(cyd) == 3);
}

TEST_CASE("a project has one worker that rests") {
  RestingWorkers resting({.workers = 2, .bytes = 800});
  CHECK(resting.add(ada, 1, 1).empty());
  CHECK(resting.add(ada, 2, 1) == Workers{1});
  CHECK(resting.size() == 1);
  CHECK(resting.take(ada) == 2);
}

TEST_CASE("workers that rest have no more memory than there is for them, and none has much of it") {
  RestingWorkers resting({.workers = 100, .bytes = 800});
  CHECK(resting.add(ada, 1, 101) == Workers{1});
  CHECK(resting.size() == 0);
  for (int i = 0; i < 8; ++i) CHECK(resting.add(ProjectId(std::to_string(i)), i, 100).empty());
  CHECK(resting.add(ada, 9, 100) == Workers{0});
  resting.ended(1);
  CHECK(resting.add(bob, 10, 100).empty());
  CHECK(resting.add(cyd, 11, 50) == Workers{2});
}

TEST_CASE("where no worker may rest each ends at once") {
  RestingWorkers resting({.workers = 0, .bytes = 800});
  CHECK(resting.add(ada, 1, 1) == Workers{1});
  CHECK_FALSE(resting.take(ada));
}

}  // namespace millrace::test
