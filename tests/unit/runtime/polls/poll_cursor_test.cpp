// Cursors of polls: what is greater, and how one goes back.
#include "runtime/polls/poll_cursor.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

bool is_less(const char* a, const char* b) {
  const auto order = compare_cursors(*parse_json(a), *parse_json(b));
  REQUIRE(order.has_value());
  return *order == std::weak_ordering::less;
}

std::string back(const char* cursor, Millis overlap = Millis(120'000)) {
  const auto moved = moved_back(*parse_json(cursor), overlap);
  return moved ? to_text(*moved) : std::string(wire_name(moved.error().code));
}

}  // namespace

TEST_CASE("cursors are compared as what they are: numbers, points in time, texts") {
  CHECK(is_less("9", "10"));
  CHECK(is_less("9.5", "10"));
  CHECK(is_less(R"("9")", R"("10")"));
  CHECK(is_less(R"("1712345.000100")", R"("1712345.0002")"));
  CHECK(is_less(R"("99999999999999999999")", R"("100000000000000000000")"));
  CHECK(is_less(R"("2026-01-01T10:00:00+02:00")", R"("2026-01-01T09:00:00Z")"));
  CHECK(is_less(R"("2026-01-01T09:00:00.0001Z")", R"("2026-01-01T09:00:00.0002Z")"));
  CHECK(is_less(R"("abc")", R"("abd")"));
  CHECK_FALSE(is_less(R"("10")", R"("9")"));
  CHECK_FALSE(is_less(R"("007")", R"("7")"));
  CHECK_FALSE(compare_cursors(Json(1), Json("1")).has_value());
}

TEST_CASE("a cursor goes back by the overlap and stays written as it was") {
  CHECK(back(R"("2026-01-01T09:02:00Z")") == R"("2026-01-01T09:00:00Z")");
  CHECK(back(R"("2026-01-01T09:02:00.500Z")") == R"("2026-01-01T09:00:00.500Z")");
  CHECK(back(R"("2026-01-01T11:02:00.000+0200")") == R"("2026-01-01T09:00:00.000Z")");
  CHECK(back("1769850120") == "1769850000");
  CHECK(back("1769850120000") == "1769850000000");
  CHECK(back(R"("1769850120.000100")") == R"("1769850000.000100")");
  CHECK(back(R"("1769850120000")") == R"("1769850000000")");
  CHECK(back("null") == "null");
  CHECK(back(R"("token-7")", Millis(0)) == R"("token-7")");
}

TEST_CASE("what is no time cannot go back, and says so") {
  CHECK(back(R"("token-7")") == "type_mismatch");
}
