#include "actors/runs/held_replies.h"

#include "tests/support/catch.h"

#include <optional>

using namespace millrace;

TEST_CASE("a project holds as many replies as it may, whatever others hold") {
  std::atomic<std::int64_t> held{0};
  HeldReplies replies(held);
  std::optional first(replies.take_place(ProjectId("p"), 2));
  const auto second = replies.take_place(ProjectId("p"), 2);
  CHECK(first->is_taken());
  CHECK(second.is_taken());
  CHECK_FALSE(replies.take_place(ProjectId("p"), 2).is_taken());
  CHECK(replies.take_place(ProjectId("q"), 1).is_taken());
  CHECK(held == 2);
  first.reset();
  CHECK(held == 1);
  CHECK(replies.take_place(ProjectId("p"), 2).is_taken());
}
