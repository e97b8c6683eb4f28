#pragma once
// Where a response says that a list goes on: the header `Link` (RFC 8288), and what its targets, or URLs in a
// body, mean beside the URL that was asked for (RFC 3986, 5.2).

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// The target of the first link whose relation is `next`, in the value of a `Link` header; several headers are
/// joined by commas. Read leniently: what is no link is passed over.
std::optional<std::string> next_link(std::string_view header);

/// `reference` (whole, `//host/path`, `/path`, `path` or `?query`) as it is meant in an answer of `base`, which
/// is a whole URL. Without its fragment; dot segments stay, for whoever looks at them.
std::string resolve_url(std::string_view base, std::string_view reference);

}  // namespace millrace
