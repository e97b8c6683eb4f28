#include "bench/answer_reader.h"

#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace millrace::bench {
namespace {

std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t line_end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, line_end);
    head.remove_prefix(std::min(line_end + 2, head.size()));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!equal_but_for_case(line.substr(0, name.size()), name)) continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return line;
  }
  return std::nullopt;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

}  // namespace

char* AnswerReader::free_space(std::size_t bytes_min) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + bytes_min) buffer_.resize(end_ + bytes_min);
  return buffer_.data() + end_;
}

AnswerReader::State AnswerReader::next(HttpAnswer& answer) {
  const std::string_view unread(buffer_.data() + begin_, end_ - begin_);
  const std::size_t head_end = unread.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return unread.size() > answer_bytes_max ? State::broken : State::incomplete;
  }
  const State head = read_head(unread.substr(0, head_end), answer);
  if (head != State::complete) return head;
  const std::size_t bytes = head_end + 4 + body_bytes_;
  if (unread.size() < bytes) return State::incomplete;
  answer.body = unread.substr(head_end + 4, body_bytes_);
  begin_ += bytes;
  return State::complete;
}

AnswerReader::State AnswerReader::read_head(std::string_view head, HttpAnswer& answer) {
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!head.starts_with(version) || !read_number(head.substr(version.size(), 3), answer.status)) {
    return State::broken;
  }
  const auto length = header(head, "content-length");
  if (!length || !read_number(*length, body_bytes_) || body_bytes_ > answer_bytes_max) {
    return State::broken;
  }
  answer.closes = header(head, "connection") == "close";
  return State::complete;
}

}  // namespace millrace::bench
