#include "http/outbound/response_head.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/header_text.h"

#include <charconv>

namespace millrace {

bool ResponseHead::take_line(std::string_view line) {
  too_large_ = too_large_ || line.size() > bytes_left_;
  if (too_large_) return false;
  bytes_left_ -= line.size();
  const bool starts_head = status_ == 0 || (complete_ && status_ < 200);
  if (starts_head) {
    take_status(line);
  } else if (!complete_) {
    take_header(line);
  }
  return true;
}

void ResponseHead::take_status(std::string_view line) {
  if (!line.starts_with("HTTP/")) return;
  headers_.clear();
  complete_ = false;
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view rest = trimmed(line.substr(space), white_space);
  std::from_chars(rest.data(), rest.data() + rest.size(), status_);
}

void ResponseHead::take_header(std::string_view line) {
  if (trimmed(line, white_space).empty()) {
    complete_ = true;
    return;
  }
  // A line that starts with a space continues the one before it (RFC 9112, 5.2).
  if ((line.front() == ' ' || line.front() == '\t') && !headers_.empty()) {
    headers_.back().value += " " + utf8_of_header(trimmed(line, white_space));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_header_name(line.substr(0, colon))) return;
  headers_.push_back({lower_case(line.substr(0, colon)),
                      utf8_of_header(trimmed(line.substr(colon + 1), white_space))});
}

const std::string* ResponseHead::header(std::string_view lower_name) const {
  for (const HttpHeader& each : headers_) {
    if (each.name == lower_name) return &each.value;
  }
  return nullptr;
}

}  // namespace millrace
