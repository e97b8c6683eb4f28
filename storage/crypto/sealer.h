#pragma once
// Encrypts small values for the disk: XChaCha20-Poly1305, whose nonce is long enough to be drawn at
// random for every value. Source: libsodium, "XChaCha20-Poly1305 construction".
//
//   sealed = version(1) key id(8) nonce(24) cipher text tag(16)
//
// A value is bound to its place (the key of its row): copied to another row, it does not open. This
// folder is the only one that sees libsodium.

#include "storage/crypto/sealing_key.h"

#include <string>
#include <string_view>

namespace millrace::storage {

/// Immutable; thread-safe.
class Sealer {
 public:
  explicit Sealer(SealingKey key) : key_(std::move(key)) {}

  std::string seal(std::string_view plain, std::string_view place) const;
  /// Errors: secrets_locked (sealed under another key; says which), corrupt_data (damaged, or
  /// sealed for another place).
  Result<std::string> unseal(std::string_view sealed, std::string_view place) const;
  /// True if `sealed` says that it was sealed under this key.
  bool has_sealed(std::string_view sealed) const;

  const std::string& key_id() const { return key_.id(); }

 private:
  SealingKey key_;
};

/// The id of the key that opens `sealed`; empty when it is damaged.
std::string sealing_key_id(std::string_view sealed);

}  // namespace millrace::storage
