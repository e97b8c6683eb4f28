#pragma once
// Connections that are made when they are first needed and used again, at most so many at a time. Whoever comes when
// all are in use waits until his deadline, and is then told `overloaded`. A thread that has one already does not wait: those
// who wait for it might be the ones that it waits for. So there are as many threads at most that have connections, and
// more connections only for walks inside of walks.
//
// Thread-safe. Outlives its leases.

#include "runtime/base/result.h"
#include "storage/postgres/postgres_connection.h"

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::storage {

class ConnectionPool {
 public:
  /// One connection, for as long as this object lives. A lost one is not given to anybody else.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<PostgresConnection> connection,
          std::thread::id holder)
        : pool_(&pool), connection_(std::move(connection)), holder_(holder) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->take_back(std::move(connection_), holder_);
    }

    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<PostgresConnection> connection_;
    std::thread::id holder_;
  };

  /// `connections_max`: of threads that have one each.
  ConnectionPool(PostgresAddress address, std::size_t connections_max);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// Errors: overloaded, and those of connecting.
  Result<Lease> lease(Moment deadline);
  /// Closes those that nobody uses: after one was lost, the others are, too, as a rule.
  void forget_idle();
  const PostgresAddress& address() const { return address_; }

 private:
  void take_back(std::unique_ptr<PostgresConnection> connection, std::thread::id holder);

  const PostgresAddress address_;
  const std::size_t connections_max_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable came_back_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t in_use_ = 0;
  std::map<std::thread::id, std::size_t> holders_;  // how many each thread has
};

}  // namespace millrace::storage
