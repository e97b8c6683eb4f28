// Who waits for which token, without a token server.

#include "http/outbound/token_source.h"

#include "tests/support/catch.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace millrace {
namespace {

using namespace std::chrono_literals;

/// Exchanges that end when the test says so.
class ScriptedExchanges final : public Exchanges {
 public:
  Result<Id> begin(ExchangeRequest request, Then then) override {
    if (refusal) return *refusal;
    requests.push_back(std::move(request));
    names_.push_back(std::make_unique<char>());
    last = names_.back().get();
    running[last] = std::move(then);
    return last;
  }
  void abort(Id exchange) override {
    running.erase(exchange);
    ++aborted;
  }
  void end(HttpOutcome outcome) {
    const Then then = std::move(running.at(last));
    running.erase(last);
    then(std::move(outcome));
  }

  std::optional<Error> refusal;
  std::vector<ExchangeRequest> requests;
  std::map<Id, Then> running;
  Id last = nullptr;
  int aborted = 0;

 private:
  std::vector<std::unique_ptr<char>> names_;
};

struct Bed {
  ScriptedExchanges exchanges;
  OutboundCounters counters;
  TokenSource::Time now{};
  std::map<TokenSource::WaiterId, std::string> told;  // the token, or the error's name
  TokenSource source{exchanges, counters, [this] { return now; },
                     [this](TokenSource::WaiterId waiter, const Result<std::string>& token) {
                       told[waiter] = token ? *token : std::string(wire_name(token.error().code));
                     }};
  ClientCredentials credentials{"https://tokens.example/token", "me", "secret", ""};
  std::string key = TokenSource::key(ProjectId("p"), credentials);

  void wait(TokenSource::WaiterId waiter) { source.wait(key, credentials, waiter); }
};

HttpResponse answer(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

HttpResponse grant(const std::string& token) {
  return answer(200,
                R"({"access_token":")" + token + R"(","token_type":"bearer","expires_in":600})");
}

}  // namespace

TEST_CASE("all who wait for one token share one fetch", "[outbound]") {
  Bed bed;
  for (TokenSource::WaiterId waiter = 1; waiter <= 3; ++waiter) bed.wait(waiter);
  REQUIRE(bed.exchanges.requests.size() == 1);
  bed.exchanges.end(grant("t1"));
  CHECK(bed.told == std::map<TokenSource::WaiterId, std::string>{{1, "t1"}, {2, "t1"}, {3, "t1"}});
  CHECK(bed.counters.stats().tokens_fetched == 1);
}

TEST_CASE("a token is cached until shortly before it expires", "[outbound]") {
  Bed bed;
  CHECK(bed.source.cached(bed.key) == std::nullopt);
  bed.wait(1);
  bed.exchanges.end(grant("t1"));
  bed.now += 539s;
  CHECK(bed.source.cached(bed.key) == "t1");
  bed.now += 2s;
  CHECK(bed.source.cached(bed.key) == std::nullopt);
}

TEST_CASE("a refused token is forgotten, but not the one that came after it", "[outbound]") {
  Bed bed;
  bed.wait(1);
  bed.exchanges.end(grant("t1"));
  bed.source.drop(bed.key, "t0");
  CHECK(bed.source.cached(bed.key) == "t1");
  bed.source.drop(bed.key, "t1");
  CHECK(bed.source.cached(bed.key) == std::nullopt);
}

TEST_CASE("a fetch that fails tells all who wait and is not remembered", "[outbound]") {
  Bed bed;
  bed.wait(1);
  bed.wait(2);
  bed.exchanges.end(answer(503, "busy"));
  CHECK(bed.told[1] == "bad_response");
  CHECK(bed.told[2] == "bad_response");
  bed.wait(3);
  CHECK(bed.exchanges.requests.size() == 2);
  bed.exchanges.end(grant("t1"));
  CHECK(bed.told[3] == "t1");
  CHECK(bed.told[1] == "bad_response");
}

TEST_CASE("a fetch that cannot be begun fails at once", "[outbound]") {
  Bed bed;
  bed.exchanges.refusal = Error(ErrorCode::blocked_address, "no");
  bed.wait(1);
  CHECK(bed.told[1] == "blocked_address");
  bed.credentials.token_url = "nowhere";
  bed.exchanges.refusal.reset();
  bed.wait(2);
  CHECK(bed.told[2] == "invalid_url");
  CHECK(bed.exchanges.requests.empty());
}

TEST_CASE("a fetch ends when the last who waits for it leaves", "[outbound]") {
  Bed bed;
  bed.wait(1);
  bed.wait(2);
  bed.source.leave(bed.key, 1);
  CHECK(bed.exchanges.aborted == 0);
  bed.source.leave(bed.key, 2);
  CHECK(bed.exchanges.aborted == 1);
  CHECK(bed.told.empty());
  bed.wait(3);
  bed.exchanges.end(grant("t1"));
  CHECK(bed.told == std::map<TokenSource::WaiterId, std::string>{{3, "t1"}});
}

TEST_CASE("a server that wants the secret in the body gets it there, next time at once",
          "[outbound]") {
  Bed bed;
  bed.wait(1);
  bed.exchanges.end(answer(401, R"({"error":"invalid_client"})"));
  REQUIRE(bed.exchanges.requests.size() == 2);
  CHECK(bed.exchanges.requests[0].body->find("client_secret") == std::string::npos);
  CHECK(bed.exchanges.requests[1].body->find("client_secret") != std::string::npos);
  bed.exchanges.end(grant("t1"));
  CHECK(bed.told[1] == "t1");
  bed.source.drop(bed.key, "t1");
  bed.wait(2);
  REQUIRE(bed.exchanges.requests.size() == 3);
  CHECK(bed.exchanges.requests[2].body->find("client_secret") != std::string::npos);
}

TEST_CASE("projects never share a fetch, even with the same credentials", "[outbound]") {
  Bed bed;
  bed.wait(1);
  bed.source.wait(TokenSource::key(ProjectId("q"), bed.credentials), bed.credentials, 2);
  CHECK(bed.exchanges.requests.size() == 2);
}

}  // namespace millrace
