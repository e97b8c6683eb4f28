#include "bench/progress.h"

#include <cstdio>

namespace millrace::bench {

void progress(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

}  // namespace millrace::bench
