// One run of 100,000 elements in the task history: its graph, a page of its failed elements, and a page of one
// element, while other runs keep the store busy. First right after a start, when nothing of the run is in memory.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/workflows.h"

#include <atomic>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t elements = 100'000;
constexpr std::uint64_t repetitions = 40;
constexpr double milliseconds_floor = 50;

/// Every hundredth element fails, and the run goes on.
Json workflow() {
  Json made = fan_out_workflow();
  JsonArray& steps = made.at("steps").as_array();
  JsonObject& each = steps.at(1).as_object();
  each["onError"] = "continue";
  each.at("steps").at(0).as_object()["code"] =
      "({ item }) => { if (item % 100 === 7) throw new Error('no ' + item); return item; }";
  steps.at(2).as_object()["code"] = "({ all }) => all.length";
  return made;
}

struct Question {
  std::string name;
  std::string path;                 // behind the run's
  std::string_view part_of_answer;  // of a right one
  double first_ms = 0;
  double median_ms = 0;
  double p99_ms = 0;
};

class Asking {
 public:
  Asking(const ProductServer& server, std::string run) : server_(server), run_(std::move(run)) {}

  double ask(const Question& question, std::uint64_t times, double quantile) {
    LoadTarget target;
    target.port = server_.process().port();
    target.requests = {"GET /projects/" + server_.project().id +
                       "/task-history/workflow-executions/" + run_ + question.path +
                       " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
                       server_.project().api_key + "\r\n\r\n"};
    target.is_right = [&question](const HttpAnswer& answer) {
      return answer.status == 200 && answer.body.find(question.part_of_answer) != std::string::npos;
    };
    LoadGenerator generator(std::move(target));
    must(generator.connect());
    const LoadResult result = generator.run({.duration = 120s, .requests_max = times});
    expect(result.is_clean() && result.answers == times,
           question.name + " was answered wrongly or not: " + result.first_wrong);
    return static_cast<double>(result.latencies.quantile(quantile).count()) * 1e-6;
  }

 private:
  const ProductServer& server_;
  const std::string run_;
};

LoadTarget runs_of(const ProductServer& server, std::uint64_t count) {
  LoadTarget target;
  target.port = server.process().port();
  target.connections = 4;
  target.requests = {
      trigger_request({trigger_path(server.project(), "fan"), user_token(server.project(), "user"),
                       R"({"elements":)" + std::to_string(count) + "}"})};
  target.is_right = [](const HttpAnswer& answer) { return answer.status == 200; };
  return target;
}

std::string make_run(const ProductServer& server) {
  server.api().deploy(server.project(), "fan", workflow());
  LoadTarget target = runs_of(server, elements);
  target.connections = 1;
  LoadGenerator generator(std::move(target));
  must(generator.connect());
  const LoadResult made = generator.run({.duration = 120s, .requests_max = 1});
  expect(made.is_clean() && made.answers == 1, "the run was not made: " + made.first_wrong);
  const auto runs = server.api().list_runs(server.project(), {"fan", "SUCCEEDED"});
  expect(runs.size() == 1, "there is not one run");
  return *runs.begin();
}

}  // namespace

BenchReport history_run_bench(const BenchOptions& options) {
  ProductServer server(options);
  const std::string run = make_run(server);
  Question questions[] = {
      {"graph", "/graph", R"("counts":{"SUCCEEDED":99000,"FAILED":1000})"},
      {"100 failed elements", "/step-executions?status=FAILED&limit=100", "\"double.9907\""},
      {"100 of the middle", "/step-executions?stepId=double&after=1.50000-2&limit=100",
       "\"double.50100\""},
      {"one element", "/step-executions/double.77777", R"("input":{"item":77777})"},
      {"the run", "", R"("stepExecutionsTotal":100005)"}};
  for (Question& question : questions) {
    server.stop();
    server.restart();
    question.first_ms = Asking(server, run).ask(question, 1, 1);
  }
  std::atomic<bool> is_over{false};
  std::thread load([&] {
    LoadGenerator generator(runs_of(server, 200));
    if (!generator.connect()) return;
    while (!is_over) generator.run({.duration = 200ms});
  });
  try {
    for (Question& question : questions) {
      question.median_ms = Asking(server, run).ask(question, repetitions, 0.5);
      question.p99_ms = Asking(server, run).ask(question, repetitions, 0.99);
      progress("history_run: " + question.name + " in " + fixed(question.median_ms, 1) + " ms");
    }
  } catch (...) {
    is_over = true;
    load.join();
    throw;
  }
  is_over = true;
  load.join();

  BenchReport report;
  report.name = "history_run";
  report.title =
      "one run of 100,000 elements: first after a start, then beside fan-outs of 200 at 4 "
      "connections";
  report.columns = {"question", "first ms", "median ms", "p99 ms"};
  JsonArray points;
  for (const Question& question : questions) {
    report.rows.push_back({question.name, fixed(question.first_ms, 1), fixed(question.median_ms, 1),
                           fixed(question.p99_ms, 1)});
    points.push_back(JsonObject{{"question", question.name},
                                {"millisecondsFirst", question.first_ms},
                                {"millisecondsMedian", question.median_ms},
                                {"millisecondsP99", question.p99_ms}});
  }
  for (const Question* const question : {&questions[0], &questions[1]}) {
    report.floors.push_back({"ms for " + question->name + ", first after a start",
                             Floor::Kind::at_most, milliseconds_floor, question->first_ms});
    report.floors.push_back({"ms for " + question->name + " beside other runs, median",
                             Floor::Kind::at_most, milliseconds_floor, question->median_ms});
  }
  report.json = {{"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
