#pragma once
// A body that is sent as it comes to be, by the thread of its connection, no faster than the client takes it. Its
// head leaves before the first of it is waited for. Without a size it is sent in chunks.
//
// A body that breaks off ends the connection without the last chunk, or short of its size, so that nobody takes it
// for a whole one.

#include <httplib.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

struct StreamedBody {
  /// False: the client has gone, or takes too long.
  using Write = std::function<bool(std::string_view)>;
  enum class Next : std::uint8_t { more, end, broken };

  std::optional<std::uint64_t> size;
  /// Waits for what comes next, and writes it. Called until it says that it was the last.
  std::function<Next(const Write&)> next;
};

void set_streamed_body(httplib::Response& response, const std::string& content_type,
                       StreamedBody body);

}  // namespace millrace
