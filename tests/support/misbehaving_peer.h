#pragma once
// Somebody else's HTTP server, as bad as a test wants it: a raw socket on loopback whose script says
// byte by byte what each connection does. With certificates it speaks TLS.

#include <openssl/ssl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace millrace::tests {

struct PeerRequest {
  std::string method;
  std::string target;
  std::string head;  // with the request line
  std::string body;  // by Content-Length

  /// The value of the first header of that (lower-case) name; empty if there is none.
  std::string header(std::string_view lower_name) const;
};

/// One connection, on a thread of its own; it is closed when the script returns.
class PeerConnection {
 public:
  PeerConnection(int descriptor, SSL* tls) : descriptor_(descriptor), tls_(tls) {}

  /// Nothing once the client has closed.
  std::optional<PeerRequest> read_request();
  /// False once the client has closed.
  bool send(std::string_view bytes);
  /// A well-formed response; `headers` are whole lines.
  bool answer(int status, std::string_view body, std::string_view headers = {});
  /// Waits until the client closes.
  void wait_for_close();
  /// Ends the connection now; the client knows of it when this returns.
  void end();
  /// Closing will be a reset instead of an orderly end.
  void reset_on_close();

 private:
  bool read_some();

  const int descriptor_;
  SSL* const tls_;
  std::string unread_;
};

class MisbehavingPeer {
 public:
  using Script = std::function<void(PeerConnection&)>;

  /// Port 0 picks a free one. Throws when it cannot listen there.
  explicit MisbehavingPeer(Script script, SSL_CTX* tls = nullptr, std::uint16_t port = 0);
  /// A peer that behaves: `reply` is called for each request and sends its answer.
  static Script serving(std::function<void(PeerConnection&, const PeerRequest&)> reply);
  ~MisbehavingPeer();
  MisbehavingPeer(const MisbehavingPeer&) = delete;
  MisbehavingPeer& operator=(const MisbehavingPeer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;
  std::size_t connections() const { return connections_; }

 private:
  struct Served {
    int descriptor;
    std::thread thread;
  };

  void accept_all();
  void serve(int descriptor);

  const Script script_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::list<Served> served_;
  std::thread thread_;
};

}  // namespace millrace::tests
