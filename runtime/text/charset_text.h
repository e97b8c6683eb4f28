#pragma once
// Text of other servers, in whatever charset, as UTF-8: every charset that the C library's iconv knows,
// under the names that are used on the web. ASCII and Latin-1 are read as windows-1252, and other
// narrow names as what browsers take them for (WHATWG Encoding): Shift_JIS as windows-31J, GB2312 as
// GB 18030, EUC-KR as UHC, Big5 with the HKSCS characters, ISO 8859-9 as windows-1254, TIS-620 as
// windows-874.
//
// Exact: never guesses, never replaces. What cannot be read is nothing, so that its bytes can be kept.

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Nothing when nobody knows the charset, or when a byte is not of it. A byte order mark decides, and is
/// left out; else bytes that are UTF-8 are taken as such, whatever `charset` says, unless it is one whose
/// bytes may look so (UTF-16, UTF-32, UTF-7, ISO 2022); else `charset`, in any case, decides. None (empty) is
/// UTF-8.
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace millrace
