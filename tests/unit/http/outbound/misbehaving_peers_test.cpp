// Peers that do everything wrong: each gets the caller's one answer, with the right code.

#include "outbound_fixture.h"
#include "tests/support/packed.h"

#include <atomic>
#include <map>
#include <mutex>
#include <semaphore>
#include <vector>

namespace millrace::tests {
namespace {

std::string encoded_response(const std::string& coding, const std::string& packed) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding +
         "\r\nContent-Length: " + std::to_string(packed.size()) + "\r\n\r\n" + packed;
}

std::string gzip_response(const std::string& packed) { return encoded_response("gzip", packed); }

HttpOutcome get_with_timeout(MisbehavingPeer::Script script, Millis timeout) {
  MisbehavingPeer peer(std::move(script));
  const auto caller = make_caller();
  auto request = request_to(peer.url("/?secret=1"));
  request.timeout = timeout;
  return send(*caller, std::move(request));
}

}  // namespace

TEST_CASE("a peer that never answers meets the deadline", "[outbound]") {
  const auto outcome =
      get_with_timeout([](PeerConnection& connection) { connection.wait_for_close(); }, Millis(50));
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
  CHECK(code_of(get_from(saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"))) ==
        "bad_response");
  CHECK(code_of(get_from(saying("HTTP/1.1 200 OK\r\nContent-Le"))) == "bad_response");
  CHECK(code_of(get_from([](PeerConnection& connection) {
          connection.read_request();
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
          connection.reset_on_close();
        })) == "bad_response");
}

TEST_CASE("bytes beyond the Content-Length reach no response, not even the next one",
          "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest&) {
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 299 Poison\r\n"
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
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
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

TEST_CASE("a compressed body that is cut is no body, though its Content-Length is met",
          "[outbound]") {
  const std::string text = std::string(10'000, 'a') + "some text that does not repeat 12345";
  const std::string whole = gzip(text);
  std::size_t cut = 0;
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        connection.send(gzip_response(whole.substr(0, cut)));
      }));
  const auto caller = make_caller();
  for (cut = 1; cut < whole.size(); cut += cut < 20 || cut + 20 > whole.size() ? 1 : 7) {
    INFO("cut at " << cut << " of " << whole.size());
    const auto outcome = send(*caller, request_to(peer.url("/?secret")));
    REQUIRE(code_of(outcome) == "bad_response");
    CHECK_THAT(outcome.error().message, Catch::EndsWith("ends too early"));
    CHECK(outcome.error().message.find("secret") == std::string::npos);
  }
  cut = whole.size();
  const auto outcome = send(*caller, request_to(peer.url()));
  REQUIRE(code_of(outcome) == "status 200");
  CHECK(*outcome->body == text);
  CHECK(code_of(get_from(saying(gzip_response(whole + "x")))) == "bad_response");
  CHECK(code_of(get_from(saying("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" +
                                whole.substr(0, 30)))) == "bad_response");
}

TEST_CASE("deflate is read as the RFC says and as servers send it", "[outbound]") {
  for (const std::string& packed : {zlib_deflate("hello"), bare_deflate("hello")}) {
    const auto outcome = get_from(saying(encoded_response("deflate", packed)));
    REQUIRE(code_of(outcome) == "status 200");
    CHECK(*outcome->body == "hello");
    CHECK(code_of(get_from(saying(encoded_response(
              "deflate", packed.substr(0, packed.size() - 1))))) == "bad_response");
  }
}

TEST_CASE("an encoding that nobody asked for, or several, are a bad response", "[outbound]") {
  const std::string twice = gzip(gzip("hello"));
  CHECK(code_of(get_from(saying(encoded_response("gzip, gzip", twice)))) == "bad_response");
  CHECK(code_of(get_from(saying(encoded_response("gzip\r\nContent-Encoding: gzip", twice)))) ==
        "bad_response");
  CHECK(code_of(get_from(saying(encoded_response("br", "x")))) == "bad_response");
  const std::string packed = gzip("hello");
  CHECK(code_of(get_from(saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + packed))) ==
        "bad_response");
}

TEST_CASE("a caller who asks for an encoding gets it as it is, but gzip unpacked", "[outbound]") {
  std::string response;
  std::string asked;
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        asked = request.header("accept-encoding");
        connection.send(response);
      }));
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.headers = {{"ACCEPT-encoding", "br, gzip;q=0.1"}};
  response = encoded_response("br", "who knows");
  const auto other = send(*caller, request);
  CHECK(asked == "br, gzip;q=0.1");
  REQUIRE(code_of(other) == "status 200");
  CHECK(*other->body == "who knows");
  response = gzip_response(gzip("hello"));
  const auto unpacked = send(*caller, request);
  REQUIRE(code_of(unpacked) == "status 200");
  CHECK(*unpacked->body == "hello");
}

TEST_CASE("a part of a body is asked for uncompressed, and never unpacked", "[outbound]") {
  const std::string part = gzip("hello").substr(3, 9);
  std::string asked;
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        asked = request.header("accept-encoding");
        connection.answer(206, part, "Content-Encoding: gzip\r\nContent-Range: bytes 3-11/25\r\n");
      }));
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.headers = {{"Range", "bytes=3-11"}};
  const auto outcome = send(*caller, request);
  CHECK(asked == "identity");
  REQUIRE(code_of(outcome) == "status 206");
  CHECK(*outcome->body == part);
}

TEST_CASE("a response without a body may announce any encoding", "[outbound]") {
  for (const char* const head :
       {"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip, br\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"}) {
    INFO(head);
    const auto outcome = get_from(saying(head));
    REQUIRE(outcome.ok());
    CHECK(outcome->body->empty());
  }
  MisbehavingPeer peer(
      saying("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
             "Transfer-Encoding: chunked\r\n\r\n"));
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, request_to(peer.url(), "HEAD"))) == "status 200");
}

TEST_CASE("compressed bytes that hold nothing do not go on for ever", "[outbound]") {
  std::string block;
  while (block.size() < 60'000) block += gzip("");
  MisbehavingPeer peer([&](PeerConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
    while (connection.send(block)) {
    }
  });
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.response_bytes_max = 500'000;
  CHECK(code_of(send(*caller, std::move(request))) == "response_too_large");
}

TEST_CASE("a body takes no more memory than its cap", "[outbound]") {
  const std::string plain(700'000, 'z');
  const std::string packed = gzip(plain);
  MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        connection.send(gzip_response(packed));
      }));
  const auto caller = make_caller();
  auto request = request_to(peer.url());
  request.response_bytes_max = 700'001;
  const auto outcome = send(*caller, request);
  REQUIRE(code_of(outcome) == "status 200");
  CHECK(*outcome->body == plain);
  CHECK(outcome->body->capacity() <= request.response_bytes_max);
  request.response_bytes_max = 699'999;
  CHECK(code_of(send(*caller, request)) == "response_too_large");
}

TEST_CASE("a kept connection that the peer has closed meanwhile costs no call", "[outbound]") {
  std::atomic<int> served{0};
  std::counting_semaphore<> ended{0};
  MisbehavingPeer peer([&](PeerConnection& connection) {
    if (!connection.read_request()) return;
    ++served;
    connection.answer(200, "ok");
    connection.end();
    ended.release();
  });
  const auto caller = make_caller();
  for (int i = 0; i < 5; ++i) {
    auto request = request_to(peer.url(), "POST");
    request.body = bytes("x");
    CHECK(code_of(send(*caller, std::move(request))) == "status 200");
    ended.acquire();
    auto form = request_to(peer.url(), "POST");
    form.parts = {{"a", "", "", bytes("b")}};
    CHECK(code_of(send(*caller, std::move(form))) == "status 200");
    ended.acquire();
  }
  CHECK(served == 10);
}

TEST_CASE("a request on a kept connection that dies is not sent again", "[outbound]") {
  std::mutex mutex;
  std::map<std::string, int> received;
  // Takes the second request of each connection as well, and then dies.
  MisbehavingPeer peer([&](PeerConnection& connection) {
    for (int i = 0; i < 2; ++i) {
      const auto request = connection.read_request();
      if (!request) return;
      {
        const std::lock_guard lock(mutex);
        ++received[request->target];
      }
      if (i == 0) connection.answer(200, "ok");
    }
  });
  const auto caller = make_caller();
  int sent = 0;
  for (const char* const method : {"POST", "GET", "PUT", "DELETE"}) {
    INFO(method);
    const auto send_next = [&](bool is_form) {
      auto request = request_to(peer.url("/" + std::to_string(++sent)), method);
      if (is_form) {
        request.parts = {{"a", "", "", bytes("b")}};
      } else if (method == std::string("POST")) {
        request.body = bytes("x");
      }
      return send(*caller, std::move(request));
    };
    CHECK(code_of(send_next(false)) == "status 200");
    const auto outcome = send_next(method == std::string("POST"));
    REQUIRE(code_of(outcome) == "connection_failed");
    CHECK_THAT(outcome.error().message, Catch::Contains("it was not sent again"));
  }
  for (const auto& [target, times] : received) {
    INFO(target);
    CHECK(times == 1);
  }
  CHECK(received.size() == 8);
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
