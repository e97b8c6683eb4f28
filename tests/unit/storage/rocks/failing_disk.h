#pragma once
// A disk for RocksStore that can be full or broken: RocksDB's own, except that writes fail on
// command. Reads, renames and deletions go on, as they do on a full disk.

#include <memory>

namespace rocksdb {
class Env;
}

namespace millrace::tests {

class FailingDisk {
 public:
  enum class State { well, full, broken };

  FailingDisk();
  ~FailingDisk();

  rocksdb::Env* environment();
  void become(State state);

 private:
  class Files;
  std::shared_ptr<Files> files_;
  std::unique_ptr<rocksdb::Env> environment_;
};

}  // namespace millrace::tests
