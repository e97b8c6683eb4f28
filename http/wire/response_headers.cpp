#include "http/wire/response_headers.h"

#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>

namespace millrace {

bool may_set_header(std::string_view name) {
  static constexpr std::array<std::string_view, 14> ours{"connection",
                                                         "content-length",
                                                         "keep-alive",
                                                         "proxy-authenticate",
                                                         "proxy-authorization",
                                                         "te",
                                                         "trailer",
                                                         "trailers",
                                                         "transfer-encoding",
                                                         "upgrade",
                                                         "date",
                                                         "proxy-connection",
                                                         "content-encoding",
                                                         "millrace-execution-id"};
  return is_header_name(name) &&
         std::none_of(ours.begin(), ours.end(),
                      [&](std::string_view taken) { return equal_but_for_case(name, taken); });
}

}  // namespace millrace
