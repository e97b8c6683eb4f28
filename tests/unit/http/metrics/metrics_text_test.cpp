// What /metrics says: the text format, and that documentation and declarations are the same list.

#include "http/metrics/metrics_text.h"

#include "runtime/base/check.h"
#include "tests/support/catch.h"

#include <fstream>
#include <set>
#include <sstream>

namespace millrace {
namespace {

std::string kind_name(MetricKind kind) {
  if (kind == MetricKind::counter) return "counter";
  return kind == MetricKind::gauge ? "gauge" : "histogram";
}

/// The row of docs/metrics.md that says the same as the declaration.
std::string row_of(const Metric& metric) {
  std::string labels;
  for (std::size_t i = 0; i < metric.label_count(); ++i) {
    if (i > 0) labels += "<br>";
    labels +=
        "`" + std::string(metric.labels[i].name) + "`: " + std::string(metric.labels[i].values);
  }
  return "| `" + std::string(metric.name) + "` | " + kind_name(metric.kind) + ", " +
         std::string(metric.unit) + " | " + labels + " | " + std::string(metric.help) + " | " +
         std::string(metric.watch) + " |";
}

std::vector<std::string> documented_rows() {
  std::ifstream page(std::string(MILLRACE_SOURCE_DIR) + "/docs/metrics.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `millrace_", 0) == 0) rows.push_back(line);
  }
  return rows;
}

}  // namespace

TEST_CASE("the documentation of the metrics is the list of their declarations", "[http]") {
  std::vector<std::string> declared;
  std::string to_paste;
  for (const Metric& each : metric_list) {
    declared.push_back(row_of(each));
    to_paste += declared.back() + "\n";
  }
  INFO("the rows that docs/metrics.md must have:\n" << to_paste);
  CHECK(documented_rows() == declared);
}

TEST_CASE("every metric is declared once, completely and in the style of the others", "[http]") {
  std::set<std::string_view> names;
  for (const Metric& each : metric_list) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(each.name.starts_with("millrace_"));
    CHECK(each.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(each.name.ends_with("_total") == (each.kind == MetricKind::counter));
    CHECK((each.buckets != nullptr) == (each.kind == MetricKind::histogram));
    CHECK(each.help.ends_with("."));
    CHECK_FALSE(each.unit.empty());
    // A series is written as a row of a table and as a line of text.
    CHECK(each.help.find_first_of("|\n\\") == std::string_view::npos);
    CHECK(each.watch.find_first_of("|\n\\") == std::string_view::npos);
  }
}

TEST_CASE("counters and gauges are written with help, type and whole numbers", "[http]") {
  MetricsText text;
  text.counter("millrace_runs_started_total", 12'345'678'901.0);
  text.gauge("millrace_runs_live", -1);
  CHECK(text.text() ==
        "# HELP millrace_runs_started_total Runs started.\n"
        "# TYPE millrace_runs_started_total counter\n"
        "millrace_runs_started_total 12345678901\n"
        "# HELP millrace_runs_live Runs in memory.\n"
        "# TYPE millrace_runs_live gauge\n"
        "millrace_runs_live -1\n");
}

TEST_CASE("series of one metric stand together under one help and type", "[http]") {
  MetricsText text;
  text.counter("millrace_runs_ended_total", 3, {"succeeded"});
  text.gauge("millrace_runs_live", 1);
  text.counter("millrace_runs_ended_total", 4, {"fai\"led\n\\"});
  CHECK(text.text() ==
        "# HELP millrace_runs_ended_total Runs that ended, by outcome.\n"
        "# TYPE millrace_runs_ended_total counter\n"
        "millrace_runs_ended_total{outcome=\"succeeded\"} 3\n"
        "millrace_runs_ended_total{outcome=\"fai\\\"led\\n\\\\\"} 4\n"
        "# HELP millrace_runs_live Runs in memory.\n"
        "# TYPE millrace_runs_live gauge\n"
        "millrace_runs_live 1\n");
}

TEST_CASE("buckets of a histogram are cumulative and in the unit of its name", "[http]") {
  Histogram histogram(buckets::short_times);
  for (const int us : {40, 100, 2'000'000, 60'000'000}) {
    histogram.record(std::chrono::microseconds(us));
  }
  MetricsText out;
  out.histogram("millrace_storage_commit_seconds", histogram);
  const std::string text = out.text();
  for (const char* const line : {
           "# TYPE millrace_storage_commit_seconds histogram\n",
           "millrace_storage_commit_seconds_count 4\n",
           "millrace_storage_commit_seconds_sum 62.00014\n",
           "millrace_storage_commit_seconds_bucket{le=\"5e-05\"} 1\n",
           "millrace_storage_commit_seconds_bucket{le=\"0.0001\"} 2\n",
           "millrace_storage_commit_seconds_bucket{le=\"1\"} 2\n",
           "millrace_storage_commit_seconds_bucket{le=\"2.5\"} 3\n",
           "millrace_storage_commit_seconds_bucket{le=\"10\"} 3\n",
           "millrace_storage_commit_seconds_bucket{le=\"+Inf\"} 4\n",
       }) {
    CHECK_THAT(text, Catch::Contains(line));
  }
}

TEST_CASE("a series that does not fit its declaration is a bug and no wrong number", "[http]") {
  MetricsText text;
  const Histogram counts(buckets::counts);
  CHECK_THROWS_AS(text.counter("millrace_runs_ended_total", 1), BugFound);
  CHECK_THROWS_AS(text.gauge("millrace_runs_live", 1, {"x"}), BugFound);
  CHECK_THROWS_AS(text.histogram("millrace_storage_commit_seconds", counts), BugFound);
}

}  // namespace millrace
