#pragma once
// The listening socket. Owned by the server; one thread waits and accepts, any may close.
//
// httplib's own listener is not used: its backlog is 5, it sets SO_REUSEPORT (a second server on
// the same port would start and take half of the connections), and what it accepts leaks into child
// processes.

#include "runtime/base/result.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: the system picks a free one

  bool is_loopback() const;
  /// "127.0.0.1:8080", "[::1]:8080".
  std::string text() const;
};

/// "127.0.0.1:8080", "[::1]:0", "localhost:80"; error invalid_request says what is missing.
Result<ListenAddress> parse_listen_address(const std::string& text);

class Listener {
 public:
  /// Connections that are established and wait to be accepted. Beyond: the kernel drops the last
  /// packet of the handshake and the client tries again, so an overload becomes delay.
  static constexpr int backlog = 1'024;

  Listener() = default;
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Error conflict when the address is taken.
  Outcome open(const ListenAddress& address);
  std::uint16_t port() const { return port_; }

  /// Waits until a connection can be accepted; false once `close` was called.
  bool wait_for_connection();
  /// Takes a connection without waiting. Empty when there is none, or the system has no room for
  /// it.
  std::optional<int> accept();
  /// Stops accepting and wakes `wait_for_connection`. New connections are refused from now on.
  void close();

 private:
  int descriptor_ = -1;
  int wake_ = -1;  // eventfd: readable once closed
  std::uint16_t port_ = 0;
  std::atomic<bool> closed_{false};
};

}  // namespace millrace
