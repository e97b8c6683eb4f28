#include "http/api/request_rate.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

constexpr Millis minute{60'000};
const Instant noon{Millis(1'769'860'800'000)};

}  // namespace

TEST_CASE("an allowance may be used at once, and comes back evenly", "[http]") {
  RequestRate rate(minute);
  for (int i = 0; i < 3; ++i) CHECK(rate.take({{"p", 3}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 3}}, noon) == Millis(20'000));
  CHECK(rate.take({{"p", 3}}, noon + Millis(5'000)) == Millis(15'000));
  CHECK(rate.take({{"p", 3}}, noon + Millis(20'000)) == Millis(0));
  CHECK(rate.take({{"p", 3}}, noon + Millis(20'000)) == Millis(20'000));
  CHECK(rate.take({{"q", 3}}, noon) == Millis(0));
  CHECK(rate.take({{"r", 0}}, noon) == Millis(0));
}

TEST_CASE("what is taken of an allowance is known until it has come back", "[http]") {
  RequestRate rate(minute);
  CHECK(rate.taken({"p", 3}, noon) == 0);
  rate.take({{"p", 3}}, noon);
  rate.take({{"p", 3}}, noon);
  CHECK(rate.taken({"p", 3}, noon) == 2);
  CHECK(rate.taken({"p", 3}, noon + Millis(20'000)) == 1);
  CHECK(rate.taken({"p", 3}, noon + minute) == 0);
}

TEST_CASE("of several allowances each is used or none", "[http]") {
  RequestRate rate(minute);
  CHECK(rate.take({{"p", 10}, {"u", 1}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 10}, {"u", 1}}, noon) == minute);
  // What was refused for its user has cost the others nothing.
  for (int i = 0; i < 9; ++i) CHECK(rate.take({{"p", 10}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 10}}, noon) == Millis(6'000));
}

TEST_CASE("another allowance holds from the next request on", "[http]") {
  RequestRate rate(minute);
  for (int i = 0; i < 100; ++i) CHECK(rate.take({{"p", 100}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 2}}, noon) == Millis(30'000));
  CHECK(rate.take({{"p", 2}}, noon + Millis(30'000)) == Millis(0));
}

TEST_CASE("of a greater allowance there is at once what it has more", "[http]") {
  RequestRate rate(minute);
  for (int i = 0; i < 5; ++i) CHECK(rate.take({{"p", 5}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 5}}, noon) > Millis(0));
  CHECK(rate.taken({"p", 100}, noon) == 5);
  for (int i = 0; i < 95; ++i) CHECK(rate.take({{"p", 100}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 100}}, noon) == Millis(600));
}

TEST_CASE("a clock that is put back makes nobody wait longer", "[http]") {
  RequestRate rate(minute);
  CHECK(rate.take({{"p", 1}}, noon) == Millis(0));
  CHECK(rate.take({{"p", 1}}, noon - Millis(3'600'000)) == minute);
  CHECK(rate.take({{"p", 1}}, noon - Millis(3'540'000)) == Millis(0));
}

TEST_CASE("beyond the buckets that are remembered somebody new is let in", "[http]") {
  RequestRate rate(minute);
  for (std::size_t i = 0; i < RequestRate::buckets_max; ++i) {
    REQUIRE(rate.take({{std::to_string(i), 1}}, noon) == Millis(0));
  }
  CHECK(rate.take({{"new", 1}}, noon) == Millis(0));
  CHECK(rate.take({{"new", 1}}, noon) == Millis(0));
  // A minute later all of them are full again, and forgotten.
  CHECK(rate.take({{"new", 1}}, noon + minute) == Millis(0));
  CHECK(rate.take({{"new", 1}}, noon + minute) == minute);
}

}  // namespace millrace
