#pragma once
// The further configurations of an account as its row holds them, and how many there may be.

#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

namespace limits {
/// Of one account, with its default one: each is shown with the account, and may run for one event.
inline constexpr std::size_t configurations_per_credential_max = 100;
/// All but the default one together: they are in memory with their user.
inline constexpr std::size_t configurations_bytes_max = 1u << 20;
/// Of an application's own name for an account or a configuration.
inline constexpr std::size_t external_id_bytes_max = 255;
}  // namespace limits

/// Empty for none, so that the rows of most accounts have nothing of it.
std::string configurations_text(const std::vector<Configuration>& configurations);
/// Error: corrupt_data.
Result<std::vector<Configuration>> read_configurations(std::string_view text);

/// One line of text within the limit. Error: invalid_request.
Outcome check_external_id(std::string_view external_id);

}  // namespace millrace
