// Names whose resolution takes long. libcurl resolves with the C library's getaddrinfo, on a thread of
// its own; the one below stands in its place for this whole executable and holds one name back.

#include "outbound_fixture.h"

#include <condition_variable>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <netdb.h>
#include <string_view>

namespace millrace::tests {
namespace {

class HeldName {
 public:
  void resolve() {
    std::unique_lock lock(mutex_);
    is_asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_released_; });
    is_done_ = true;
    changed_.notify_all();
  }
  void wait_until_asked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_asked_; });
  }
  bool is_done() {
    const std::lock_guard lock(mutex_);
    return is_done_;
  }
  /// Returns when the resolution has ended.
  void release() {
    std::unique_lock lock(mutex_);
    is_released_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_done_; });
    is_asked_ = is_released_ = is_done_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_asked_ = false;
  bool is_released_ = false;
  bool is_done_ = false;
};

HeldName& held_name() {
  static auto& held = *new HeldName;  // outlives the resolving threads
  return held;
}

}  // namespace
}  // namespace millrace::tests

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) noexcept(false) {
  if (name != nullptr && std::string_view(name) == "held.example") {
    millrace::tests::held_name().resolve();
    return EAI_NONAME;
  }
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, found);
}

namespace millrace::tests {

TEST_CASE("a call ends at its deadline though its name is still being resolved", "[outbound]") {
  const auto caller = make_caller();
  auto request = request_to("http://held.example/");
  request.timeout = Millis(20);
  CHECK(code_of(send(*caller, std::move(request))) == "step_timeout");
  held_name().wait_until_asked();
  CHECK_FALSE(held_name().is_done());
  held_name().release();
}

TEST_CASE("a cancelled call and the others do not wait for its name", "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); }));
  const auto caller = make_caller();
  std::promise<HttpOutcome> answered;
  const auto id = caller->call(request_to("http://held.example/"), [&](HttpOutcome outcome) {
    answered.set_value(std::move(outcome));
  });
  held_name().wait_until_asked();
  CHECK(code_of(send(*caller, request_to(peer.url()))) == "status 200");
  caller->cancel(id);
  CHECK(code_of(answered.get_future().get()) == "cancelled");
  CHECK(code_of(send(*caller, request_to(peer.url()))) == "status 200");
  caller->stop();
  CHECK_FALSE(held_name().is_done());
  held_name().release();
}

}  // namespace millrace::tests
