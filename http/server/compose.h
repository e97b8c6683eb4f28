#pragma once
// The whole server, wired: the one place that knows every concrete class. Read compose.cpp to see
// on one page what a Millrace process consists of and in which order it starts.

#include "http/server/server_options.h"
#include "runtime/base/result.h"

#include <cstdint>
#include <memory>

namespace millrace {

class RunningServer {
 public:
  /// Opens the data, recovers, listens. Returns when new work is accepted. An error says in one
  /// sentence what is wrong (directory in use, newer format, port taken).
  static Result<std::unique_ptr<RunningServer>> start(const ServerOptions& options);

  virtual ~RunningServer() = default;
  virtual std::uint16_t port() const = 0;

  enum class Stopped : std::uint8_t {
    clean,
    /// Some handlers did not end in time. Their threads use this object: leave the process without
    /// destroying it. Nothing is lost; what was acknowledged is on disk.
    abandoned,
  };
  /// Drains the HTTP server.
  virtual Stopped stop() = 0;
};

}  // namespace millrace
