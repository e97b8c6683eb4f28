#pragma once
// The head of a request (request line and header fields) as RFC 9112 defines it, read strictly. The
// head decides where the body ends, so two readers that disagree about it would see different
// requests ("request smuggling"); whatever is ambiguous is therefore refused: Content-Length beside
// Transfer-Encoding, differing lengths, folded lines, bare line feeds, blanks before the colon.
// Pure: text in, head or refusal out.

#include "http/wire/wire_error.h"
#include "runtime/text/header_text.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

struct RequestHead {
  enum class Framing : std::uint8_t { none, length, chunked };

  std::string method;
  std::string target;                                        // as sent: "/projects/p1?x=1"
  std::vector<std::pair<std::string, std::string>> headers;  // names as sent, values trimmed
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;         // the client allows another request on this connection
  bool expects_continue = false;  // it waits for "100 Continue" before it sends the body
};

/// `text` ends with the blank line.
std::variant<RequestHead, WireError> parse_request_head(std::string_view text);

/// Anything below a space except the tab, and DEL: nothing that may stand in a head.
bool has_control_characters(std::string_view text);

}  // namespace millrace
