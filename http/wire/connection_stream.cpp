#include "http/wire/connection_stream.h"

#include <algorithm>

namespace millrace {
namespace {

/// Beyond this, gathering would only double the memory of a large response.
constexpr std::size_t gathered_bytes_max = 256u << 10;

}  // namespace

ConnectionStream::ConnectionStream(std::string canonical_head, Send send)
    : head_(std::move(canonical_head)), send_(std::move(send)) {}

bool ConnectionStream::flush() const {
  if (failed_) return false;
  if (!gathered_.empty() && !send_(gathered_)) failed_ = true;
  gathered_.clear();
  return !failed_;
}

ssize_t ConnectionStream::read(char* to, std::size_t size) {
  const std::size_t taken = std::min(size, head_.size() - read_);
  std::copy_n(head_.data() + read_, taken, to);
  read_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t ConnectionStream::write(const char* bytes, std::size_t size) {
  if (failed_) return -1;
  const std::string_view text(bytes, size);
  if (gathered_.size() + size <= gathered_bytes_max) {
    gathered_.append(text);
    return static_cast<ssize_t>(size);
  }
  if (!flush()) return -1;
  if (!send_(text)) {
    failed_ = true;
    return -1;
  }
  return static_cast<ssize_t>(size);
}

// httplib would copy the addresses into request headers, where a client could not be told from us.
void ConnectionStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}
void ConnectionStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace millrace
