#include "actors/functions/frame.h"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace {
namespace {

constexpr std::size_t read_bytes = 256u << 10;

}  // namespace

FrameBuffer::Input FrameBuffer::receive(int socket) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && bytes_.size() - end_ < read_bytes) {
    bytes_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_.size() - end_ < read_bytes) {
    // Doubling, so that a frame of many megabytes is not copied once for each read.
    bytes_.resize(std::max(bytes_.size() * 2, end_ + read_bytes));
  }
  // read(2) and not recv(2): a locked-down worker is allowed no other call.
  ssize_t size = 0;
  do {
    size = ::read(socket, bytes_.data() + end_, bytes_.size() - end_);
  } while (size < 0 && errno == EINTR);
  if (size > 0) {
    end_ += static_cast<std::size_t>(size);
    return Input::more;
  }
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? Input::none : Input::closed;
}

std::optional<std::string_view> FrameBuffer::next() {
  std::uint32_t size = 0;
  if (broken_ || end_ - begin_ < sizeof size) return std::nullopt;
  std::memcpy(&size, bytes_.data() + begin_, sizeof size);
  if (size == 0 || size > bytes_max_) {
    broken_ = true;
    return std::nullopt;
  }
  if (end_ - begin_ - sizeof size < size) return std::nullopt;
  const std::string_view frame(bytes_.data() + begin_ + sizeof size, size);
  begin_ += sizeof size + size;
  return frame;
}

void FrameBuffer::shrink() {
  if (begin_ != end_ || bytes_.size() <= 4 * read_bytes) return;
  begin_ = end_ = 0;
  std::string().swap(bytes_);
}

}  // namespace millrace
