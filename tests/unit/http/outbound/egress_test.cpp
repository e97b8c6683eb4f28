// The guard where it matters: at the connection.

#include "outbound_fixture.h"

namespace millrace::tests {

TEST_CASE("an address that is not open is not connected to, however it is named", "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); }));
  const auto caller = make_caller(OutboundOptions{});
  const std::string port = std::to_string(peer.port());
  for (const std::string host : {"127.0.0.1", "localhost", "0x7f.1", "2130706433", "0177.0.0.1",
                                 "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]", "127.1"}) {
    INFO(host);
    CHECK(code_of(send(*caller, request_to("http://" + host + ":" + port + "/?secret"))) ==
          "blocked_address");
  }
  const auto outcome = send(*caller, request_to(peer.url("/?secret")));
  CHECK_THAT(outcome.error().message, Catch::Contains("127.0.0.1:" + port) &&
                                          Catch::Contains("a loopback address") &&
                                          Catch::Contains("--egress-allow 127.0.0.1/32"));
  CHECK(outcome.error().message.find("secret") == std::string::npos);
  CHECK(peer.connections() == 0);
}

TEST_CASE("a name is judged by the addresses that it leads to", "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); }));
  const std::string port = std::to_string(peer.port());
  auto options = open_for_loopback();
  options.resolve = {"mixed.example:" + port + ":10.0.0.1,169.254.169.254,127.0.0.1",
                     "blocked.example:" + port + ":10.0.0.1,[::1]"};
  const auto caller = make_caller(options);
  CHECK(code_of(send(*caller, request_to("http://mixed.example:" + port + "/"))) == "status 200");
  const auto blocked = send(*caller, request_to("http://blocked.example:" + port + "/"));
  REQUIRE(code_of(blocked) == "blocked_address");
  CHECK_THAT(blocked.error().message, Catch::Contains("blocked.example"));
  for (const char* const told : {"10.0", "::1", "private", "loopback"}) {
    CHECK_THAT(blocked.error().message, !Catch::Contains(told));
  }
}

TEST_CASE("the environment's proxies are not asked", "[outbound]") {
  for (const char* const name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, "http://127.0.0.1:1", 1);
  }
  CHECK(code_of(get_from(saying("HTTP/1.1 204 No\r\n\r\n"))) == "status 204");
  for (const char* const name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
}

TEST_CASE("a proxy is reached wherever it is, but literal targets stay guarded", "[outbound]") {
  MisbehavingPeer proxy(
      MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
        connection.answer(200, request.target);
      }));
  OutboundOptions options;
  options.proxy = proxy.url("");
  options.no_proxy = {".direct.example"};
  options.resolve = {"a.direct.example:80:127.0.0.1"};
  const auto caller = make_caller(options);
  const auto through = send(*caller, request_to("http://somewhere.example/x"));
  REQUIRE(code_of(through) == "status 200");
  CHECK(*through->body == "http://somewhere.example/x");
  for (const char* const url : {"http://127.0.0.1/", "http://10.0.0.1/", "http://localhost/",
                                "http://a.localhost/", "http://0x7f.1/", "http://[::1]/"}) {
    INFO(url);
    CHECK(code_of(send(*caller, request_to(url))) == "blocked_address");
  }
  // Without the proxy the guard sees the address again.
  CHECK(code_of(send(*caller, request_to("http://a.direct.example/"))) == "blocked_address");
}

TEST_CASE("options that cannot be used are refused with the reason", "[outbound]") {
  const auto refused = [](OutboundOptions options) {
    const auto made = CurlHttpCaller::make(std::move(options), [](LogLevel, const std::string&) {});
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == ErrorCode::invalid_parameters);
    return made.error().message;
  };
  OutboundOptions proxy;
  proxy.proxy = "proxy.example:3128";
  CHECK_THAT(refused(proxy), Catch::Contains("http://host:port"));
  OutboundOptions missing;
  missing.extra_ca_file = "/no/such/file.pem";
  CHECK_THAT(refused(missing), Catch::Contains("cannot be read"));
  OutboundOptions empty;
  empty.extra_ca_file = "/dev/null";
  CHECK_THAT(refused(empty), Catch::Contains("no certificate"));
}

}  // namespace millrace::tests
