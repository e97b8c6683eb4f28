#pragma once
// Where an account's credential may go when a request names a whole URL.

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// True for a URL below the base URL (same scheme, host and port; the base's path, then nothing, `/`, `?`
/// or `#`), and for an https URL on its usual port of one of the hosts ("files.crm.example", or
/// "*.crm.example" for all below it). A URL whose host could be read in two ways is none of them: one with
/// a user's name, a backslash, or anything but letters, digits, `-` and `.`.
bool is_own_url(std::string_view url, std::string_view base_url,
                const std::vector<std::string>& hosts);

}  // namespace millrace
