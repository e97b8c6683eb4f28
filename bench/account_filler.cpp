#include "bench/account_filler.h"

#include "bench/bench_failure.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/random.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/user_table.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace millrace::bench {
namespace {

constexpr std::size_t accounts_per_commit = 5'000;

storage::Sealer sealer_of(const std::string& directory) {
  std::ifstream file(directory + "/secrets-key");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return storage::Sealer(must(storage::SealingKey::parse(text)));
}

}  // namespace

std::unique_ptr<storage::RocksStore> open_directory(const std::string& directory) {
  storage::RocksOptions options;
  options.directory = directory;
  options.durability = storage::Durability::relaxed;
  return must(storage::RocksStore::open(options));
}

void put_accounts(storage::OrderedStore& store, const std::string& directory,
                  const ManyAccounts& accounts, const AlsoPut& also) {
  const storage::Sealer sealer = sealer_of(directory);
  SystemClock clock;
  SystemRandom random;
  storage::WriteBatch batch;
  for (std::size_t number = 1; number <= accounts.count; ++number) {
    storage::CredentialRow row;
    row.project = accounts.project;
    row.user = UserId("user-" + std::to_string(number));
    row.connected = clock.now();
    row.id = ExecutionId::make(shard_of(row.project, row.user), row.connected, random).text();
    row.integration = accounts.integration;
    row.configured_workflows =
        R"({")" + accounts.workflow.text + R"(":{"enabled":true,"settings":{}}})";
    row.sealed = sealer.seal("{}", row.place());
    storage::UserTable::put(batch, {row.project, row.user, "{}", false, row.connected});
    storage::CredentialTable::put(batch, row);
    storage::EnabledWorkflowTable::follow(batch, nullptr, &row);
    if (also) also(batch, row);
    if (number % accounts_per_commit == 0) must(store.commit(std::exchange(batch, {})));
  }
  must(store.commit(batch));
}

}  // namespace millrace::bench
