#include "http/server/stopped_store.h"

#include "runtime/base/random.h"
#include "storage/rocks/rocks_store.h"

#include <array>
#include <filesystem>
#include <iostream>
#include <utility>

namespace millrace {
namespace {

void warn_operator(LogLevel, const std::string& line) {
  std::cerr << "millrace: " << line << std::endl;
}

}  // namespace

Result<StoppedStore> open_stopped_directory(const std::string& directory,
                                            storage::OpenedTo purpose) {
  // Opening would make one.
  if (purpose == storage::OpenedTo::serve && !std::filesystem::exists(directory + "/CURRENT")) {
    return Error(ErrorCode::not_found, directory + " is no data directory");
  }
  storage::RocksOptions options;
  options.directory = directory;
  options.purpose = purpose;
  auto store = storage::RocksStore::open(std::move(options));
  if (!store) return store.error();
  return StoppedStore(std::move(*store));
}

Result<StoppedStore> open_stopped_postgres(const std::string& url, const std::string& schema,
                                           storage::OpenedTo purpose) {
  std::array<std::uint8_t, 16> bits{};
  SystemRandom().fill(bits);
  storage::PostgresOptions options;
  options.url = url;
  options.schema = schema;
  options.incarnation.assign(bits.begin(), bits.end());
  options.purpose = purpose;
  options.arrival_patience = Millis(0);  // somebody waits for the answer
  options.others = storage::PostgresOptions::Others::refuse;
  options.log = &warn_operator;
  auto store = storage::PostgresStore::open(std::move(options));
  if (!store) return store.error();
  return StoppedStore(std::move(*store));
}

}  // namespace millrace
