#pragma once
// What cpp-httplib reads a request from and writes a response to. We stand on both sides of it:
//
//   socket ──► BufferedSocket ──► parse_request_head, read_request_body      (strict, bounded)
//                                       │ a canonical head, made by us
//                                       ▼
//   socket ◄── one write ◄── ConnectionStream ◄── httplib::Server::process_request
//
// httplib 0.11 reads heads leniently (it percent-decodes header values and skips bad lines), runs
// std::regex over what clients send, which recurses once per character, has no bound on
// decompressed or chunked bodies, and waits for the end of the connection when a POST has no
// length. So it never sees a client's bytes: it is handed a head of our own making, and http_server
// gives it the parsed request in its place. What it does for us is the response: status line,
// headers, HEAD, body.
//
// The response is gathered and leaves in one write: header and body in one segment. Of a streamed body
// (streamed_body.h) each piece leaves before the next is waited for: whoever makes it asks `is_writable` first.

#include <httplib.h>

#include <functional>
#include <string>

namespace millrace {

class ConnectionStream final : public httplib::Stream {
 public:
  /// Sends gathered bytes; false when the client is gone or too slow.
  using Send = std::function<bool(std::string_view)>;

  ConnectionStream(std::string canonical_head, Send send);

  /// Sends what is gathered. Call once after process_request.
  bool flush() const;

  // httplib::Stream
  bool is_readable() const override { return read_ < head_.size(); }
  bool is_writable() const override { return flush(); }
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  /// Not the real one: httplib refuses descriptors of 1024 and more, which select(2) cannot hold.
  socket_t socket() const override { return 0; }

 private:
  const std::string head_;
  std::size_t read_ = 0;
  Send send_;
  // Sent by `is_writable`, which httplib has as const.
  mutable std::string gathered_;
  mutable bool failed_ = false;
};

}  // namespace millrace
