#include "runtime/text/bare_name.h"

#include "runtime/text/ascii_text.h"

namespace millrace {

std::string bare_name(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    const char lower = lower_case(c);
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) kept += lower;
  }
  return kept;
}

}  // namespace millrace
