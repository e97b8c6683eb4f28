#pragma once
// Rendered values -> the request on the wire. Pure; the bytes of files come last, because they have to
// be read from the disk first:
//
//   RequestValues ──outgoing_request──► OutgoingRequest ──read files()──► send_with ──► HttpRequest

#include "runtime/base/result.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/requests/composed_body.h"
#include "runtime/requests/render_request.h"

#include <string>
#include <variant>
#include <vector>

namespace millrace {

struct OutgoingPart {
  std::string name;
  std::string file_name;
  std::string type;
  OutgoingContent content;
};

struct OutgoingRequest {
  HttpRequest http;  // all but its body
  std::variant<std::monostate, OutgoingContent, std::vector<OutgoingPart>, ComposedBody> body;
  bool is_body_hex = false;  // a text body that stands for bytes (X-Paragon-Encoding: hex)
};

/// Errors: invalid_url, type_mismatch (what is not text where text is needed), invalid_parameters (a
/// header that cannot be one; a file's bytes outside of the body), invalid_file (a file object in the
/// body whose `data` is not hex). Messages name the field, not its value.
Result<OutgoingRequest> outgoing_request(const RequestValues& values);

/// About how long the body will be: for the history, before files are read.
std::uint64_t body_bytes_of(const OutgoingRequest& request);
/// The files whose bytes `send_with` will ask for.
std::vector<FileHandle> files_of(const OutgoingRequest& request);
/// Error invalid_file: a file that this run does not have, or a hex body that is not hex.
Result<HttpRequest> send_with(OutgoingRequest request, const FileBytes& bytes);

}  // namespace millrace
