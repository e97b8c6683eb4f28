#pragma once
// What charset a body is in, before it is decoded.

#include <string>
#include <string_view>

namespace millrace {

/// The charset of the type's parameter, else what the body itself declares: XML in its declaration
/// (`<?xml version="1.0" encoding="..."?>`), HTML in a `<meta>` near its beginning, and JSON and XML in
/// UTF-16 by the zero bytes of their first character (RFC 4627, 3). Empty: nothing says.
std::string charset_of(std::string_view bytes, std::string_view content_type,
                       std::string_view media_type);

}  // namespace millrace
