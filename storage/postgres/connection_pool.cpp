#include "storage/postgres/connection_pool.h"

#include "runtime/base/check.h"

#include <string>
#include <utility>

namespace millrace::storage {

ConnectionPool::ConnectionPool(PostgresAddress address, std::size_t connections_max)
    : address_(std::move(address)), connections_max_(connections_max) {
  CHECK(connections_max_ > 0, "a pool without connections serves nobody");
}

ConnectionPool::~ConnectionPool() {
  // A destructor may not throw: a cursor that outlives its store ends the process, as it does with the other stores.
  CHECK(in_use_ == 0, "a cursor outlives its store");
}

Result<ConnectionPool::Lease> ConnectionPool::lease(Moment deadline) {
  const auto holder = std::this_thread::get_id();
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [&] {
      return holders_.size() < connections_max_ || holders_.contains(holder);
    };
    if (!came_back_.wait_until(lock, deadline, is_free)) {
      return Error(ErrorCode::overloaded,
                   "All " + std::to_string(connections_max_) +
                       " connections to PostgreSQL of this kind are in use. Try again.");
    }
    ++in_use_;
    ++holders_[holder];
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(connection), holder);
    }
  }
  PostgresFault why;
  auto connection = PostgresConnection::connect(address_, deadline, why);
  if (connection != nullptr) return Lease(*this, std::move(connection), holder);
  take_back(nullptr, holder);
  return error_of(why, "Connecting to PostgreSQL");
}

void ConnectionPool::forget_idle() {
  std::vector<std::unique_ptr<PostgresConnection>> closed;  // outside of the lock
  const std::lock_guard lock(mutex_);
  closed.swap(idle_);
}

void ConnectionPool::take_back(std::unique_ptr<PostgresConnection> connection,
                               std::thread::id holder) {
  {
    const std::lock_guard lock(mutex_);
    const auto held = holders_.find(holder);
    CHECK(in_use_ > 0 && held != holders_.end(), "a connection comes back that nobody had");
    --in_use_;
    if (--held->second == 0) holders_.erase(held);
    const bool is_wanted = in_use_ + idle_.size() < connections_max_;
    if (is_wanted && connection != nullptr && connection->is_usable())
      idle_.push_back(std::move(connection));
  }
  came_back_.notify_one();
}

}  // namespace millrace::storage
