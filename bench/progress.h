#pragma once
// One line for each stage, to standard error: standard output belongs to the tables.

#include <string>

namespace millrace::bench {

void progress(const std::string& line);

}  // namespace millrace::bench
