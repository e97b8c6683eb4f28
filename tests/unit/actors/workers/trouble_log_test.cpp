// What fails again and again says so once, now and then, and when it is over.
#include "actors/workers/trouble_log.h"

#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

#include <vector>

using namespace millrace;

namespace {

const Error full_disk(ErrorCode::overloaded, "the disk is full");

struct Told {
  /// Each of the pieces fails once a second.
  void fail(int seconds, const std::vector<std::string>& pieces) {
    for (int i = 0; i < seconds; ++i) {
      for (const auto& piece : pieces) trouble.failed(piece, full_disk);
      clock.advance(Millis(1'000));
    }
  }

  ManualClock clock;
  std::vector<std::string> lines;
  std::vector<LogLevel> levels;
  TroubleLog trouble{"ticks",
                     clock,
                     [this](LogLevel level, const std::string& line) {
                       levels.push_back(level);
                       lines.push_back(line);
                     },
                     {.known_max = 3}};
};

}  // namespace

TEST_CASE("a trouble is told when it begins, once a minute, and when it ends, whoever has it") {
  Told told;
  told.fail(130, {"a", "b"});
  told.trouble.over("a");
  CHECK(told.lines.size() == 3);
  told.trouble.over("b");
  CHECK(told.lines ==
        std::vector<std::string>{
            "ticks could not be served, which is tried again: the disk is full",
            "ticks could not be served, which is tried again (for 60 s now, 2 of them): the disk "
            "is full",
            "ticks could not be served, which is tried again (for 120 s now, 2 of them): the disk "
            "is full",
            "ticks are served again, after 130 s"});
  CHECK(told.levels == std::vector<LogLevel>{LogLevel::warning, LogLevel::warning,
                                             LogLevel::warning, LogLevel::info});
  told.fail(1, {"a"});
  CHECK(told.lines.size() == 5);
}

TEST_CASE("work that meets no trouble, or ends that of others, leaves no line") {
  Told told;
  told.trouble.over("a");
  told.fail(1, {"a"});
  told.trouble.over("c");
  CHECK(told.lines.size() == 1);
}

TEST_CASE("another kind of error is told beside the first, by its own level") {
  Told told;
  told.fail(1, {"a"});
  told.trouble.failed("b", Error(ErrorCode::corrupt_data, "a row cannot be read"));
  told.trouble.failed("b", Error(ErrorCode::corrupt_data, "a row cannot be read"));
  REQUIRE(told.lines.size() == 2);
  CHECK(told.levels[1] == LogLevel::error);
  told.trouble.over("a");
  CHECK(told.lines.size() == 3);
}

TEST_CASE("a piece of work that is never tried again keeps no trouble alive") {
  Told told;
  told.fail(1, {"a", "gone"});
  told.fail(60, {"a"});
  told.trouble.over("a");
  CHECK(told.lines.back() == "ticks are served again, after 61 s");
}

TEST_CASE("of very many that fail only so many are known") {
  Told told;
  told.fail(61, {"a", "b", "c", "d", "e"});
  CHECK(told.lines.back().find("3 of them") != std::string::npos);
  for (const char* const piece : {"a", "b", "c"}) told.trouble.over(piece);
  CHECK(told.lines.back() == "ticks are served again, after 61 s");
}
