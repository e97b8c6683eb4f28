#include "bench/bench_report.h"

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace millrace::bench {
namespace {

std::vector<std::size_t> widths_of(const BenchReport& report) {
  std::vector<std::size_t> widths;
  for (const auto& column : report.columns) widths.push_back(column.size());
  for (const auto& row : report.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

/// The first column is a name and stands left, the others are numbers and stand right.
void print_row(std::ostream& out, const std::vector<std::string>& cells,
               const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - cells[i].size(), ' ');
    out << "  " << (i == 0 ? cells[i] + padding : padding + cells[i]);
  }
  out << "\n";
}

std::string verdict(const Floor& floor) {
  return std::string(floor.holds() ? "PASS" : "FAIL") + "  " + floor.what + ": " +
         fixed(floor.measured, 2) +
         (floor.kind == Floor::Kind::at_least ? ", at least " : ", at most ") +
         fixed(floor.limit, 2);
}

}  // namespace

std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

void print(std::ostream& out, const BenchReport& report) {
  const auto widths = widths_of(report);
  out << "\n" << report.name << ": " << report.title << "\n";
  print_row(out, report.columns, widths);
  for (const auto& row : report.rows) print_row(out, row, widths);
  for (const auto& floor : report.floors) out << "  " << verdict(floor) << "\n";
}

JsonObject to_json(const BenchReport& report) {
  JsonObject json = report.json;
  JsonArray floors;
  for (const auto& floor : report.floors) {
    floors.push_back(
        JsonObject{{"what", floor.what},
                   {floor.kind == Floor::Kind::at_least ? "atLeast" : "atMost", floor.limit},
                   {"measured", floor.measured},
                   {"holds", floor.holds()}});
  }
  json["floors"] = std::move(floors);
  return json;
}

bool all_floors_hold(const std::vector<BenchReport>& reports) {
  return std::all_of(reports.begin(), reports.end(), [](const BenchReport& report) {
    return std::all_of(report.floors.begin(), report.floors.end(),
                       [](const Floor& floor) { return floor.holds(); });
  });
}

}  // namespace millrace::bench
