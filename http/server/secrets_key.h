#pragma once
// Where the key comes from that seals secrets and credentials: a file or the environment, as the
// operator says, else a file in the data directory that is made at the first start. Whoever keeps
// the data directory apart from its key gives one.

#include "runtime/base/result.h"
#include "storage/crypto/sealing_key.h"

#include <optional>
#include <string>

namespace millrace {

struct SecretsKey {
  storage::SealingKey key;
  std::string source;   // for the log: "the file …", "the environment", "memory alone"
  bool is_new = false;  // made now, and kept there
};

/// `key_file` empty: none was given. `directory` empty: the data is in memory, and so is the key.
/// Errors: invalid_request (not a key; a file and the environment), storage_failed.
Result<SecretsKey> load_secrets_key(const std::string& key_file, const std::string& directory);

/// The key of MILLRACE_SECRETS_KEY, which is wiped and unset. Call before other threads run.
Result<std::optional<storage::SealingKey>> take_secrets_key_from_environment();

/// The file in a data directory that keeps the key when the operator gives none.
std::string secrets_key_file_in(const std::string& directory);
Result<storage::SealingKey> read_secrets_key(const std::string& file);
/// Atomically and durably; only its owner can read the file. Nobody else may write it meanwhile.
Outcome write_secrets_key(const std::string& file, const storage::SealingKey& key);

}  // namespace millrace
