#pragma once
// How providers write signatures into a header, and what they sign. Pure text: nothing is computed here.
//
//   format   sha256={signature}     v0={signature}     t={timestamp},v1={signature}     {signature}
//   signed   {body}     v0:{timestamp}:{body}     {method}{url}{body}{timestamp}     {header:webhook-id}.{body}
//
// A header may hold several signatures, of which one has to be right: fields of other names are passed over.

#include "runtime/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A header's value of one or two fields. Several signatures stand one after the other, parted by the
/// character between the fields, or by blanks and commas.
struct SignatureFormat {
  std::string signature_prefix;
  std::string timestamp_prefix;
  bool has_timestamp = false;
  char separator = ',';
};

/// Error invalid_definition: a sentence about what is wrong.
Result<SignatureFormat> parse_signature_format(std::string_view text);

struct GivenSignatures {
  std::vector<std::string> signatures;  // as they are encoded; at most signatures_per_delivery_max
  std::string timestamp;                // empty: there is none
};
GivenSignatures find_signatures(const SignatureFormat& format, std::string_view header);

/// What a signature is over.
struct SignedText {
  enum class Part : std::uint8_t { literal, method, url, path, query, body, timestamp, header };
  struct Piece {
    Part part = Part::literal;
    std::string text;  // of a literal; a header's name, lower case
  };
  std::vector<Piece> pieces;

  bool has(Part part) const;
};

/// Error invalid_definition: which name it does not know, and the nearest.
Result<SignedText> parse_signed_text(std::string_view text);

}  // namespace millrace
