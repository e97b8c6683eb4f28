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

inline constexpr std::size_t form_parts_max = 1'000;

/// `content_type` is the request's header with its boundary parameter. Error invalid_request.
Result<std::vector<ReceivedPart>> parse_multipart_form(std::string_view content_type,
                                                       std::string_view body);

/// The value of one parameter of a header such as `multipart/form-data; boundary="x"`, unquoted;
/// empty when it is absent.
std::string header_parameter(std::string_view header, std::string_view name);

}  // namespace millrace
