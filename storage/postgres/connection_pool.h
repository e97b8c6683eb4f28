#pragma once
// Connections that are made when they are first needed and used again, at most so many at a time. Whoever comes when
// all are in use waits; after `patience` he is told `overloaded`.
//
// Thread-safe. Outlives its leases.

#include "runtime/base/result.h"
#include "storage/postgres/postgres_connection.h"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace millrace::storage {

class ConnectionPool {
 public:
  /// One connection, for as long as this object lives. A lost one is not given to anybody else.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->take_back(std::move(connection_));
    }

    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

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
  void take_back(std::unique_ptr<PostgresConnection> connection);

  const PostgresAddress address_;
  const std::size_t connections_max_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable came_back_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t in_use_ = 0;
};

}  // namespace millrace::storage
