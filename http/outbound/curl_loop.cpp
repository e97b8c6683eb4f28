#include "http/outbound/curl_loop.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace millrace {

CurlLoop::CurlLoop(long idle_connections_max)
    : multi_(curl_multi_init()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakes_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(multi_ != nullptr && epoll_ >= 0 && wakes_ >= 0, "no descriptors or memory to start with");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, idle_connections_max);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wakes_;
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wakes_, &event) == 0, "epoll refuses an eventfd");
}

CurlLoop::~CurlLoop() {
  curl_multi_cleanup(multi_);
  ::close(wakes_);
  ::close(epoll_);
}

bool CurlLoop::add(CURL* handle) { return curl_multi_add_handle(multi_, handle) == CURLM_OK; }

void CurlLoop::remove(CURL* handle) { curl_multi_remove_handle(multi_, handle); }

void CurlLoop::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake anyway.
  [[maybe_unused]] const auto written = ::write(wakes_, &one, sizeof one);
}

void CurlLoop::drain_wakes() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wakes_, &count, sizeof count);
}

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  static_cast<CurlLoop*>(self)->watch(socket, what, known != nullptr);
  return 0;
}

void CurlLoop::watch(curl_socket_t socket, int what, bool known) {
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return;
  }
  epoll_event event{};
  event.data.fd = socket;
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  // A descriptor closed behind our back takes its registration along: then "known" is out of date.
  if (!known || ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0) {
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0 && errno == EEXIST) {
      ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event);
    }
  }
  if (!known) curl_multi_assign(multi_, socket, this);
}

int CurlLoop::on_timer(CURLM*, long timeout_ms, void* self) {
  auto& due = static_cast<CurlLoop*>(self)->curl_due_;
  if (timeout_ms < 0) {
    due.reset();
  } else {
    due = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

int CurlLoop::wait_ms(std::optional<Time> due) const {
  if (curl_due_ && (!due || *curl_due_ < *due)) due = curl_due_;
  if (!due) return -1;
  // Rounded up: one that wakes up just before its time would spin through that last millisecond.
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void CurlLoop::run_once(std::optional<Time> due, const Finished& finished) {
  std::array<epoll_event, 512> events;
  const int count =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms(due));
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wakes_) {
      drain_wakes();
      continue;
    }
    int what = 0;
    if (event.events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (event.events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (event.events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi_, event.data.fd, what, &running);
  }
  if (curl_due_ && *curl_due_ <= std::chrono::steady_clock::now()) {
    curl_due_.reset();
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // Copied first: removing the handle frees the message.
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, handle);
    finished(handle, code);
  }
}

}  // namespace millrace
