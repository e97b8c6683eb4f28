#pragma once
// The places of a request that hold one line of text each: headers and query parameters. Pure.

#include "runtime/base/result.h"

#include <string>
#include <string_view>

namespace millrace {

/// Error type_mismatch: `field` cannot hold the bytes of a file.
Outcome refuse_files(std::string_view field, std::string_view text);
/// Error invalid_parameters: no header may have this name.
Outcome check_header_name(std::string_view name);
/// Error invalid_parameters: no header may have this value, which is not named.
Outcome check_header_value(std::string_view name, std::string_view value);

/// `name=value`, percent-encoded.
std::string query_param(std::string_view name, std::string_view value);
/// Behind what the URL, which has no fragment, has in its query already.
void add_query(std::string& url, std::string_view params);

}  // namespace millrace
