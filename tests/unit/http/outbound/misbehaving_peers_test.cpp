// Peers that do everything wrong: each gets the caller's one answer, with the right code.

#include "outbound_fixture.h"

#include <atomic>
#include <zlib.h>

namespace millrace::tests {
namespace {

std::string gzip(const std::string& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string gzip_response(const std::string& packed) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
         std::to_string(packed.size()) + "\r\n\r\n" + packed;
}

HttpOutcome get_with_timeout(MisbehavingPeer::Script script, Millis timeout) {
  MisbehavingPeer peer(std::move(script));
  const auto caller = make_caller();
  auto request = request_to(peer.url("/?secret=1"));
  request.timeout = timeout;
  return send(*caller, std::move(request));
}

}  // namespace

TEST_CASE("a peer that never answers meets the deadline", "[outbound]") {
  const auto outcome = get_with_timeout(
      [](PeerConnection& connection) { connection.wait_for_close(); }, Millis(50));
  REQUIRE(code_of(outcome) == "step_timeout");
  CHECK(outcome.error().message == "the request took longer than 50 ms");
}

TEST_CASE("a peer that drips its response meets the deadline", "[outbound]") {
  const auto outcome = get_with_timeout(
      [](PeerConnection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\n");
        // A byte now and then, so that no timeout between two bytes would ever notice.
        while (connection.send("x")) std::this_thread::yield();
      },
      Millis(50));
  CHECK(code_of(outcome) == "step_timeout");
}

TEST_CASE("a connection that is refused, reset or dropped is a failed connection", "[outbound]") {
  std::string gone;
  {
    MisbehavingPeer peer([](PeerConnection&) {});
    gone = peer.url("/?secret=1");
  }
  const auto caller = make_caller();
  const auto refused = send(*caller, request_to(gone));
  REQUIRE(code_of(refused) == "connection_failed");
  CHECK_THAT(refused.error().message, Catch::Contains("127.0.0.1"));
  CHECK(refused.error().message.find("secret") == std::string::npos);
  CHECK(code_of(get_from([](PeerConnection& connection) { connection.read_request(); })) ==
        "connection_failed");
  CHECK(code_of(get_from([](PeerConnection& connection) {
          connection.read_request();
          connection.reset_on_close();
        })) == "connection_failed");
}

TEST_CASE("a name that does not exist is a failed connection", "[outbound]") {
  const auto caller = make_caller();
  const auto outcome = send(*caller, request_to("http://no-such-host.invalid/?secret=1"));
  REQUIRE(code_of(outcome) == "connection_failed");
  CHECK_THAT(outcome.error().message, Catch::Contains("no-such-host.invalid"));
  CHECK(outcome.error().message.find("secret") == std::string::npos);
}

TEST_CASE("a response that is cut off is no response", "[outbound]") {
  CHECK(code_of(get_from(saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))) ==
        "bad_response");
  CHECK(code_of(get_from(saying(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"))) == "bad_response");
  CHECK(code_of(get_from(saying("HTTP/1.1 200 OK\r\nContent-Le"))) == "bad_response");
  CHECK(code_of(get_from([](PeerConnection& connection) {
          connection.read_request();
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
          connection.reset_on_close();
        })) == "bad_response");
}

TEST_CASE("bytes beyond the Content-Length reach no response, not even the next one", "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 299 Poison\r\n"
                    "Content-Length: 6\r\n\r\npoison");
  }));
  const auto caller = make_caller();
  for (int i = 0; i < 3; ++i) {
    const auto outcome = send(*caller, request_to(peer.url()));
    REQUIRE(code_of(outcome) == "status 200");
    CHECK(*outcome->body == "ok");
  }
  CHECK(peer.connections() == 3);
}

TEST_CASE("what is not HTTP or has broken framing is a bad response", "[outbound]") {
  for (const char* const text :
       {"hello, this is no HTTP\r\n\r\n", "<html>HTTP/0.9</html>", "SSH-2.0-OpenSSH_9\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes",
        "HTTP/1.1 200 OK\r\nContent-Encoding: nonsense\r\nContent-Length: 1\r\n\r\nx"}) {
    INFO(text);
    CHECK(code_of(get_from(saying(text))) == "bad_response");
  }
}

TEST_CASE("a body that never ends is stopped at its cap", "[outbound]") {
  MisbehavingPeer peer([](PeerConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(65'536, 'x');
    while (connection.send(block)) {
    }
  });
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.response_bytes_max = 1'000'000;
  const auto outcome = send(*caller, std::move(request));
  REQUIRE(code_of(outcome) == "response_too_large");
  CHECK_THAT(outcome.error().message, Catch::Contains("1000000"));
}

TEST_CASE("a body of exactly the cap is taken whole", "[outbound]") {
  const std::string body(100'000, 'b');
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [&](PeerConnection& connection, const PeerRequest&) { connection.answer(200, body); }));
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.response_bytes_max = body.size();
  const auto outcome = send(*caller, request);
  REQUIRE(code_of(outcome) == "status 200");
  CHECK(*outcome->body == body);
  request.response_bytes_max = body.size() - 1;
  CHECK(code_of(send(*caller, request)) == "response_too_large");
}

TEST_CASE("headers that never end are stopped at their cap", "[outbound]") {
  const auto endless = [](std::string start, std::string line) {
    return [=](PeerConnection& connection) {
      connection.read_request();
      connection.send(start);
      std::string block;
      while (block.size() < 60'000) block += line;
      while (connection.send(block)) {
      }
    };
  };
  CHECK(code_of(get_from(endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"))) == "response_too_large");
  CHECK(code_of(get_from(endless("HTTP/1.1 200 OK\r\nX: ", "y"))) == "response_too_large");
  CHECK(code_of(get_from(endless("", "HTTP/1.1 100 Continue\r\n\r\n"))) == "response_too_large");
  CHECK(code_of(get_from(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                                 "X: y\r\n"))) == "response_too_large");
}

TEST_CASE("a compressed body is unpacked, and its cap holds for what it unpacks to", "[outbound]") {
  const std::string plain(300'000'000 / 10, 'z');
  const std::string bomb = gzip(plain);
  CHECK(bomb.size() < 100'000);
  MisbehavingPeer peer(MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
    connection.send(gzip_response(bomb));
  }));
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.response_bytes_max = 1'000'000;
  CHECK(code_of(send(*caller, request)) == "response_too_large");
  CHECK(caller->stats().bytes_in_flight == 0);

  const auto small = get_from(saying(gzip_response(gzip("hello"))));
  REQUIRE(code_of(small) == "status 200");
  CHECK(*small->body == "hello");
}

TEST_CASE("a body with broken compression is a bad response", "[outbound]") {
  std::string packed = gzip(std::string(10'000, 'a') + "some text that does not repeat 12345");
  CHECK(code_of(get_from(saying(gzip_response("this is no gzip at all")))) == "bad_response");
  std::string wrong = packed;
  wrong[packed.size() / 2] = static_cast<char>(wrong[packed.size() / 2] ^ 0x55);
  CHECK(code_of(get_from(saying(gzip_response(wrong)))) == "bad_response");
}

TEST_CASE("a kept connection that the peer has closed meanwhile costs no call", "[outbound]") {
  std::atomic<int> served{0};
  // Closes each connection right when the second request on it arrives.
  MisbehavingPeer peer([&](PeerConnection& connection) {
    if (!connection.read_request()) return;
    ++served;
    connection.answer(200, "ok");
    connection.read_request();
  });
  const auto caller = make_caller();
  for (int i = 0; i < 5; ++i) {
    auto request = request_to(peer.url(), "POST");
    request.body = bytes("x");
    CHECK(code_of(send(*caller, std::move(request))) == "status 200");
    auto form = request_to(peer.url(), "POST");
    form.parts = {{"a", "", "", bytes("b")}};
    CHECK(code_of(send(*caller, std::move(form))) == "status 200");
  }
  CHECK(served == 10);
}

TEST_CASE("responses that fill the memory set aside are given up, and the memory comes back",
          "[outbound]") {
  const std::string body(200'000, 'b');
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [&](PeerConnection& connection, const PeerRequest&) { connection.answer(200, body); }));
  auto options = open_for_loopback();
  options.bytes_in_flight_max = 150'000;
  const auto caller = make_caller(options);
  CHECK(code_of(send(*caller, request_to(peer.url()))) == "overloaded");
  options.bytes_in_flight_max = 250'000;
  const auto roomy = make_caller(options);
  for (int i = 0; i < 5; ++i) CHECK(code_of(send(*roomy, request_to(peer.url()))) == "status 200");
}

}  // namespace millrace::tests
