#include "outbound_fixture.h"

#include <map>
#include <mutex>
#include <vector>

namespace millrace::tests {
namespace {

/// Redirects as told by target, answers "ok" elsewhere, and remembers every request.
class RedirectingPeer {
 public:
  struct Redirect {
    int status;
    std::string location;
  };

  void redirect(const std::string& target, int status, std::string location) {
    const std::lock_guard lock(mutex_);
    redirects_[target] = {status, std::move(location)};
  }
  std::string url(const std::string& target) const { return peer_.url(target); }
  std::vector<PeerRequest> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    const auto found = redirects_.find(request.target);
    if (found == redirects_.end()) {
      connection.answer(200, "ok");
    } else {
      connection.answer(found->second.status, "moved",
                        "Location: " + found->second.location + "\r\n");
    }
  }

  std::mutex mutex_;
  std::map<std::string, Redirect> redirects_;
  std::vector<PeerRequest> seen_;
  MisbehavingPeer peer_{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
        reply(connection, request);
      })};
};

HttpRequest secretive(const std::string& url, const std::string& method) {
  auto request = request_to(url, method);
  request.headers = {{"Authorization", "Bearer t"},
                     {"Cookie", "c"},
                     {"X-Api-Key", "k"},
                     {"X-Auth-Token", "t"},
                     {"Client-SECRET", "s"},
                     {"Idempotency-Key", "i"},
                     {"X-Plain", "p"},
                     {"Content-Type", "text/plain"}};
  if (method != "GET") request.body = bytes("body");
  return request;
}

}  // namespace

TEST_CASE("a redirect to another origin takes no credentials along", "[outbound]") {
  RedirectingPeer first;
  RedirectingPeer second;
  first.redirect("/", 307, second.url("/there"));
  second.redirect("/there", 307, first.url("/back"));
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, secretive(first.url("/"), "POST"))) == "status 200");
  const auto away = second.seen().at(0);
  CHECK(away.method == "POST");
  CHECK(away.body == "body");
  CHECK(away.header("x-plain") == "p");
  CHECK(away.header("content-type") == "text/plain");
  const auto back = first.seen().at(1);
  for (const char* const name : {"authorization", "cookie", "x-api-key", "x-auth-token",
                                 "client-secret", "idempotency-key"}) {
    INFO(name);
    CHECK_FALSE(first.seen().at(0).header(name).empty());
    CHECK(away.header(name).empty());
    CHECK(back.header(name).empty());
  }
}

TEST_CASE("a redirect within the origin keeps the headers", "[outbound]") {
  RedirectingPeer peer;
  peer.redirect("/a/b", 308, "../c?d");
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, secretive(peer.url("/a/b"), "PUT"))) == "status 200");
  const auto second = peer.seen().at(1);
  CHECK(second.target == "/c?d");
  CHECK(second.method == "PUT");
  CHECK(second.body == "body");
  CHECK(second.header("authorization") == "Bearer t");
  CHECK(second.header("idempotency-key") == "i");
}

TEST_CASE("methods change over redirects as in browsers", "[outbound]") {
  struct Row {
    int status;
    std::string before;
    std::string after;
  };
  const std::vector<Row> table = {
      {301, "POST", "GET"},  {302, "POST", "GET"}, {303, "POST", "GET"},      {307, "POST", "POST"},
      {308, "POST", "POST"}, {301, "PUT", "PUT"},  {302, "DELETE", "DELETE"}, {303, "PUT", "GET"},
      {303, "HEAD", "HEAD"}, {301, "GET", "GET"}};
  const auto caller = make_caller();
  for (const auto& [status, before, after] : table) {
    INFO(status << " " << before);
    RedirectingPeer peer;
    peer.redirect("/", status, "/next");
    auto request = secretive(peer.url("/"), before);
    if (before == "HEAD") request.body = nullptr;
    REQUIRE(send(*caller, std::move(request)).ok());
    const auto second = peer.seen().at(1);
    CHECK(second.method == after);
    CHECK(second.body.empty() == (after == "GET" || after == "HEAD"));
    if (before != after) {
      CHECK(second.header("content-type").empty());
      CHECK(second.header("content-length").empty());
    }
  }
}

TEST_CASE("a redirected form is sent again from its beginning", "[outbound]") {
  RedirectingPeer peer;
  peer.redirect("/", 307, "/next");
  const auto caller = make_caller();
  auto request = request_to(peer.url("/"), "POST");
  request.parts = {{"a", "f.txt", "text/plain", bytes(std::string(100'000, 'a'))}};
  REQUIRE(send(*caller, std::move(request)).ok());
  CHECK(peer.seen().at(0).body == peer.seen().at(1).body);
  CHECK(peer.seen().at(1).body.size() > 100'000);
}

TEST_CASE("redirects end at their limit, and none are followed when it is zero", "[outbound]") {
  RedirectingPeer peer;
  peer.redirect("/loop", 302, "/loop");
  const auto caller = make_caller();
  auto request = request_to(peer.url("/loop"));
  CHECK(code_of(send(*caller, request)) == "too_many_redirects");
  CHECK(peer.seen().size() == 1 + limits::redirects_max);
  request.redirects_max = 0;
  CHECK(code_of(send(*caller, request)) == "status 302");
}

TEST_CASE("a status that looks like a redirect but names no place is an answer", "[outbound]") {
  CHECK(code_of(get_from(saying("HTTP/1.1 302 F\r\nContent-Length: 0\r\n\r\n"))) == "status 302");
  CHECK(code_of(get_from(saying("HTTP/1.1 302 F\r\nLocation:\r\nContent-Length: 0\r\n\r\n"))) ==
        "status 302");
  CHECK(code_of(get_from(saying("HTTP/1.1 300 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"))) ==
        "status 300");
}

TEST_CASE("a redirect leads to nothing but http and https", "[outbound]") {
  const auto caller = make_caller();
  for (const char* const location :
       {"file:///etc/passwd", "gopher://127.0.0.1:70/x", "ftp://127.0.0.1/", "dict://127.0.0.1/",
        "javascript:alert(1)", "http://user:password@127.0.0.1/", "http://", "data:text/plain,x"}) {
    INFO(location);
    RedirectingPeer peer;
    peer.redirect("/", 302, location);
    CHECK(code_of(send(*caller, request_to(peer.url("/")))) == "invalid_url");
  }
}

TEST_CASE("a redirect leads around no guard", "[outbound]") {
  const auto caller = make_caller();
  for (const char* const location :
       {"http://127.0.0.2:80/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:80/",
        "http://0x7f000002/", "http://[::ffff:127.0.0.2]/", "http://0.0.0.0/", "//10.0.0.1/"}) {
    INFO(location);
    RedirectingPeer peer;
    peer.redirect("/", 302, location);
    const auto outcome = send(*caller, request_to(peer.url("/")));
    REQUIRE(code_of(outcome) == "blocked_address");
    CHECK_THAT(outcome.error().message, Catch::Contains("--egress-allow"));
  }
}

}  // namespace millrace::tests
