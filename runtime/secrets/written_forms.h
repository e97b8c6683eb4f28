#pragma once
// How one text looks where others write it: in URLs and forms, as JSON, in Base64 (also in the middle
// of something longer), in hex, as a host name. What a peer that echoes a request does to a secret.

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The text itself comes first; some forms may be the same. `text` has at least 4 bytes, and so has
/// every form.
std::vector<std::string> written_forms(std::string_view text);

}  // namespace millrace
