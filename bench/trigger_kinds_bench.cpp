// What the other ways to start a run cost beside a request: an app event that two workflows listen to, and a
// signed delivery to a webhook. All of them start the same work, one function.
//
// Nobody waits for these runs, so a server may acknowledge faster than it works. A slot is therefore over when
// its last run has ended: executions a second count the work, acknowledgements a second what callers see.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/sample.h"
#include "runtime/digests/hmac.h"
#include "runtime/text/hex_text.h"

#include <functional>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr int rounds = 3;
constexpr std::size_t connections = 64;
constexpr std::size_t users = 64;
constexpr double event_floor = 0.6;
constexpr double delivery_floor = 0.7;
constexpr std::string_view hook_secret = "a secret that only the benchmark knows";
constexpr std::string_view crm = R"json({"name":"CRM","baseUrl":"https://crm.example/v1",
  "auth":{"type":"none"},
  "webhooks":{"contactCreated":{"scope":"app","route":"body.account",
    "verify":{"type":"hmac","algorithm":"sha256","header":"X-Signature","encoding":"hex",
              "secret":"{{secrets.HOOK}}"}}}})json";

/// One way to start runs, and what it took.
struct Way {
  std::string name;
  std::size_t runs_each;  // that one request starts
  LoadTarget target;
  Sample acknowledgements_per_second;
  Sample executions_per_second;
  Sample p50_ms;
  Sample p99_ms;
  Sample cpu_per_thousand;  // executions
};

std::string user_name(std::size_t number) { return "user-" + std::to_string(number); }

std::string payload(std::size_t number) {
  return R"({"account":"account-)" + std::to_string(number) +
         R"(","email":"ada@example.org","name":"Ada Byron","tags":["warm","spring"]})";
}

Json listener(const JsonObject& trigger, bool is_of_crm) {
  JsonObject workflow{{"name", "Listener"},
                      {"trigger", trigger},
                      {"steps", JsonArray{JsonObject{{"id", "only"},
                                                     {"type", "function"},
                                                     {"parameters", JsonObject{}},
                                                     {"code", "() => 1"}}}}};
  if (is_of_crm) workflow["integration"] = "crm";
  return workflow;
}

/// The path of the webhook's URL, which tells nobody else.
std::string set_up_webhook(const ProductServer& server) {
  const ApiClient api = server.api();
  const BenchProject& project = server.project();
  api.put(project, "/secrets/HOOK", JsonObject{{"value", hook_secret}});
  api.put(project, "/integrations/crm", must(parse_json(crm)));
  api.deploy(project, "delivered",
             listener({{"type", "webhook"}, {"webhook", "contactCreated"}}, true));
  for (std::size_t user = 0; user < users; ++user) {
    api.connect(project, user_name(user), "crm", {"account-" + std::to_string(user), "delivered"});
  }
  const std::string url = api.webhook_url(project, "crm", "contactCreated");
  return url.substr(url.find("/hooks/"));
}

std::vector<std::string> requests_of_users(const ProductServer& server, const std::string& path,
                                           const std::function<std::string(std::size_t)>& body) {
  std::vector<std::string> requests;
  for (std::size_t user = 0; user < users; ++user) {
    requests.push_back(
        trigger_request({path, user_token(server.project(), user_name(user)), body(user)}));
  }
  return requests;
}

std::vector<std::string> deliveries(const std::string& path) {
  std::vector<std::string> requests;
  for (std::size_t user = 0; user < users; ++user) {
    const std::string body = payload(user);
    const std::string proof = to_hex(hmac(HashAlgorithm::sha256, hook_secret, body));
    requests.push_back(post_request(path, "X-Signature: " + proof, body));
  }
  return requests;
}

Way way(const ProductServer& server, std::string name, std::size_t runs_each, int status,
        std::vector<std::string> requests) {
  Way made{std::move(name), runs_each, {}, {}, {}, {}, {}, {}};
  made.target.port = server.process().port();
  made.target.connections = connections;
  made.target.requests = std::move(requests);
  made.target.is_right = [status](const HttpAnswer& answer) { return answer.status == status; };
  return made;
}

std::vector<Way> set_up(const ProductServer& server) {
  const ApiClient api = server.api();
  const BenchProject& project = server.project();
  api.deploy(project, "asked", listener({{"type", "request"}}, false));
  api.put(project, "/events/Contact%20Created", JsonObject{{"schema", JsonObject{}}});
  for (const char* workflow : {"heard", "heard_too"}) {
    api.deploy(project, workflow,
               listener({{"type", "event"}, {"event", "Contact Created"}}, false));
  }
  std::vector<Way> ways;
  ways.push_back(way(server, "request", 1, 202,
                     requests_of_users(server, trigger_path(project, "asked"), payload)));
  ways.push_back(way(server, "event to two workflows", 2, 201,
                     requests_of_users(server, event_path(project), [](std::size_t user) {
                       return R"({"name":"Contact Created","payload":)" + payload(user) + "}";
                     })));
  ways.push_back(way(server, "signed delivery", 1, 200, deliveries(set_up_webhook(server))));
  return ways;
}

/// By counters: a list of the runs that go on would take more time from the server than the runs themselves.
void wait_until_all_ended(const ProductServer& server) {
  const ApiClient api = server.api();
  const auto is_through = [&] {
    double ended = 0;
    for (const char* const outcome : {"succeeded", "failed", "cancelled"}) {
      ended += api.metric("millrace_runs_ended_total{outcome=\"" + std::string(outcome) + "\"}");
    }
    return ended >= api.metric("millrace_runs_started_total");
  };
  const auto give_up = Steady::now() + 60s;
  while (!is_through()) {
    expect(Steady::now() < give_up, "runs are still going on after a minute");
    std::this_thread::sleep_for(20ms);
  }
}

void measure(const ProductServer& server, Way& way, const BenchOptions& options) {
  LoadGenerator generator(way.target);
  must(generator.connect());
  generator.run({.duration = 500ms});  // warm-up
  wait_until_all_ended(server);

  const double cpu_begin = cpu_time(server.process().pid()).total_seconds;
  const auto begin = Steady::now();
  const LoadResult result = generator.run({.duration = options.slot});
  expect(result.is_clean() && result.answers > 0,
         way.name + " was not answered as it should be: " + result.first_wrong);
  wait_until_all_ended(server);
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  const double cpu_seconds = cpu_time(server.process().pid()).total_seconds - cpu_begin;
  expect(server.api().count_runs(server.project(), {"", "EXECUTING"}) == 0,
         "the counters say that all runs have ended, and the history that some have not");

  const double runs = static_cast<double>(result.answers * way.runs_each);
  way.acknowledgements_per_second.add(result.requests_per_second());
  way.executions_per_second.add(runs / seconds);
  way.p50_ms.add(static_cast<double>(result.latencies.quantile(0.5).count()) * 1e-6);
  way.p99_ms.add(static_cast<double>(result.latencies.quantile(0.99).count()) * 1e-6);
  way.cpu_per_thousand.add(cpu_seconds / runs * 1'000);
  progress(way.name + ": " + fixed(runs / seconds, 0) + " executions/s");
}

}  // namespace

BenchReport trigger_kinds_bench(const BenchOptions& options) {
  const ProductServer server(options);
  std::vector<Way> ways = set_up(server);
  for (int round = 0; round < rounds; ++round) {
    for (Way& each : ways) measure(server, each, options);
  }

  BenchReport report;
  report.name = "trigger_kinds";
  report.title = "one function, started at " + std::to_string(connections) +
                 " connections in different ways; medians of " + std::to_string(rounds) +
                 " slots of each, in turn";
  report.columns = {"started by", "executions/s", "acknowledged/s",
                    "p50 ms",     "p99 ms",       "CPU s/1000 executions"};
  for (const Way& each : ways) {
    report.rows.push_back({each.name, fixed(each.executions_per_second.median(), 0),
                           fixed(each.acknowledgements_per_second.median(), 0),
                           fixed(each.p50_ms.median(), 2), fixed(each.p99_ms.median(), 2),
                           fixed(each.cpu_per_thousand.median(), 3)});
    report.json[each.name] =
        JsonObject{{"executionsPerSecond", each.executions_per_second.median()},
                   {"acknowledgementsPerSecond", each.acknowledgements_per_second.median()},
                   {"p50Ms", each.p50_ms.median()},
                   {"p99Ms", each.p99_ms.median()},
                   {"cpuSecondsPerThousand", each.cpu_per_thousand.median()}};
  }
  const Way& request = ways[0];
  report.floors = {
      {"executions/s of an event to two workflows over those of requests", Floor::Kind::at_least,
       event_floor,
       ways[1].executions_per_second.median() / request.executions_per_second.median()},
      {"signed deliveries acknowledged/s over requests", Floor::Kind::at_least, delivery_floor,
       ways[2].acknowledgements_per_second.median() / request.acknowledgements_per_second.median()},
  };
  return report;
}

}  // namespace millrace::bench
