#include "http/wire/http_server.h"

#include "http/wire/buffered_socket.h"
#include "http/wire/connection_stream.h"
#include "http/wire/error_response.h"
#include "runtime/text/ascii_text.h"

#include <spdlog/spdlog.h>

#include <unistd.h>

namespace millrace {
namespace {

using Steady = std::chrono::steady_clock;

/// How long we read on after a refusal, so that the client gets to see it.
constexpr std::chrono::seconds linger_time{2};

/// All that httplib needs to know of a request to write its answer.
std::string canonical_head(const RequestHead& head) { return head.method + " / HTTP/1.1\r\n\r\n"; }

/// Puts the request as we read it in the place of the canonical one.
void put_request(httplib::Request& to, const RequestHead& head, std::string body) {
  to.target = head.target;
  to.path = head.target.substr(0, head.target.find('?'));
  to.headers.clear();
  for (const auto& [name, value] : head.headers) {
    // httplib would pack the answer, and say "100 Continue" once more.
    if (equal_but_for_case(name, "accept-encoding") || equal_but_for_case(name, "expect")) continue;
    to.headers.emplace(name, value);
  }
  to.body = std::move(body);
}

httplib::Request without_body(const RequestHead& head) {
  httplib::Request request;
  request.method = head.method;
  put_request(request, head, {});
  return request;
}

}  // namespace

HttpServer::HttpServer(HttpServerOptions options, Handle handle, Refuse refuse,
                       MayPagesRead may_pages_read)
    : options_(options),
      handle_(std::move(handle)),
      refuse_(std::move(refuse)),
      may_pages_read_(std::move(may_pages_read)),
      threads_(options.threads) {
  // Before httplib routes by regular expressions: our routes are a table (http/api/routes.cpp).
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    try {
      handle_(request, response);
    } catch (...) {
      write_current_exception(response, request.method + " " + request.path);
    }
    // httplib would say "bytes" of its own accord.
    if (request.method == "HEAD" && !response.has_header("Accept-Ranges")) {
      response.set_header("Accept-Ranges", "");
    }
    return HandlerResponse::Handled;
  });
  set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    const bool is_head = request.method == "HEAD";
    if (is_head && response.get_header_value("Accept-Ranges").empty()) {
      response.headers.erase("Accept-Ranges");
    }
    // Neither has a body, and a 304's length would be that of the body that it does not have (RFC 9110, 8.6).
    const bool is_zero = response.get_header_value("Content-Length") == "0";
    if (response.status == 204 || (response.status == 304 && is_zero)) {
      response.headers.erase("Content-Length");
    }
  });
  // It writes streamed bodies only while its own listener, which is not used, has a descriptor.
  svr_sock_ = 0;
  set_keep_alive_max_count(options.requests_per_connection_max);
  set_keep_alive_timeout(
      std::chrono::duration_cast<std::chrono::seconds>(options.limits.idle).count());
}

HttpServer::~HttpServer() { drain(std::chrono::milliseconds(0)); }

Outcome HttpServer::start(const ListenAddress& address) {
  auto opened = listener_.open(address);
  if (!opened) return opened;
  accepting_ = std::thread([this] { accept_connections(); });
  return Done{};
}

void HttpServer::wait_until_there_is_room() {
  using namespace std::chrono_literals;
  if (threads_.wait_for_room(0ms)) return;
  ++delayed_;
  // Full. A silent kept-alive connection is worth less than one that wants something.
  do {
    connections_.end_longest_idle();
  } while (!threads_.wait_for_room(10ms) && !draining_);
}

void HttpServer::accept_connections() {
  // In this order: room is made only when somebody waits for it.
  while (listener_.wait_for_connection()) {
    wait_until_there_is_room();
    const auto descriptor = listener_.accept();
    if (!descriptor) continue;
    ++accepted_;
    if (!threads_.run([this, accepted = *descriptor] { serve(accepted); })) {
      ++refused_;
      ::close(*descriptor);
      if (!draining_) spdlog::warn("closed a connection: the system refuses another thread");
    }
  }
}

void HttpServer::serve(int descriptor) {
  Connection& connection = connections_.add(descriptor);
  try {
    BufferedSocket socket(descriptor, options_.limits.idle);
    const std::size_t count = options_.requests_per_connection_max;
    for (std::size_t i = 1; i <= count && !draining_; ++i) {
      if (!serve_request(connection, socket, i == count)) break;
    }
  } catch (const std::exception& exception) {
    // Out of memory while reading, at worst: this connection ends, the others go on.
    spdlog::error("a connection failed: {}", exception.what());
  }
  connections_.remove(connection);
}

bool HttpServer::serve_request(Connection& connection, BufferedSocket& socket, bool is_last) {
  RequestReader reader(socket, options_.limits);
  if (!reader.wait_for_request() || !connection.begin_request()) return false;

  auto head = reader.read_head();
  if (const auto* error = std::get_if<WireError>(&head)) refuse(connection, socket, *error);
  if (!std::holds_alternative<RequestHead>(head)) return false;
  const auto& request_head = std::get<RequestHead>(head);

  if (reader.would_wait_for_body(request_head)) {
    if (const auto error = refusal_of(request_head)) {
      refuse(connection, socket, *error);
      return false;
    }
  }
  auto body = reader.read_body(request_head);
  if (auto* const error = std::get_if<WireError>(&body)) {
    refuse(connection, socket, about(request_head, std::move(*error)));
  }
  if (!std::holds_alternative<std::string>(body)) return false;

  ++requests_;
  return answer(connection, socket, request_head, std::get<std::string>(std::move(body)), is_last);
}

WireError HttpServer::about(const RequestHead& head, WireError error) {
  error.may_pages_read = may_pages_read_ && may_pages_read_(without_body(head));
  return error;
}

std::optional<WireError> HttpServer::refusal_of(const RequestHead& head) {
  if (!refuse_) return std::nullopt;
  const auto refusal = refuse_(without_body(head));
  if (!refusal) return std::nullopt;
  const Error& why = refusal->why;
  return WireError{http_status(why.code), wire_name(public_code(why.code)), why.message,
                   refusal->may_pages_read};
}

bool HttpServer::answer(Connection& connection, BufferedSocket& socket, const RequestHead& head,
                        std::string body, bool is_last) {
  bool has_begun = false;
  ConnectionStream stream(canonical_head(head), [&](std::string_view bytes) {
    // From here on the answer is this thread's; if a drain has sent 503 instead, it is dropped.
    if (!has_begun && !connection.begin_answer()) return false;
    has_begun = true;
    return socket.write(bytes, options_.limits.transfer_deadline(bytes.size())) ==
           BufferedSocket::Outcome::ready;
  });
  // httplib decides on "Connection: close" before the handler runs, so a drain that begins
  // meanwhile is not announced; the connection is then simply closed after the answer.
  const bool close = is_last || draining_ || !head.keep_alive;
  bool closed_by_head = false;
  const bool written =
      process_request(stream, close, closed_by_head, [&](httplib::Request& request) {
        put_request(request, head, std::move(body));
        request.progress = [&socket](std::uint64_t, std::uint64_t) { return socket.has_peer(); };
      });
  if (!stream.flush() || !written || close) return false;
  connection.become_idle();
  return true;
}

void HttpServer::refuse(Connection& connection, BufferedSocket& socket, const WireError& error) {
  ++wire_refusals_;
  if (!connection.begin_answer()) return;
  const Deadline deadline = Steady::now() + linger_time;
  if (socket.write(raw_response(error), deadline) == BufferedSocket::Outcome::ready) {
    socket.linger(deadline);
  }
}

HttpServer::Drained HttpServer::drain(std::chrono::milliseconds patience) {
  const auto deadline = Steady::now() + patience;
  draining_ = true;
  listener_.close();
  if (accepting_.joinable()) accepting_.join();
  connections_.end_all_idle();
  if (threads_.stop(deadline)) return Drained::all_answered;

  const std::size_t abandoned = connections_.abandon_requests(raw_response(
      {503, "shutting_down",
       "the server is shutting down; a run that was accepted goes on after the restart"}));
  if (abandoned > 0) spdlog::warn("answered {} waiting requests with 503", abandoned);
  // Those that were just being answered need a moment only.
  const auto last = Steady::now() + std::chrono::milliseconds(500);
  return threads_.stop(last) ? Drained::all_answered : Drained::some_waiting;
}

HttpServerStats HttpServer::stats() const {
  HttpServerStats stats;
  stats.connections_accepted = accepted_;
  stats.connections_refused = refused_;
  stats.accepts_delayed = delayed_;
  stats.requests = requests_;
  stats.refused_on_the_wire = wire_refusals_;
  stats.connections_open = connections_.size();
  stats.threads = threads_.threads();
  return stats;
}

}  // namespace millrace
