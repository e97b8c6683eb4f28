#pragma once
// What a benchmark hands back, and how it is shown: a table for people, JSON for programs, and the
// floors that were promised with their verdicts.

#include "runtime/base/json.h"

#include <iosfwd>
#include <string>
#include <vector>

namespace millrace::bench {

/// A promise about one measured number.
struct Floor {
  enum class Kind : std::uint8_t { at_least, at_most };
  std::string what;  // with its unit
  Kind kind = Kind::at_least;
  double limit = 0;
  double measured = 0;

  bool holds() const { return kind == Kind::at_least ? measured >= limit : measured <= limit; }
};

struct BenchReport {
  std::string name;   // of the benchmark, as `--only` takes it
  std::string title;  // a sentence: what was measured, and how
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<Floor> floors;
  JsonObject json;
};

/// A number with `digits` digits behind the point.
std::string fixed(double number, int digits);

void print(std::ostream& out, const BenchReport& report);
/// `report.json` with the floors added.
JsonObject to_json(const BenchReport& report);
bool all_floors_hold(const std::vector<BenchReport>& reports);

}  // namespace millrace::bench
