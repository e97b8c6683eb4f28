// Certificates are checked: a peer with one made on the spot is refused until it is trusted.

#include "certificate.h"
#include "outbound_fixture.h"

#include <condition_variable>
#include <mutex>
#include <vector>

namespace millrace::tests {
namespace {

MisbehavingPeer::Script saying_ok() {
  return MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); });
}

}  // namespace

TEST_CASE("a certificate that nobody trusts ends the connection", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  MisbehavingPeer peer(saying_ok(), certificate.context());
  const auto caller = make_caller();
  const auto outcome = send(*caller, request_to(peer.url("/?secret")));
  REQUIRE(code_of(outcome) == "tls_failed");
  CHECK_THAT(outcome.error().message, Catch::Contains("self-signed certificate"));
  CHECK(outcome.error().message.find("secret") == std::string::npos);
}

TEST_CASE("a certificate that the operator trusts is accepted", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  MisbehavingPeer peer(saying_ok(), certificate.context());
  const auto caller = make_caller(trusting(certificate));
  for (int i = 0; i < 3; ++i) CHECK(code_of(send(*caller, request_to(peer.url()))) == "status 200");
  CHECK(peer.connections() == 1);
}

TEST_CASE("a trusted certificate of another host is refused", "[outbound]") {
  const Certificate certificate("DNS:peer.example");
  MisbehavingPeer peer(saying_ok(), certificate.context());
  const std::string port = std::to_string(peer.port());
  auto options = trusting(certificate);
  options.resolve = {"peer.example:" + port + ":127.0.0.1", "other.example:" + port + ":127.0.0.1"};
  const auto caller = make_caller(options);
  CHECK(code_of(send(*caller, request_to("https://peer.example:" + port + "/"))) == "status 200");
  CHECK(code_of(send(*caller, request_to("https://other.example:" + port + "/"))) == "tls_failed");
  CHECK(code_of(send(*caller, request_to(peer.url()))) == "tls_failed");
}

TEST_CASE("a peer that speaks no TLS fails as TLS", "[outbound]") {
  MisbehavingPeer peer([](PeerConnection& connection) { connection.send("hello\r\n\r\n"); });
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, request_to("https://127.0.0.1:" + std::to_string(peer.port())))) ==
        "tls_failed");
}

TEST_CASE("a redirect from https to http is not followed", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  MisbehavingPeer plain(saying_ok());
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        connection.answer(302, "", "Location: " + plain.url() + "\r\n");
      }),
      certificate.context());
  const auto caller = make_caller(trusting(certificate));
  const auto outcome = send(*caller, request_to(peer.url()));
  REQUIRE(code_of(outcome) == "bad_response");
  CHECK_THAT(outcome.error().message, Catch::Contains("from https to http"));
  CHECK(plain.connections() == 0);
}

TEST_CASE("a burst of https calls to a server without HTTP/2 runs in parallel", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  constexpr std::size_t count = 30;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t arrived = 0;
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        std::unique_lock lock(mutex);
        ++arrived;
        changed.notify_all();
        changed.wait(lock, [&] { return arrived >= count; });
        lock.unlock();
        connection.answer(200, "ok");
      }),
      certificate.context());
  const auto caller = make_caller(trusting(certificate));
  std::vector<std::future<HttpOutcome>> answers;
  for (std::size_t i = 0; i < count; ++i) {
    auto answered = std::make_shared<std::promise<HttpOutcome>>();
    answers.push_back(answered->get_future());
    caller->call(request_to(peer.url()),
                 [answered](HttpOutcome outcome) { answered->set_value(std::move(outcome)); });
  }
  for (auto& each : answers) CHECK(code_of(each.get()) == "status 200");
}

}  // namespace millrace::tests
