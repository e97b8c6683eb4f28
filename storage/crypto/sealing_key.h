#pragma once
// The key under which secrets and credentials are encrypted at rest: 256 random bits, given by the
// operator or made at the first start. Lives in memory of its own that cannot be swapped out, is
// guarded on both sides, and is wiped when the key ends.

#include "runtime/base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace millrace::storage {

/// Overwrites text that held a key or a secret, in a way that no optimiser leaves out.
void wipe(std::string& text);

class SealingKey {
 public:
  static constexpr std::size_t bytes = 32;

  /// 64 hex digits, or the base64 of 32 bytes (both alphabets, with or without padding); white
  /// space around it does not count. Error invalid_request, which never repeats the text.
  static Result<SealingKey> parse(std::string_view text);
  static SealingKey make();

  /// 16 hex digits that name the key and tell nothing of it: the first bytes of its BLAKE2b hash.
  /// Stored with every value, so that an error can say which key is missing.
  const std::string& id() const { return id_; }
  /// As `parse` reads it, for the file that keeps it. Wipe it after use.
  std::string hex() const;
  const unsigned char* data() const { return bytes_.get(); }

 private:
  struct WipeAndFree {
    void operator()(unsigned char* memory) const;
  };
  using Memory = std::unique_ptr<unsigned char[], WipeAndFree>;

  static Memory allocate();
  explicit SealingKey(Memory memory);

  Memory bytes_;
  std::string id_;
};

}  // namespace millrace::storage
