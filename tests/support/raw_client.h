#pragma once
// A TCP client that sends exactly the bytes it is told: for tests of what a well-behaved HTTP
// client would never send. Loopback only.

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace millrace {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  RawClient(RawClient&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), connected_(other.connected_) {}
  RawClient& operator=(RawClient&&) = delete;

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  /// Sends no more, but can still receive.
  void finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

  /// True when something can be read at once: an answer, or the connection's end.
  bool has_answer() const {
    pollfd entry{descriptor_, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
  }

  /// Whatever arrives until the server closes, or `patience` passes without a byte.
  std::string read_all(std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::string text;
    while (read_some(text, patience)) {
    }
    return text;
  }

  /// Whatever arrives until that is in it, or the server closes, or `patience` passes without a byte.
  std::string read_until(std::string_view part,
                         std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::string text;
    while (text.find(part) == std::string::npos && read_some(text, patience)) {
    }
    return text;
  }

  /// One answer whose body has a Content-Length.
  std::string read_answer(std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::string text;
    for (;;) {
      const auto head_end = text.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const auto at = text.find("Content-Length: ");
        const std::size_t length = at < head_end ? std::stoul(text.substr(at + 16)) : 0;
        if (text.size() >= head_end + 4 + length) return text;
      }
      if (!read_some(text, patience)) return text;
    }
  }

  /// True once the server has closed the connection.
  bool is_closed(std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::string text;
    return !read_some(text, patience) && !timed_out_;
  }

 private:
  bool read_some(std::string& text, std::chrono::milliseconds patience) {
    pollfd entry{descriptor_, POLLIN, 0};
    timed_out_ = ::poll(&entry, 1, static_cast<int>(patience.count())) == 0;
    if (timed_out_) return false;
    char buffer[4096];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int descriptor_;
  bool connected_ = false;
  bool timed_out_ = false;
};

}  // namespace millrace
