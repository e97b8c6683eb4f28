#include "bench/load_generator.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <time.h>

namespace millrace::bench {
namespace {

constexpr std::size_t read_bytes_min = 4u << 10;
constexpr std::size_t first_wrong_bytes_max = 300;

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

timespec until(std::chrono::steady_clock::time_point time) {
  const auto left = std::max(std::chrono::nanoseconds(0),
                             std::chrono::nanoseconds(time - std::chrono::steady_clock::now()));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

/// A connected socket, or a closed descriptor. Connecting blocks, which on loopback takes no time;
/// everything after it does not.
Descriptor connect_to(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    socket.close();
    return socket;
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

}  // namespace

LoadGenerator::LoadGenerator(LoadTarget target)
    : target_(std::move(target)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(target_.connections) {
  CHECK(poll_.is_open(), "no epoll descriptor");
  CHECK(!target_.requests.empty() && target_.connections > 0, "nothing to send");
}

Outcome LoadGenerator::connect() {
  std::size_t open_connections = 0;
  for (auto& connection : connections_) {
    if (connection.socket.is_open() || open(connection)) ++open_connections;
  }
  if (open_connections > 0) return Done{};
  return Error(ErrorCode::overloaded, "no connection to the server could be opened");
}

bool LoadGenerator::open(Connection& connection) {
  // httplib listens with a backlog of five. Connections that overflow it cost a second each, and
  // the accepting thread of a busy server may need a moment.
  std::this_thread::sleep_for(std::chrono::microseconds(500));
  connection.socket = connect_to(target_.port);
  connection.reader = AnswerReader();
  if (!connection.socket.is_open()) return false;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &connection;
  return ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, connection.socket.get(), &event) == 0;
}

LoadResult LoadGenerator::run(const LoadBounds& bounds) {
  bounds_ = bounds;
  result_ = LoadResult();
  sent_ = 0;
  due_ = 0;
  outstanding_ = 0;
  const double cpu_begin = thread_cpu_seconds();
  const auto begin = Steady::now();
  send_end_ = begin + bounds.duration;
  const auto give_up = send_end_ + bounds.patience;
  auto last_answer = begin;

  const bool is_paced = bounds.interval.count() > 0;
  for (auto& connection : connections_) {
    connection.overdue.clear();
    if (!is_paced && connection.socket.is_open() && may_send()) start(connection, Steady::now());
  }
  std::array<epoll_event, 256> events{};
  while ((outstanding_ > 0 || (is_paced && may_send())) && Steady::now() < give_up) {
    const auto look_again =
        is_paced ? start_due(begin) : Steady::now() + std::chrono::milliseconds(100);
    const timespec pause = until(look_again);
    const int ready = ::epoll_pwait2(poll_.get(), events.data(), static_cast<int>(events.size()),
                                     &pause, nullptr);
    for (int i = 0; i < ready; ++i) {
      receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    if (ready > 0) last_answer = Steady::now();
  }

  for (auto& connection : connections_) {
    if (!connection.is_waiting) continue;
    result_.unanswered += 1 + connection.overdue.size();
    connection.is_waiting = false;
    connection.socket.close();  // its late answer must not be taken for the next run's first
  }
  result_.seconds = std::chrono::duration<double>(last_answer - begin).count();
  result_.cpu_seconds = thread_cpu_seconds() - cpu_begin;
  return std::move(result_);
}

LoadGenerator::Steady::time_point LoadGenerator::start_due(Steady::time_point begin) {
  const auto between = std::chrono::nanoseconds(bounds_.interval) / connections_.size();
  while (may_send()) {
    const auto due = begin + between * static_cast<std::int64_t>(due_);
    const auto now = Steady::now();
    if (due > now) return std::min<Steady::time_point>(due, send_end_);
    Connection& connection = connections_[due_++ % connections_.size()];
    if (connection.is_waiting) {
      connection.overdue.push_back(due);
    } else if (connection.socket.is_open() || open(connection)) {
      start(connection, now);
    } else {
      ++result_.broken;
    }
  }
  return Steady::now() + std::chrono::milliseconds(100);
}

void LoadGenerator::start(Connection& connection, Steady::time_point since) {
  const std::string& request = target_.requests[next_request_];
  if (++next_request_ == target_.requests.size()) next_request_ = 0;
  connection.sent = since;
  connection.is_waiting = true;
  ++sent_;
  ++outstanding_;
  // A request is a few kilobytes at most and the socket's buffer is empty: a short write means that
  // the connection is gone.
  const ssize_t written =
      ::send(connection.socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (written != static_cast<ssize_t>(request.size())) lose(connection);
}

void LoadGenerator::receive(Connection& connection) {
  if (!connection.socket.is_open()) return;
  char* space = connection.reader.free_space(read_bytes_min);
  const ssize_t received = ::recv(connection.socket.get(), space, read_bytes_min, MSG_DONTWAIT);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received <= 0) return lose(connection);
  connection.reader.added(static_cast<std::size_t>(received));
  HttpAnswer answer;
  switch (connection.reader.next(answer)) {
    case AnswerReader::State::incomplete:
      return;
    case AnswerReader::State::broken:
      return lose(connection);
    case AnswerReader::State::complete:
      break;
  }
  if (!connection.is_waiting) return lose(connection);  // an answer that nobody asked for
  finish(connection, answer);
}

void LoadGenerator::finish(Connection& connection, const HttpAnswer& answer) {
  const auto latency = Steady::now() - connection.sent;
  connection.is_waiting = false;
  --outstanding_;
  ++result_.answers;
  ++result_.statuses[answer.status];
  if (!target_.is_right || target_.is_right(answer)) {
    result_.latencies.record(latency);
  } else if (++result_.wrong == 1) {
    result_.first_wrong = std::to_string(answer.status) + " " +
                          std::string(answer.body.substr(0, first_wrong_bytes_max));
  }
  if (answer.closes) {
    connection.socket.close();
    if (!open(connection)) {
      ++result_.broken;
      return;
    }
  }
  if (bounds_.interval.count() == 0) {
    if (may_send()) start(connection, Steady::now());
  } else if (!connection.overdue.empty() && sent_ < bounds_.requests_max) {
    const auto since = connection.overdue.front();
    connection.overdue.pop_front();
    start(connection, since);
  }
}

void LoadGenerator::lose(Connection& connection) {
  connection.socket.close();
  if (!connection.is_waiting) return;  // idle connections may end
  connection.is_waiting = false;
  --outstanding_;
  ++result_.broken;
}

}  // namespace millrace::bench
