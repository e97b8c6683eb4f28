#pragma once
// Reads HTTP/1.1 answers off one keep-alive connection: bytes in, whole answers out. As little HTTP
// as the two servers under test speak (a status line, Content-Length, Connection), because the load
// generator shares its two cores with them. An answer without Content-Length, or a chunked one, is
// an error and not misread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::bench {

/// The views end with the next call of `next` or `free_space`.
struct HttpAnswer {
  int status = 0;
  std::string_view body;
  bool closes = false;  // the server ends the connection behind this answer
};

class AnswerReader {
 public:
  static constexpr std::size_t answer_bytes_max = 16u << 20;

  /// Room to read at least `bytes_min` bytes into; say how many came with `added`.
  char* free_space(std::size_t bytes_min);
  void added(std::size_t bytes) { end_ += bytes; }

  enum class State : std::uint8_t {
    incomplete,  // more bytes are needed
    complete,    // `answer` was filled in
    broken,      // these bytes are no answer; nothing further can be read
  };
  State next(HttpAnswer& answer);

 private:
  State read_head(std::string_view head, HttpAnswer& answer);

  std::string buffer_;
  std::size_t begin_ = 0;  // of the unread bytes
  std::size_t end_ = 0;
  std::size_t body_bytes_ = 0;
};

}  // namespace millrace::bench
