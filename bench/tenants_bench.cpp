// A million users with two accounts each in the store: how soon is a server ready, what does it keep in
// memory, and what does the first trigger of a user cost who is not in memory?
//
// The rows are written from inside, through the tables, while the server is down: what the product would
// have written itself, in a minute instead of an hour. `cold` are triggers of users that nobody has asked
// for since the start, `warm` the same triggers once more. A cold one also verifies the user's token for
// the first time (some 25 us), which a warm one finds remembered.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/random.h"
#include "storage/crypto/sealer.h"
#include "storage/rocks/rocks_store.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/user_table.h"

#include <fstream>
#include <iterator>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t users = 1'000'000;
constexpr std::size_t accounts_each = 2;
constexpr std::size_t users_per_commit = 5'000;
/// Triggered one after the other, spread over all users.
constexpr std::size_t users_triggered = 2'000;
constexpr double mebibyte = 1u << 20;

constexpr std::string_view crm =
    R"({"name":"CRM","baseUrl":"https://crm.example/v1","auth":{"type":"bearer"}})";
constexpr std::string_view touch =
    R"({"name":"Touch","integration":"crm","trigger":{"type":"request"},
        "steps":[{"id":"reply","type":"response","body":{"ok":true}}]})";

std::string user_name(std::size_t number) { return "user-" + std::to_string(number); }

storage::Sealer sealer_of(const std::string& directory) {
  std::ifstream file(directory + "/secrets-key");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return storage::Sealer(must(storage::SealingKey::parse(text)));
}

class Filling {
 public:
  Filling(const std::string& directory, std::string project)
      : store_(must(storage::RocksStore::open(options(directory)))),
        sealer_(sealer_of(directory)),
        project_(std::move(project)) {}

  void run() {
    for (std::size_t number = 0; number < users; ++number) {
      add_user(UserId(user_name(number)));
      if ((number + 1) % users_per_commit != 0) continue;
      must(store_->commit(std::exchange(batch_, {})));
      if ((number + 1) % (users / 10) == 0) {
        progress("tenants: " + std::to_string(number + 1) + " users are written");
      }
    }
  }

 private:
  static storage::RocksOptions options(const std::string& directory) {
    storage::RocksOptions options;
    options.directory = directory;
    options.durability = storage::Durability::relaxed;
    return options;
  }

  void add_user(const UserId& user) {
    storage::UserTable::put(
        batch_, {project_, user, R"({"name":"Ada Lovelace","email":"ada@crm.example"})", false,
                 clock_.now()});
    for (std::size_t account = 0; account < accounts_each; ++account) {
      storage::CredentialRow row;
      row.project = project_;
      row.user = user;
      row.connected = clock_.now();
      row.id = ExecutionId::make(shard_of(project_, user), row.connected, random_).text();
      row.integration = "crm";
      row.provider_id = "account-" + std::to_string(account);
      row.configured_workflows = R"({"touch":{"enabled":true,"settings":{}}})";
      row.sealed = sealer_.seal(R"({"token":"0123456789abcdef0123456789abcdef"})", row.place());
      storage::CredentialTable::put(batch_, row);
    }
  }

  std::unique_ptr<storage::RocksStore> store_;
  const storage::Sealer sealer_;
  const ProjectId project_;
  SystemClock clock_;
  SystemRandom random_;
  storage::WriteBatch batch_;
};

struct Started {
  double listening_seconds = 0;
  double ready_seconds = 0;
  double mebibytes = 0;
};

Started start(ProductServer& server) {
  const auto begin = Steady::now();
  server.restart();
  const ApiClient api = server.api();
  while (!api.is_ready()) {
    expect(Steady::now() - begin < 60s, "the server is not ready after a minute");
    std::this_thread::sleep_for(2ms);
  }
  Started started;
  started.ready_seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  started.listening_seconds = server.process().start_time().count();
  started.mebibytes =
      static_cast<double>(memory_peak(server.process().pid()).root_bytes) / mebibyte;
  return started;
}

LoadTarget triggers_of(const ProductServer& server) {
  LoadTarget target;
  target.port = server.process().port();
  for (std::size_t i = 0; i < users_triggered; ++i) {
    const std::string user = user_name(i * (users / users_triggered));
    target.requests.push_back(trigger_request(
        {trigger_path(server.project(), "touch"), user_token(server.project(), user), "{}"}));
  }
  target.is_right = [](const HttpAnswer& answer) {
    return answer.status == 200 && answer.body == R"({"ok":true})";
  };
  return target;
}

LoadResult trigger_all(LoadGenerator& generator) {
  LoadResult result = generator.run({.duration = 120s, .requests_max = users_triggered});
  expect(result.is_clean() && result.answers == users_triggered,
         "a trigger was not answered as it should: " + result.first_wrong);
  return result;
}

std::string microseconds(const LoadResult& result, double share) {
  return fixed(static_cast<double>(result.latencies.quantile(share).count()) * 1e-3, 0);
}

}  // namespace

BenchReport tenants_bench(const BenchOptions& options) {
  ProductServer server(options);
  server.api().put(server.project(), "/integrations/crm", must(parse_json(crm)));
  server.api().deploy(server.project(), "touch", must(parse_json(touch)));
  server.stop();
  const Started empty = start(server);
  server.stop();
  Filling(server.data_directory(), server.project().id).run();
  const Started full = start(server);
  LoadGenerator generator(triggers_of(server));
  must(generator.connect());
  const LoadResult cold = trigger_all(generator);
  const LoadResult warm = trigger_all(generator);
  const double peak_mib =
      static_cast<double>(memory_peak(server.process().pid()).root_bytes) / mebibyte;

  BenchReport report;
  report.name = "tenants";
  report.title = std::to_string(users) + " users with " + std::to_string(accounts_each) +
                 " accounts each in the store; " + std::to_string(users_triggered) +
                 " of them trigger a run each, one after the other";
  report.columns = {"", "no users", "all users"};
  report.rows = {
      {"listening after, s", fixed(empty.listening_seconds, 3), fixed(full.listening_seconds, 3)},
      {"ready (/readyz 200) after, s", fixed(empty.ready_seconds, 3), fixed(full.ready_seconds, 3)},
      {"server peak MiB when ready", fixed(empty.mebibytes, 0), fixed(full.mebibytes, 0)},
      {"server peak MiB after the triggers", "", fixed(peak_mib, 0)},
      {"first trigger of a user, us p50 / p99", "",
       microseconds(cold, 0.5) + " / " + microseconds(cold, 0.99)},
      {"its next trigger, us p50 / p99", "",
       microseconds(warm, 0.5) + " / " + microseconds(warm, 0.99)},
  };
  report.floors = {
      {"ready with all users, s", Floor::Kind::at_most, 2, full.ready_seconds},
      {"server peak with all users, MiB", Floor::Kind::at_most, 400, peak_mib},
  };
  report.json = {{"readySeconds", full.ready_seconds},
                 {"readyMib", full.mebibytes},
                 {"peakMib", peak_mib},
                 {"coldP50Us", cold.latencies.quantile(0.5).count() / 1'000},
                 {"coldP99Us", cold.latencies.quantile(0.99).count() / 1'000},
                 {"warmP50Us", warm.latencies.quantile(0.5).count() / 1'000},
                 {"warmP99Us", warm.latencies.quantile(0.99).count() / 1'000}};
  return report;
}

}  // namespace millrace::bench
