#include "storage/rocks/directory_lock.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace millrace::storage {
namespace {

constexpr const char* file_name = "millrace.lock";

/// The process id its holder wrote into the lock file; empty if it cannot be told.
std::string holder_of(int file) {
  std::array<char, 24> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  std::string holder;
  for (ssize_t i = 0; i < size; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') break;
    holder.push_back(c);
  }
  return holder;
}

}  // namespace

Result<DirectoryLock> DirectoryLock::acquire(const std::string& directory) {
  const std::string path = directory + "/" + file_name;
  DirectoryLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (lock.file_ < 0) {
    return Error(ErrorCode::storage_failed, "The lock file " + path + " cannot be opened: " +
                                                std::generic_category().message(errno) + ".");
  }
  // flock belongs to the open file, not to the process: it also keeps out a second store object of
  // this process, which a POSIX record lock would let in.
  if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return Error(ErrorCode::storage_failed, "The lock file " + path + " cannot be locked: " +
                                                  std::generic_category().message(errno) + ".");
    }
    const std::string holder = holder_of(lock.file_);
    return Error(ErrorCode::directory_in_use,
                 "The data directory " + directory + " is in use" +
                     (holder.empty() ? std::string() : " by process " + holder) +
                     ". Stop that process, or choose another directory.");
  }
  const std::string holder = std::to_string(::getpid()) + "\n";
  // Only a courtesy to whoever is refused: the lock holds without it.
  if (::ftruncate(lock.file_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(lock.file_, holder.data(), holder.size(), 0);
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace millrace::storage
