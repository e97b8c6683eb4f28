// Which run has the next place of a full project, on the real server, which is killed in the middle.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <condition_variable>
#include <mutex>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Answers nobody until it is opened, and knows in which order it was asked for what.
class SlowPeer {
 public:
  ~SlowPeer() { open(); }

  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::string url(std::string_view path) const { return peer_.url(path); }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request) {
    std::unique_lock lock(mutex_);
    asked_.push_back(request.target);
    opened_.wait(lock, [this] { return is_open_; });
    lock.unlock();
    connection.answer(200, "{}");
  }

  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
  std::vector<std::string> asked_;
  // Last: its threads use what is above.
  MisbehavingPeer peer_{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
        reply(connection, request);
      })};
};

void deploy(const TestProject& project, const SlowPeer& peer, const std::string& id, int priority) {
  project.deploy(id, R"({"name": "w", "trigger": {"type": "request"}, "admission": {"priority": )" +
                         std::to_string(priority) + R"(}, "steps": [)" +
                         request_step("ask", "GET", peer.url("/" + id)) + "]}");
}

std::string reason_of(const TestProject& project, const std::string& run) {
  return project.get(TestProject::execution_path(run) + "/explain").at("/waitingFor/0/detail");
}

}  // namespace

TEST_CASE("the urgent run has the next place of its project, also after the server was killed") {
  SlowPeer peer;
  ServerProcess server(open_server_options());
  const TestProject project(server);
  REQUIRE(call_server(project.port(),
                      {"PUT", project.path("/limits"), admin_key, R"({"concurrentSteps": 1})"})
              .status == 200);
  deploy(project, peer, "low", 1);
  deploy(project, peer, "middle", 5);
  deploy(project, peer, "high", 9);
  const std::string first = project.start("high");
  REQUIRE(poll_until([&] { return peer.asked().size() == 1; }));
  const std::string low = project.start("low");
  const std::string middle = project.start("middle");
  const std::string high = project.start("high");
  CHECK_THAT(reason_of(project, low),
             Catch::Contains("3 wait, 2 of them before this one of priority 1"));
  CHECK_THAT(reason_of(project, high),
             Catch::Contains("3 wait, 0 of them before this one of priority 9"));

  server.kill_now();
  server.start();
  // The one that was at work, or the other urgent one, has the place again.
  REQUIRE(poll_until([&] { return peer.asked().size() == 2; }));
  CHECK(poll_until([&] {
    return reason_of(project, low).find("3 wait, 2 of them before") != std::string::npos;
  }));
  peer.open();
  for (const std::string& run : {first, low, middle, high}) {
    project.wait_for_status(run, "SUCCEEDED");
  }
  CHECK(peer.asked() == std::vector<std::string>{"/high", "/high", "/high", "/middle", "/low"});
}
