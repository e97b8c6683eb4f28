#include "storage/rocks/rocks_events.h"

#include <array>
#include <cstdio>
#include <string>
#include <utility>

namespace millrace::storage {
namespace {

/// The longest line; the rest of a longer one is cut off.
constexpr std::size_t line_bytes_max = 2'048;

}  // namespace

RocksLog::RocksLog(LogSink sink)
    : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

void RocksLog::Logv(const char* format, std::va_list arguments) {
  Logv(rocksdb::InfoLogLevel::WARN_LEVEL, format, arguments);
}

void RocksLog::Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) {
  const bool is_problem = level >= rocksdb::InfoLogLevel::WARN_LEVEL &&
                          level <= rocksdb::InfoLogLevel::FATAL_LEVEL;  // above it: headers
  if (!is_problem || !sink_) return;
  std::array<char, line_bytes_max> line{};
  if (std::vsnprintf(line.data(), line.size(), format, arguments) < 0) return;
  const bool is_warning = level == rocksdb::InfoLogLevel::WARN_LEVEL;
  sink_(is_warning ? LogLevel::warning : LogLevel::error, std::string("rocksdb: ") + line.data());
}

void NoRecoveryByItself::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status error,
                                              bool* auto_recovery) {
  error.PermitUncheckedError();
  *auto_recovery = false;
}

}  // namespace millrace::storage
