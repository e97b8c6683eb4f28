#include "actors/runs/once_slot.h"

#include "tests/support/catch.h"

#include <string>
#include <thread>
#include <vector>

using namespace millrace;
using namespace std::chrono_literals;

TEST_CASE("the first answer of a slot wins and is taken once") {
  OnceSlot<std::string> slot;
  CHECK(slot.give("first"));
  CHECK_FALSE(slot.give("second"));
  CHECK(slot.wait_for(0ms) == "first");
  CHECK_FALSE(slot.wait_for(0ms));
  CHECK_FALSE(slot.give("third"));
}

TEST_CASE("a slot that was waited for in vain takes no answer any more") {
  OnceSlot<std::string> slot;
  CHECK_FALSE(slot.wait_for(1ms));
  CHECK_FALSE(slot.give("late"));
  CHECK_FALSE(slot.wait_for(1ms));
}

TEST_CASE("an answer wakes whoever waits for it") {
  OnceSlot<std::string> slot;
  std::thread giving([&] { slot.give("here"); });
  CHECK(slot.wait_for(60s) == "here");
  giving.join();
}

TEST_CASE("an answer that races with the end of patience is either taken or refused") {
  for (int i = 0; i < 2'000; ++i) {
    OnceSlot<int> slot;
    bool was_taken = false;
    std::thread giving([&] { was_taken = slot.give(i); });
    const auto answer = slot.wait_for(0ms);
    giving.join();
    CHECK(answer.has_value() == was_taken);
    if (answer) CHECK(*answer == i);
  }
}
