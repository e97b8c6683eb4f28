#pragma once
// Parameters of header fields: `text/html; charset=utf-8`, `attachment; filename="a \"b\".pdf"`
// (RFC 9110, 5.6.6). Read leniently, as servers write them: a quote may be left open, an unquoted
// value may hold spaces.

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// The first parameter of that name (in any case), without its quotes.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

/// The first parameter `name*`, whose value names its charset (RFC 8187): `UTF-8''%C3%BC.pdf`.
/// Nothing when it is broken.
std::optional<std::string> extended_header_parameter(std::string_view header,
                                                     std::string_view name);

}  // namespace millrace
