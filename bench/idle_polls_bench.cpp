// 50,000 accounts that are polled once an hour, of which none has anything new: what does that cost?
//
// They are written from inside while the server is down, as they are after their first looks: each has its place
// in the hour. A peer in this process answers with no records.

#include "bench/account_filler.h"
#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/slow_peer.h"
#include "runtime/polls/poll_pace.h"
#include "storage/tables/poll_table.h"

#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t accounts = 50'000;
constexpr Millis interval{3'600'000};
constexpr auto until_quiet = 5s;
constexpr auto measured = 30s;
constexpr double mebibyte = 1u << 20;
/// Of the looks that are due in that time, by the even spread; chance makes a tenth of them.
constexpr double looks_due = static_cast<double>(accounts) * 30.0 / 3'600.0;
constexpr double looks_share_min = 0.7;

constexpr std::string_view watch =
    R"json({"name":"Watch","integration":"crm",
  "trigger":{"type":"poll","request":{"method":"GET","path":"/1"},"items":"response.body.items","itemId":"id",
             "interval":"1h"},
  "steps":[{"id":"only","type":"function","parameters":{},"code":"() => 1"}]})json";

struct Spent {
  double share_of_core = 0;
  double looks_per_second = 0;
};

Spent spend(const ProductServer& server, SlowPeer& peer) {
  std::this_thread::sleep_for(until_quiet);
  peer.take_seen();
  const pid_t pid = server.process().pid();
  const double before = cpu_time(pid).total_seconds;
  const auto begin = Steady::now();
  std::this_thread::sleep_for(measured);
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  return {(cpu_time(pid).total_seconds - before) / seconds,
          static_cast<double>(peer.take_seen().requests) / seconds};
}

/// Accounts as they are behind their first looks.
void put_polled_accounts(const ProductServer& server) {
  const auto store = open_directory(server.data_directory());
  const ManyAccounts many{ProjectId(server.project().id), "crm", WorkflowId("watch"), accounts};
  const auto live = must(storage::PollTable(*store).find(many.project, many.workflow));
  expect(live.has_value(), "the deployed poll has no row");
  const Instant now = SystemClock().now();
  put_accounts(*store, server.data_directory(), many,
               [&](storage::WriteBatch& batch, const storage::CredentialRow& account) {
                 storage::PolledAccountRow row;
                 row.project = account.project;
                 row.user = account.user;
                 row.workflow = many.workflow;
                 row.credential = account.id;
                 row.begun = live->begun;
                 row.has_begun = true;
                 storage::PollTable::put(batch, row);
                 const Instant due = next_look(storage::PollTable::key_of(row), interval, now);
                 storage::WakeTable::put(batch, storage::PollTable::wake_of(row, due));
               });
}

}  // namespace

BenchReport idle_polls_bench(const BenchOptions& options) {
  ProductServer server(options);
  SlowPeer peer{0ms};
  const ApiClient api = server.api();
  api.put(server.project(), "/integrations/crm",
          JsonObject{{"baseUrl", "http://127.0.0.1:" + std::to_string(peer.port())},
                     {"auth", JsonObject{{"type", "none"}}}});
  api.deploy(server.project(), "watch", must(parse_json(watch)));
  const Spent alone = spend(server, peer);
  server.stop();
  put_polled_accounts(server);
  progress("idle_polls: " + std::to_string(accounts) + " accounts are written");
  server.restart();
  const Spent polled = spend(server, peer);
  expect(polled.looks_per_second * 30 > looks_due * looks_share_min,
         "only " + fixed(polled.looks_per_second, 1) + " looks a second have come");

  const double mib = static_cast<double>(memory_peak(server.process().pid()).root_bytes) / mebibyte;
  BenchReport report;
  report.name = "idle_polls";
  report.title = std::to_string(accounts) + " accounts that are polled once an hour, nothing new";
  report.columns = {"", "no account", "all of them"};
  report.rows = {
      {"looks a second", fixed(alone.looks_per_second, 1), fixed(polled.looks_per_second, 1)},
      {"CPU, % of a core", fixed(alone.share_of_core * 100, 2),
       fixed(polled.share_of_core * 100, 2)},
      {"server peak MiB", "", fixed(mib, 0)},
  };
  report.floors = {
      {"CPU, % of a core", Floor::Kind::at_most, 1, polled.share_of_core * 100},
  };
  report.json = {{"looksPerSecond", polled.looks_per_second},
                 {"cpuPercent", polled.share_of_core * 100},
                 {"cpuPercentAlone", alone.share_of_core * 100},
                 {"peakMib", mib}};
  return report;
}

}  // namespace millrace::bench
