#pragma once
// What the process ends with; `millrace --help` lists it.

namespace millrace::exit_codes {

inline constexpr int done = 0;
/// By validation or by the server. rotate-secrets-key: some values stay under the old key.
inline constexpr int refused = 1;
/// Wrong usage. serve: cannot start; rotate-secrets-key: nothing could be done.
inline constexpr int usage = 2;
/// No server answers. move: the database does not, or a disk is full.
inline constexpr int unreachable = 3;

}  // namespace millrace::exit_codes
