#include "bench/scratch_directory.h"

#include "runtime/base/check.h"

#include <filesystem>
#include <stdlib.h>
#include <system_error>

namespace millrace::bench {

ScratchDirectory::ScratchDirectory(const std::string& parent)
    : path_(parent + "/millrace-bench-XXXXXX") {
  CHECK(::mkdtemp(path_.data()) != nullptr, "cannot make a directory in " + parent);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // a server that is being killed may still hold a file; nothing to do
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace millrace::bench
