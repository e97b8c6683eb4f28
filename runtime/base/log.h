#pragma once
// Where actors and storage report what an operator should know. The server gives a sink; tests may
// collect the lines. Few lines: what is normal is counted, not logged.

#include <cstdint>
#include <functional>
#include <string>

namespace millrace {

enum class LogLevel : std::uint8_t { info, warning, error };

/// Thread-safe.
using LogSink = std::function<void(LogLevel, const std::string&)>;

}  // namespace millrace
