#pragma once
// multipart/form-data (RFC 7578): the body of a form, as text fields and files. Strict and linear in the
// size of the body.

#include "runtime/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct ReceivedPart {
  std::string name;
  std::string content;
  bool is_file = false;  // it has a filename, or a content type that is not text
  std::string file_name;
  std::string content_type;  // as sent; may be empty
};

/// `content_type` is the request's header with its boundary parameter. Errors: invalid_request,
/// limit_exceeded (more than limits::form_parts_max parts).
Result<std::vector<ReceivedPart>> parse_multipart_form(std::string_view content_type,
                                                       std::string_view body);

}  // namespace millrace
