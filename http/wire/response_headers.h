#pragma once
// Which headers of a Response step may leave the server. A workflow's author chooses names and
// values, possibly from what a stranger sent: without this, a line break in a value would let the
// stranger write headers, or a whole second response, of their own.

#include "runtime/text/header_text.h"

#include <string_view>

namespace millrace {

/// False for names that are not HTTP tokens, and for headers that speak about the connection or the
/// framing rather than the content (Connection, Transfer-Encoding, Content-Length, …).
bool may_set_header(std::string_view name);

}  // namespace millrace
