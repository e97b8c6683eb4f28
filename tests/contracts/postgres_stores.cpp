#include "tests/contracts/postgres_stores.h"

#include "runtime/base/random.h"

#include <array>
#include <stdexcept>
#include <utility>

namespace millrace::tests {
namespace {

const std::string shared_schema = "contract";

}  // namespace

storage::PostgresOptions postgres_options(const std::string& schema) {
  std::array<std::uint8_t, 16> bits{};
  SystemRandom().fill(bits);
  storage::PostgresOptions options;
  options.url = PostgresServer::instance().url();
  options.schema = schema;
  options.incarnation.assign(bits.begin(), bits.end());
  options.arrival_patience = Millis(0);  // tests know when it is there
  return options;
}

std::unique_ptr<storage::PostgresStore> open_postgres(storage::PostgresOptions options) {
  auto opened = storage::PostgresStore::open(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

EmptyPostgresTables::EmptyPostgresTables() {
  const auto& server = PostgresServer::instance();
  if (server.run("SELECT to_regclass('" + shared_schema + ".kv')") == std::vector<std::string>{""})
    return;
  server.run(
      "DELETE FROM contract.kv; DELETE FROM contract.lane; UPDATE contract.shard SET owner = NULL, "
      "epoch = 0");
}

storage::PostgresOptions EmptyPostgresTables::options() const {
  return postgres_options(shared_schema);
}

}  // namespace millrace::tests
