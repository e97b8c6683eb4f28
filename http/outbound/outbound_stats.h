#pragma once
// What the HTTP caller counts, for /metrics.

#include "runtime/base/error.h"

#include <cstddef>
#include <cstdint>
#include <map>

namespace millrace {

/// Counters since the start, and sizes as of now.
struct OutboundStats {
  std::size_t waiting = 0;               // calls whose turn has not come
  std::size_t in_air = 0;                // calls whose turn has come
  std::size_t bytes_in_flight = 0;       // of responses that are being received
  std::uint64_t calls = 0;               // answered, of whatever outcome, refused ones included
  std::uint64_t requests = 0;            // sent: redirects and token fetches included
  std::uint64_t reused_connections = 0;  // requests that needed no new connection
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t redirects = 0;
  std::uint64_t tokens_fetched = 0;
  std::map<ErrorCode, std::uint64_t> failures;
};

}  // namespace millrace
