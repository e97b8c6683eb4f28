#pragma once
// Takes secrets out of bytes that pass: each byte of a secret's value, as it is or in one of its `written_forms`,
// becomes a `*`. What comes out is what would come out of the whole text at once, however it is cut into pieces: a
// piece's end that may be a secret's beginning is kept back until the next piece, or the end, says what it is. So no
// more than the longest form of a secret waits here, and only while it looks like one.
//
// Masks are as long as what they stand for, so that lengths, offsets and ranges stay what the peer says they are.
// Values of fewer than `Redaction::value_bytes_min` bytes are not looked for, as there.
//
// Belongs to one thread.

#include "runtime/secrets/needle_search.h"
#include "runtime/secrets/redaction.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

class MaskingStream {
 public:
  explicit MaskingStream(const Redaction& secrets);

  /// What may go on now that these have come.
  std::string feed(std::string_view bytes);
  /// What was kept back, once nothing more comes.
  std::string finish();

 private:
  enum class End : std::uint8_t { is_open, is_here };
  std::string pass_on(End end);

  NeedleSearch search_;
  std::string kept_;
};

}  // namespace millrace
