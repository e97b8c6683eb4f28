#pragma once
// The head of a response, taken line by line as it arrives. Keeps the final head only: informational
// ones (1xx) before it and trailers after it are counted and dropped, so that a peer that sends them
// without end meets the same bound.

#include "runtime/outbound/http_caller.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ResponseHead {
 public:
  explicit ResponseHead(std::size_t bytes_max) : bytes_left_(bytes_max) {}

  /// One line, with its line break. False once the lines have more bytes than allowed.
  bool take_line(std::string_view line);

  /// The status of the latest head; 0 before the first.
  int status() const { return status_; }
  bool is_complete() const { return complete_ && status_ >= 200; }
  bool is_too_large() const { return too_large_; }
  std::vector<HttpHeader>& headers() { return headers_; }
  const std::vector<HttpHeader>& headers() const { return headers_; }
  /// The first header of that (lower-case) name; null if there is none.
  const std::string* header(std::string_view lower_name) const;

 private:
  void take_status(std::string_view line);
  void take_header(std::string_view line);

  std::size_t bytes_left_;
  int status_ = 0;
  bool complete_ = false;
  bool too_large_ = false;
  std::vector<HttpHeader> headers_;
};

}  // namespace millrace
