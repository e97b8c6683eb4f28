// HTTP/2, against a server that is not ours (tests/support/http2_peer.js).

#include "certificate.h"
#include "outbound_fixture.h"
#include "tests/support/child_process.h"
#include "tests/support/poll_until.h"

#include <future>
#include <memory>
#include <vector>

namespace millrace::tests {
namespace {

class Http2Peer {
 public:
  Http2Peer()
      : certificate_("IP:127.0.0.1"),
        output_(directory_.path() + "/output"),
        process_(
            {{MILLRACE_NODE, MILLRACE_HTTP2_PEER, certificate_.key_file(), certificate_.file()},
             output_,
             directory_.path() + "/errors"}) {
    const bool is_ready = poll_until([this] { return read_file(output_).ends_with('\n'); });
    INFO(read_file(directory_.path() + "/errors"));
    REQUIRE(is_ready);
    port_ = std::to_string(std::stoi(read_file(output_)));
  }

  std::string url(const std::string& path) const { return "https://127.0.0.1:" + port_ + path; }
  const Certificate& certificate() const { return certificate_; }

 private:
  const TemporaryDirectory directory_;
  const Certificate certificate_;
  const std::string output_;
  ChildProcess process_;
  std::string port_;
};

/// A peer, and a caller that trusts it.
struct Http2 {
  Http2() : caller(make_caller(trusting(peer.certificate()))) {}

  HttpOutcome get(const std::string& path) { return send(*caller, request_to(peer.url(path))); }

  Http2Peer peer;
  const std::unique_ptr<CurlHttpCaller> caller;
};

/// Many calls at once are answered over the first connection.
void check_shared_by_many(Http2& http2) {
  constexpr int count = 30;
  std::vector<std::future<HttpOutcome>> answers;
  for (int i = 0; i < count; ++i) {
    auto answered = std::make_shared<std::promise<HttpOutcome>>();
    answers.push_back(answered->get_future());
    http2.caller->call(
        request_to(http2.peer.url("/together?" + std::to_string(count))),
        [answered](HttpOutcome outcome) { answered->set_value(std::move(outcome)); });
  }
  for (auto& each : answers) {
    const auto outcome = each.get();
    REQUIRE(code_of(outcome) == "status 200");
    CHECK(*outcome->body == "2.0 1");
  }
}

}  // namespace

TEST_CASE("calls to a server that speaks HTTP/2 share one connection", "[outbound]") {
  Http2 http2;
  const auto first = http2.get("/");
  REQUIRE(code_of(first) == "status 200");
  CHECK(*first->body == "2.0 1");

  check_shared_by_many(http2);
}

TEST_CASE("a burst of first calls waits for one HTTP/2 connection and shares it", "[outbound]") {
  Http2 http2;
  check_shared_by_many(http2);
}

TEST_CASE("an HTTP/2 stream that is reset, refused or dropped is answered, and calls go on",
          "[outbound]") {
  Http2 http2;
  for (const char* const path : {"/reset", "/refuse", "/drop"}) {
    INFO(path);
    const auto outcome = http2.get(path);
    INFO(outcome.error().message);
    CHECK(outcome.error().code == ErrorCode::connection_failed);
    CHECK(code_of(http2.get("/")) == "status 200");
  }
  CHECK(code_of(http2.get("/cut")) == "bad_response");
  CHECK(code_of(http2.get("/")) == "status 200");
}

TEST_CASE("an HTTP/2 stream that was refused before it was looked at is tried again",
          "[outbound]") {
  Http2 http2;
  const auto outcome = http2.get("/refuse-once");
  REQUIRE(code_of(outcome) == "status 200");
  CHECK(outcome->body->starts_with("2.0 "));
}

TEST_CASE(
    "a call that a going connection has not looked at fails at once, the next takes a new one",
    "[outbound]") {
  Http2 http2;
  CHECK(code_of(http2.get("/")) == "status 200");
  CHECK(code_of(http2.get("/go-away")) == "connection_failed");
  const auto outcome = http2.get("/");
  REQUIRE(code_of(outcome) == "status 200");
  CHECK(*outcome->body == "2.0 2");
}

TEST_CASE("a call after the last one that a connection takes goes over a new one", "[outbound]") {
  Http2 http2;
  for (int i = 0; i < 5; ++i) CHECK(code_of(http2.get("/last")) == "status 200");
}

}  // namespace millrace::tests
