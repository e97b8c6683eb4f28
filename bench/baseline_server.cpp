// The machine's limit, as a program: a bare cpp-httplib handler that does one synced,
// group-committed RocksDB put for each POST and waits for it. The same HTTP library, thread model
// (one thread for each connection), store, settings and group commit as the product, and nothing of
// what the product adds. Peer (b) of the http_trigger benchmark.
//
//   millrace-bench-baseline DATA_DIRECTORY CONNECTIONS_MAX RECORD_BYTES
//
// Prints the line that millrace prints when it is ready; ends with SIGTERM.

#include "storage/group_commit.h"
#include "storage/rocks/rocks_store.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <signal.h>
#include <string>
#include <thread>

namespace {

using millrace::storage::GroupCommit;
using millrace::storage::RocksOptions;
using millrace::storage::RocksStore;
using millrace::storage::WriteBatch;

/// Rows as the product writes them for one run: the key begins with a shard and a kind that the
/// stores do not keep for themselves, then a number that rises, as execution ids do.
std::string next_key(std::atomic<std::uint64_t>& counter) {
  const std::uint64_t number = ++counter;
  std::string key{static_cast<char>(0), static_cast<char>(number & 0xff), static_cast<char>(33)};
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>((number >> shift) & 0xff));
  }
  return key;
}

/// The body of the request, filled up to the size of a run's rows.
std::string record_of(const std::string& body, std::size_t bytes) {
  std::string record = body;
  record.resize(std::max(bytes, body.size()), 'e');
  return record;
}

int serve(const std::string& directory, std::size_t connections_max, std::size_t record_bytes) {
  // Before any thread exists, so that all of them leave the signal to the one that waits for it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  RocksOptions options;
  options.directory = directory;
  auto store = RocksStore::open(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  GroupCommit commits(**store, {});
  std::atomic<std::uint64_t> counter{0};

  httplib::Server server;
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_keep_alive_timeout(60);
  server.new_task_queue = [connections_max] { return new httplib::ThreadPool(connections_max); };
  server.Post("/put", [&](const httplib::Request& request, httplib::Response& response) {
    WriteBatch batch;
    batch.put(next_key(counter), record_of(request.body, record_bytes));
    const auto outcome = commits.commit_and_wait(std::move(batch));
    response.status = outcome.ok() ? 200 : 503;
    response.set_content("{\"stored\":true}", "application/json");
  });

  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread listening([&server] { server.listen_after_bind(); });
  std::printf("listening on http://127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  listening.join();
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: %s DATA_DIRECTORY CONNECTIONS_MAX RECORD_BYTES\n", arguments[0]);
    return 2;
  }
  return serve(arguments[1], std::strtoul(arguments[2], nullptr, 10),
               std::strtoul(arguments[3], nullptr, 10));
}
