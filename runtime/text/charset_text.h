#pragma once
// Text of other servers, in whatever they call their charset, as UTF-8. Known by name: UTF-8, UTF-16,
// ASCII, Latin-1 (ISO 8859-1), Latin-9 (ISO 8859-15) and windows-1252; ASCII and Latin-1 are read as
// windows-1252, as browsers do (WHATWG Encoding).

#include <string>
#include <string_view>

namespace millrace {

/// Never fails: what cannot be read becomes U+FFFD. A byte order mark decides, and is left out;
/// else bytes that are UTF-8 are taken as such, whatever `charset` says, unless it is a UTF-16; else
/// `charset`, in any case, decides; one that is not known is taken for UTF-8.
std::string to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace millrace
