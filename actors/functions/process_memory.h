#pragma once
// How much memory a process of the pool has that is of no file (proc(5), statm). Pages that it shares with the one that
// it was forked from count for both.

#include <cstddef>

#include <sys/types.h>

namespace millrace {

/// Zero: there is no such process.
std::size_t anonymous_bytes(pid_t process);

}  // namespace millrace
