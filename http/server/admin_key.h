#pragma once
// The instance's admin key when the operator gives none: made once, kept in the data directory in a
// file that only its owner can read, and found there at the next start.

#include "runtime/base/random.h"
#include "runtime/base/result.h"

#include <string>

namespace millrace {

struct AdminKey {
  std::string key;
  std::string file;  // where it is kept; empty: nowhere
};

/// Reads DIRECTORY/admin-key, or makes it.
Result<AdminKey> load_or_make_admin_key(const std::string& directory, Random& random);
AdminKey make_admin_key(Random& random);

}  // namespace millrace
