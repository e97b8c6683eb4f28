// The Connect API passes answers on as they arrive: real binary, a peer that does as the test says, callers that are
// slow, go away, or look closely.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/support/packed.h"
#include "tests/support/poll_until.h"
#include "tests/support/raw_client.h"

#include <atomic>
#include <functional>
#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Reply = std::function<void(PeerConnection&, const PeerRequest&)>;

constexpr std::string_view secret = "s3cret-t0ken-of-the-account";

struct Passing {
  explicit Passing(Reply reply)
      : peer(MisbehavingPeer::serving(std::move(reply))), project(open_server()) {
    REQUIRE(project
                .put("/integrations/crm",
                     R"({"baseUrl": ")" + peer.url("/api") + R"(", "auth": {"type": "bearer"}})")
                .status == 201);
    const Answer connected = call_server(
        project.port(), {"POST", project.path("/sdk/integrations/crm/connect"), project.token(),
                         R"({"credentials": {"token": ")" + std::string(secret) + "\"}}"});
    REQUIRE(connected.status == 201);
  }
  Answer call(const std::string& method, const std::string& target,
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    return call_server(project.port(), {method,
                                        project.path("/sdk/proxy/crm" + target),
                                        project.token(),
                                        {},
                                        {},
                                        std::move(headers)});
  }
  /// A caller that has sent its request.
  RawClient caller(const std::string& target) {
    RawClient client(project.port());
    REQUIRE(client.send("GET " + project.path("/sdk/proxy/crm" + target) +
                        " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer " +
                        project.token() + "\r\n\r\n"));
    return client;
  }
  double metric(const std::string& name) {
    const std::string text = call_server(project.port(), {"GET", "/metrics"}).text;
    const auto at = text.find('\n' + name + ' ');
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
  }

  MisbehavingPeer peer;
  const TestProject project;
};

constexpr std::string_view chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view text) {
  std::ostringstream out;
  out << std::hex << text.size() << "\r\n" << text << "\r\n";
  return out.str();
}

}  // namespace

TEST_CASE("what a peer has sent reaches the caller while the peer is still at it") {
  Gate seen_head;
  Gate seen_first;
  Passing bed([&](PeerConnection& connection, const PeerRequest&) {
    connection.send(chunked_head);
    seen_head.stand();
    connection.send(chunk("data: 1\n\n"));
    seen_first.stand();
    connection.send(chunk("data: 2\n\n") + "0\r\nX-Trailer: t\r\n\r\n");
  });
  const OpenAtEnd head_at_end{seen_head};
  const OpenAtEnd first_at_end{seen_first};
  RawClient caller = bed.caller("/events");
  std::string answer = caller.read_until("\r\n\r\n");
  CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 200 OK\r\n") &&
                         Catch::Contains("Transfer-Encoding: chunked") &&
                         Catch::Contains("text/event-stream"));
  seen_head.open();
  CHECK_THAT(caller.read_until("data: 1\n\n"), Catch::Contains("9\r\ndata: 1\n\n"));
  seen_first.open();
  CHECK_THAT(caller.read_all(), Catch::EndsWith("9\r\ndata: 2\n\n\r\n0\r\n\r\n"));
}

TEST_CASE("a caller who takes slowly slows the peer, and memory stays at the window") {
  constexpr std::size_t size = 40u << 20;
  std::atomic<std::size_t> sent{0};
  Passing bed([&](PeerConnection& connection, const PeerRequest&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    const std::string block(64u << 10, 'x');
    while (sent < size && connection.send(block)) sent += block.size();
  });
  RawClient caller = bed.caller("/large");
  const std::string head = caller.read_until("\r\n\r\n");
  CHECK_THAT(head, Catch::Contains("Content-Length: " + std::to_string(size)));
  REQUIRE(poll_until([&] { return bed.metric("millrace_passing_bytes") > 100'000; }));
  CHECK(bed.metric("millrace_passing_bytes") <= (256u << 10) + (64u << 10));
  CHECK(bed.metric("millrace_passing_requests") >= 1);
  CHECK(sent < size);
  const std::string answer = head + caller.read_all();
  CHECK(answer.size() == answer.find("\r\n\r\n") + 4 + size);
  CHECK(sent == size);
  CHECK(poll_until([&] { return bed.metric("millrace_passing_bytes") == 0; }));
}

TEST_CASE("a caller who goes away ends the peer's request, before and in the answer") {
  std::atomic<int> asked{0};
  std::atomic<int> given_up{0};
  Passing bed([&](PeerConnection& connection, const PeerRequest& request) {
    if (request.target == "/api/begun") connection.send(std::string(chunked_head) + chunk("x"));
    ++asked;
    connection.wait_for_close();
    ++given_up;
  });
  {
    RawClient silent = bed.caller("/silent");
    RawClient begun = bed.caller("/begun");
    REQUIRE(poll_until([&] { return asked == 2; }));
    begun.read_until("1\r\nx\r\n");
    CHECK(given_up == 0);
  }
  CHECK(poll_until([&] { return given_up == 2; }));
}

TEST_CASE("an answer that breaks off at the peer breaks off at the caller, whatever its framing") {
  Passing bed([](PeerConnection& connection, const PeerRequest& request) {
    if (request.target == "/api/chunks") {
      connection.send(std::string(chunked_head) + chunk("half"));
    } else if (request.target == "/api/packed") {
      const std::string packed = gzip(std::string(100'000, 'x') + "end");
      connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                      std::to_string(packed.size() - 4) + "\r\n\r\n" +
                      packed.substr(0, packed.size() - 4));
    } else {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    }
    connection.end();
  });
  const std::string chunks = bed.caller("/chunks").read_all();
  CHECK_THAT(chunks, Catch::Contains("4\r\nhalf\r\n") && !Catch::EndsWith("0\r\n\r\n"));
  const std::string sized = bed.caller("/sized").read_all();
  CHECK_THAT(sized, Catch::Contains("Content-Length: 100") && Catch::EndsWith("\r\n\r\nhalf"));
  const std::string packed = bed.caller("/packed").read_all();
  CHECK_THAT(packed, Catch::Contains("xxx") && !Catch::EndsWith("0\r\n\r\n"));
}

TEST_CASE("a peer that echoes the account's secret is not heard, wherever the secret is cut") {
  Passing bed([](PeerConnection& connection, const PeerRequest& request) {
    const std::string heard = request.header("authorization");
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Echo: " + heard +
                    "\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char c : "{\"echo\":\"" + heard + "\"}") connection.send(chunk({&c, 1}));
    connection.send("0\r\n\r\n");
  });
  const Answer answer = bed.call("GET", "/echo");
  CHECK(answer.status == 200);
  CHECK(answer.text == "{\"echo\":\"Bearer " + std::string(secret.size(), '*') + "\"}");
  CHECK(answer.header("x-echo") == "Bearer [credential]");
}

TEST_CASE("compressed, partial, empty and headless answers keep their framing") {
  const std::string text(300'000, 'y');
  Passing bed([&](PeerConnection& connection, const PeerRequest& request) {
    if (request.method == "HEAD") {
      connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 300000\r\n\r\n");
    } else if (request.target == "/api/packed") {
      connection.answer(200, gzip(text), "Content-Encoding: gzip\r\nContent-Type: text/plain\r\n");
    } else if (request.target == "/api/none") {
      connection.send("HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n");
    } else if (request.target == "/api/same") {
      connection.send("HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n");
    } else if (request.target == "/api/empty") {
      connection.answer(200, "", "Content-Type: text/plain\r\n");
    } else if (request.target == "/api/huge") {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 52428801\r\n\r\n");
    } else {
      connection.answer(206, text.substr(0, 10),
                        "Content-Range: bytes 0-9/300000\r\nAccept-Ranges: bytes\r\n");
    }
  });
  CHECK(bed.call("GET", "/packed").text == text);
  const Answer head = bed.call("HEAD", "/x");
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "300000");
  CHECK(head.header("accept-ranges").empty());
  const Answer none = bed.call("DELETE", "/none");
  CHECK(none.status == 204);
  CHECK(none.headers.count("content-length") == 0);
  CHECK(none.header("x-a") == "1");
  const Answer same = bed.call("GET", "/same", {{"If-None-Match", "\"e\""}});
  CHECK(same.status == 304);
  CHECK(same.header("etag") == "\"e\"");
  CHECK(same.headers.count("content-length") == 0);
  const Answer empty = bed.call("GET", "/empty");
  CHECK(empty.status == 200);
  CHECK(empty.header("content-length") == "0");
  const Answer part = bed.call("GET", "/part", {{"Range", "bytes=0-9"}});
  CHECK(part.status == 206);
  CHECK(part.text == text.substr(0, 10));
  CHECK(part.header("content-range") == "bytes 0-9/300000");
  CHECK(part.header("content-length") == "10");
  const Answer huge = bed.call("GET", "/huge");
  CHECK(huge.status == 502);
  CHECK(huge.at("/code") == R"("response_too_large")");
}

TEST_CASE("an answer without a size that grows beyond the limit is cut, not ended") {
  Passing bed([](PeerConnection& connection, const PeerRequest&) {
    connection.send(chunked_head);
    const std::string block = chunk(std::string(1u << 20, 'z'));
    for (int i = 0; i < 60 && connection.send(block); ++i) {
    }
  });
  const std::string answer = bed.caller("/endless").read_all();
  CHECK(answer.size() > (45u << 20));
  CHECK_FALSE(answer.ends_with("0\r\n\r\n"));
}
