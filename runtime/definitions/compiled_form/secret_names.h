#pragma once
// Builds know secrets by ids, which are UUIDs; here they are put by name.

#include <string>
#include <string_view>

namespace millrace::compiled_form {

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);
/// May a secret be called so? (`[A-Za-z_][A-Za-z0-9_]*`, at most limits::id_bytes_max bytes.)
bool is_secret_name(std::string_view text);
/// A name made of an id, or of a name that cannot be one here; always the same one.
std::string secret_name(std::string_view id);

}  // namespace millrace::compiled_form
