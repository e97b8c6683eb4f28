#pragma once
// Bodies that are put together from texts and files: what is known when the request is planned stands here in
// pieces, and becomes bytes when the files have been read. Pure.
//
// `related` (RFC 2387): {"metadata": any JSON, "file": a file object or text} is multipart/related, the metadata
// first, as uploads to Google Drive want it. The boundary is a hash of both parts, so neither can hold it.
//
// `mime` is an e-mail: see mail_message.h.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/files/file_value.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

/// Text, in which hex takes the place of handles; a whole file of the run; bytes as they are.
using OutgoingContent = std::variant<std::string, FileHandle, SharedBytes>;

OutgoingContent content_of(FileToSend file);

struct ComposedPiece {
  enum class Encoding : std::uint8_t {
    as_is,
    base64_lines,  // of 76 characters, as MIME wants them (RFC 2045, 6.8)
  };
  OutgoingContent content;
  Encoding encoding = Encoding::as_is;
};

struct ComposedBody {
  std::string type;  // the request's Content-Type
  std::vector<ComposedPiece> pieces;
  /// The pieces are, as base64url without padding, a text between these.
  struct Envelope {
    std::string before;
    std::string after;
  };
  std::optional<Envelope> envelope{};
};

/// Errors: type_mismatch (not such an object), invalid_file, invalid_parameters (a media type that is none).
Result<ComposedBody> related_body(const Json& body);

/// The bytes. Error: what `bytes_of` gives for a piece.
using PieceBytes = std::function<Result<SharedBytes>(OutgoingContent content)>;
Result<std::string> join(ComposedBody body, const PieceBytes& bytes_of);

/// True for `type/subtype` in the characters that both may have.
bool is_media_type(std::string_view text);

}  // namespace millrace
