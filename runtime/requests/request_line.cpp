#include "runtime/requests/request_line.h"

#include "runtime/files/file_value.h"
#include "runtime/text/header_text.h"
#include "runtime/text/percent_text.h"

namespace millrace {

Outcome refuse_files(std::string_view field, std::string_view text) {
  if (!holds_file(text)) return Done{};
  return Error(ErrorCode::type_mismatch,
               std::string(field) + " would hold the bytes of a file, which only \"body\" can");
}

Outcome check_header_name(std::string_view name) {
  if (is_header_name(name)) return Done{};
  return Error(ErrorCode::invalid_parameters,
               "header \"" + std::string(name) + "\" has a name that no header may have");
}

Outcome check_header_value(std::string_view name, std::string_view value) {
  if (is_header_value(value)) return Done{};
  return Error(
      ErrorCode::invalid_parameters,
      "header \"" + std::string(name) + "\" has a line break or a control character in its value");
}

std::string query_param(std::string_view name, std::string_view value) {
  return percent_encode_text(name) + '=' + percent_encode_text(value);
}

void add_query(std::string& url, std::string_view params) {
  if (params.empty()) return;
  if (url.find('?') == std::string::npos) {
    url += '?';
  } else if (!url.ends_with('?') && !url.ends_with('&')) {
    url += '&';
  }
  url += params;
}

}  // namespace millrace
