#pragma once
// Names without their notation: letters and digits alone, in lower case, so that `sendMessage` and
// `SEND_MESSAGE` are one.

#include <string>
#include <string_view>

namespace millrace {

std::string bare_name(std::string_view text);

}  // namespace millrace
