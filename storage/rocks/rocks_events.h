#pragma once
// What RocksDB has to say: its warnings and errors go to the node's log, never to a file of its own. A
// log file in the data directory would be one more file that meets a full disk, and the library ends
// the process when a file that has seen an error is written again. Includes RocksDB: for storage/rocks
// alone.

#include "runtime/base/log.h"

#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <cstdarg>

namespace millrace::storage {

class RocksLog final : public rocksdb::Logger {
 public:
  /// Without a sink nothing is said.
  explicit RocksLog(LogSink sink);

  using rocksdb::Logger::Logv;
  void Logv(const char* format, std::va_list arguments) override;
  void Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) override;

 private:
  const LogSink sink_;
};

/// Forbids RocksDB to go on by itself after a full disk: RocksStore opens the database anew.
class NoRecoveryByItself final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* auto_recovery) override;
};

}  // namespace millrace::storage
