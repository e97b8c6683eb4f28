// A million runs of one project in the store: how long does a page of the task history take, whatever the
// filters and wherever the page is?
//
// The rows are written from inside, through the tables, while the server is down, as a server before the
// index would have left them: the start fills the index, and how long that takes is measured too. The runs
// lie over thirty days, of 1,000 users (one has a tenth of the runs) and 40 workflows of 4 integrations (one of
// them has three tenths). Runs that go on are history rows alone: nothing of them is to be recovered.
//
// Each list is asked for its first page, one in its middle and its last one by `offset`, and for the page that
// the middle one's `nextLink` leads to; one request after the other.

#include "bench/account_filler.h"
#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/random.h"
#include "storage/keys.h"
#include "storage/tables/execution_table.h"

#include <algorithm>
#include <array>
#include <random>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t runs = 1'000'000;
constexpr std::size_t runs_per_commit = 10'000;
constexpr std::size_t page_size = 100;
constexpr std::size_t warm_up = 5;
constexpr std::size_t requests_each = 100;
constexpr double p99_floor_ms = 20;
const Instant begin = Instant(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));
constexpr Millis stretch = 24h * 30;

class Filling {
 public:
  explicit Filling(ProjectId project) : project_(std::move(project)) {}

  void fill(storage::OrderedStore& store) {
    for (std::size_t number = 0; number < runs; ++number) {
      put(number);
      if ((number + 1) % runs_per_commit == 0) must(store.commit(std::exchange(batch_, {})));
    }
  }

 private:
  std::size_t draw(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  ExecutionStatus status() {
    const std::size_t of_thousand = draw(1'000);
    if (of_thousand < 930) return ExecutionStatus::succeeded;
    if (of_thousand < 990) return ExecutionStatus::failed;
    if (of_thousand < 991) return ExecutionStatus::cancelled;
    return of_thousand < 995 ? ExecutionStatus::executing : ExecutionStatus::delayed;
  }

  void put(std::size_t number) {
    ExecutionSummary run;
    run.project = project_;
    run.user = UserId("user-" + std::to_string(draw(10) == 0 ? 0 : draw(1'000)));
    const std::size_t workflow = draw(10) < 3 ? 0 : draw(40);
    run.workflow = WorkflowId("workflow-" + std::to_string(workflow));
    run.integration = "integration-" + std::to_string(workflow % 4);
    run.version = 1;
    run.status = status();
    run.tasks = static_cast<std::uint32_t>(draw(20));
    run.started = begin + Millis(static_cast<std::int64_t>(number) * stretch.count() /
                                 static_cast<std::int64_t>(runs));
    if (is_final(run.status)) run.ended = run.started + Millis(draw(60'000));
    run.id = ExecutionId::make(shard_of(run.project, run.user), run.started, ids_);
    storage::ExecutionTable::put_summary(batch_, run);
    batch_.remove(storage::keys::unfinished_row(run.id));
  }

  const ProjectId project_;
  std::mt19937_64 random_{7};
  SystemRandom ids_;
  storage::WriteBatch batch_;
};

struct Asked {
  std::string what;
  std::string filters;  // each ends in '&'
};

const std::vector<Asked>& lists() {
  static const std::string dates =
      "afterDate=2026-03-05T12:34:56Z&beforeDate=2026-03-25T01:23:45Z&";
  static const std::vector<Asked> all{
      {"no filter", ""},
      {"no filter, oldest first", "sortBy=ASC&"},
      {"user of a tenth", "userId=user-0&"},
      {"user of a thousandth", "userId=user-77&"},
      {"workflow of three tenths", "workflowId=workflow-0&"},
      {"workflow of a fiftieth", "workflowId=workflow-13&"},
      {"integration", "integration=integration-1&"},
      {"status SUCCEEDED", "status=SUCCEEDED&"},
      {"status FAILED", "status=FAILED&"},
      {"status CANCELLED (0.1 %)", "status=CANCELLED&"},
      {"status EXECUTING", "status=EXECUTING&"},
      {"dates", dates},
      {"user, status", "userId=user-77&status=FAILED&"},
      {"workflow, status", "workflowId=workflow-13&status=FAILED&"},
      {"workflow, rare status", "workflowId=workflow-13&status=CANCELLED&"},
      {"integration, status, dates", "integration=integration-1&status=FAILED&" + dates},
      {"user, workflow, integration",
       "userId=user-0&workflowId=workflow-1&integration=integration-1&"},
      {"all filters",
       "userId=user-0&workflowId=workflow-0&integration=integration-0&status=FAILED&" + dates},
      {"nothing matches", "userId=nobody&status=FAILED&"},
  };
  return all;
}

class Asking {
 public:
  explicit Asking(const ProductServer& server)
      : server_(server), path_("/projects/" + server.project().id + "/task-history/") {}

  Json get(const std::string& target) {
    Json body;
    const auto result = send(target, 1, [&](const HttpAnswer& answer) {
      auto parsed = parse_json(answer.body);
      if (answer.status != 200 || !parsed) return false;
      body = std::move(*parsed);
      return true;
    });
    expect(result.is_clean(), target + " was answered " + result.first_wrong);
    return body;
  }

  LatencyHistogram measure(const std::string& target) {
    const auto is_right = [](const HttpAnswer& answer) { return answer.status == 200; };
    send(target, warm_up, is_right);
    const auto result = send(target, requests_each, is_right);
    expect(result.is_clean() && result.answers == requests_each,
           target + " was answered " + result.first_wrong);
    return result.latencies;
  }

  std::string list(const std::string& filters, std::size_t offset) const {
    return path_ + "workflow-executions?" + filters + "offset=" + std::to_string(offset);
  }
  std::string statistics(const std::string& query) const { return path_ + "statistics?" + query; }

 private:
  LoadResult send(const std::string& target, std::size_t count,
                  std::function<bool(const HttpAnswer&)> is_right) {
    LoadTarget load;
    load.port = server_.process().port();
    load.requests = {"GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
                     server_.project().api_key + "\r\n\r\n"};
    load.is_right = std::move(is_right);
    LoadGenerator generator(std::move(load));
    must(generator.connect());
    return generator.run({.duration = 60s, .requests_max = count});
  }

  const ProductServer& server_;
  const std::string path_;
};

std::string milliseconds(const LatencyHistogram& latencies) {
  const auto text = [](std::chrono::nanoseconds time) {
    return fixed(static_cast<double>(time.count()) * 1e-6, 1);
  };
  return text(latencies.quantile(0.5)) + " / " + text(latencies.quantile(0.99)) + " / " +
         text(latencies.largest());
}

/// Until the index answers, which has all of them.
double wait_until_indexed(Asking& asking, Steady::time_point started) {
  for (;;) {
    const Json page = asking.get(asking.list("", 0));
    if (!page.as_object().contains("isTotalCut")) {
      expect(page.at("total").to_number<std::size_t>() == runs, "runs are missing in the list");
      return std::chrono::duration<double>(Steady::now() - started).count();
    }
    expect(Steady::now() - started < 120s, "the history is not indexed after two minutes");
    std::this_thread::sleep_for(100ms);
  }
}

class Table {
 public:
  explicit Table(Asking& asking) : asking_(asking) {
    report_.columns = {"filter", "runs", "first page", "middle", "its next", "last page"};
  }

  void add(const Asked& asked) {
    const Json first = asking_.get(asking_.list(asked.filters, 0));
    const auto total = first.at("total").to_number<std::size_t>();
    std::vector<std::string> row{asked.what, std::to_string(total)};
    const std::size_t middle = total / 2;
    for (const std::string& target :
         {asking_.list(asked.filters, 0), asking_.list(asked.filters, middle),
          next_of(asking_.list(asked.filters, middle)),
          asking_.list(asked.filters, total < page_size ? 0 : total - page_size)}) {
      row.push_back(target.empty() ? "" : measured(target));
    }
    progress("history: " + asked.what);
    report_.rows.push_back(std::move(row));
  }

  void add_statistics(const std::string& what, const std::string& query) {
    report_.rows.push_back({what, "", measured(asking_.statistics(query)), "", "", ""});
  }

  BenchReport take(double indexed_after) {
    report_.name = "history";
    report_.title = std::to_string(runs) +
                    " runs of one project; a page of 100, ms p50 / p99 / max of " +
                    std::to_string(requests_each) + " requests";
    report_.rows.push_back(
        {"all indexed after a start without an index, s", "", fixed(indexed_after, 1), "", "", ""});
    report_.floors = {{"p99 of the slowest page, ms", Floor::Kind::at_most, p99_floor_ms, worst_}};
    report_.json = {{"indexedSeconds", indexed_after}, {"worstP99Ms", worst_}};
    return std::move(report_);
  }

 private:
  /// The path of the page's nextLink; empty when it is the last one.
  std::string next_of(const std::string& target) {
    const Json page = asking_.get(target);
    const Json& link = page.at("nextLink");
    if (link.is_null()) return {};
    const std::string text(link.as_string());
    return text.substr(text.find("/projects/"));
  }

  std::string measured(const std::string& target) {
    const LatencyHistogram latencies = asking_.measure(target);
    worst_ = std::max(worst_, static_cast<double>(latencies.quantile(0.99).count()) * 1e-6);
    return milliseconds(latencies);
  }

  Asking& asking_;
  BenchReport report_;
  double worst_ = 0;
};

}  // namespace

BenchReport history_bench(const BenchOptions& options) {
  ProductServer server(options, {"--history-requests-max", "0"});
  server.stop();
  {
    const auto store = open_directory(server.data_directory());
    Filling(ProjectId(server.project().id)).fill(*store);
  }
  progress("history: " + std::to_string(runs) + " runs are written");
  server.restart();
  const auto started = Steady::now();
  Asking asking(server);
  const double indexed_after = wait_until_indexed(asking, started);
  progress("history: indexed after " + fixed(indexed_after, 1) + " s");
  Table table(asking);
  for (const Asked& asked : lists()) table.add(asked);
  table.add_statistics("statistics, 30 days in hours", "from=2026-03-01&to=2026-03-31&bucket=1h");
  table.add_statistics("statistics, a day in minutes of a workflow",
                       "from=2026-03-11&to=2026-03-12&bucket=2m&workflowId=workflow-0");
  return table.take(indexed_after);
}

}  // namespace millrace::bench
