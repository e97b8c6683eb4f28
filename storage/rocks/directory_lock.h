#pragma once
// Holds a data directory for one store object: a second one, in this process or another, is
// refused. The kernel drops the lock when the process ends, however it ends, so nothing is ever
// left behind that somebody must delete.

#include "runtime/base/result.h"

#include <string>

namespace millrace::storage {

class DirectoryLock {
 public:
  /// `directory` must exist. Errors: directory_in_use (names the directory and, if it is known, the
  /// process), storage_failed.
  static Result<DirectoryLock> acquire(const std::string& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}

  int file_ = -1;
};

}  // namespace millrace::storage
