#include "http/wire/open_connections.h"

#include <sys/socket.h>
#include <unistd.h>

namespace millrace {
namespace {

auto steady_now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Connection::Connection(int descriptor) : descriptor_(descriptor), idle_since_(steady_now()) {}

void Connection::become_idle() {
  idle_since_ = steady_now();
  move(State::answering, State::idle);
}

Connection& OpenConnections::add(int descriptor) {
  const std::lock_guard lock(mutex_);
  connections_.emplace_front(descriptor);
  connections_.front().position_ = connections_.begin();
  return connections_.front();
}

void OpenConnections::remove(Connection& connection) {
  const std::lock_guard lock(mutex_);
  // Closed under the lock: the number may be given to a new connection the moment it is free, and
  // the functions below must never act on that one.
  ::close(connection.descriptor_);
  connections_.erase(connection.position_);
}

void OpenConnections::end_longest_idle() {
  const std::lock_guard lock(mutex_);
  Connection* longest = nullptr;
  for (auto& connection : connections_) {
    if (connection.state_ != Connection::State::idle) continue;
    if (longest == nullptr || connection.idle_since_ < longest->idle_since_) longest = &connection;
  }
  if (longest != nullptr && longest->move(Connection::State::idle, Connection::State::ended)) {
    ::shutdown(longest->descriptor_, SHUT_RDWR);
  }
}

void OpenConnections::end_all_idle() {
  const std::lock_guard lock(mutex_);
  for (auto& connection : connections_) {
    if (connection.move(Connection::State::idle, Connection::State::ended)) {
      ::shutdown(connection.descriptor_, SHUT_RDWR);
    }
  }
}

std::size_t OpenConnections::abandon_requests(std::string_view answer) {
  const std::lock_guard lock(mutex_);
  std::size_t abandoned = 0;
  for (auto& connection : connections_) {
    if (!connection.move(Connection::State::in_request, Connection::State::ended)) continue;
    // One attempt without waiting: an empty send buffer takes these few bytes, and a client whose
    // buffer is full is not reading answers.
    ++abandoned;
    if (::send(connection.descriptor_, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) <
        0) {
      continue;
    }
    ::shutdown(connection.descriptor_, SHUT_WR);
  }
  return abandoned;
}

std::size_t OpenConnections::size() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

}  // namespace millrace
