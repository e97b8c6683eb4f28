#include "tests/support/scripted_http.h"

#include "tests/support/catch.h"

#include <future>

namespace millrace {
namespace {

HttpRequest request(const std::string& key, const std::string& url = "https://a.example") {
  HttpRequest made;
  made.method = "GET";
  made.url = url;
  made.headers = {{"Idempotency-Key", key}};
  return made;
}

struct Answer {
  std::promise<HttpOutcome> promise;
  HttpOutcome get() { return promise.get_future().get(); }
};

HttpCaller::CallId call(ScriptedHttp& http, Answer& answer, HttpRequest sent) {
  return http.call(std::move(sent), [&answer](HttpOutcome outcome) {
    answer.promise.set_value(std::move(outcome));
  });
}

}  // namespace

TEST_CASE("the scripted caller knows the step and the attempt by the idempotency key") {
  RequestScript script;
  script.on("list", first_attempts(1, answering(503, JsonObject()), answering(200, 1)));
  ScriptedHttp http(script);
  Answer first, second, page, other;
  call(http, first, request("run:list.3.0"));
  CHECK(first.get()->status == 503);
  call(http, second, request("run:list.3.0"));
  CHECK(second.get()->status == 200);
  call(http, page, request("run:list.3.0:2"));
  CHECK(page.get()->status == 503);
  call(http, other, request("run:call"));
  CHECK(*other.get()->body == "{}");
  CHECK(http.sent("list").size() == 3);
  CHECK(http.wait_for_calls("call", 1));
}

TEST_CASE("a call that is held back is answered when it is released") {
  ScriptedHttp http;
  http.hold("call");
  Answer held, free;
  call(http, held, request("run:call"));
  call(http, free, request("run:other"));
  CHECK(free.get().ok());
  http.on("call", answering(201, 1));
  http.release("call");
  CHECK(held.get()->status == 201);
}

TEST_CASE("a call that is cancelled is answered once with that and counted") {
  ScriptedHttp http;
  http.hold("call");
  Answer cancelled;
  const auto id = call(http, cancelled, request("run:call"));
  http.cancel(id);
  http.cancel(id);
  CHECK(cancelled.get().error().code == ErrorCode::cancelled);
  CHECK(http.cancelled("call") == 1);
  http.cancel(id);
  CHECK(http.cancelled("call") == 1);
}

TEST_CASE("a scripted caller that stops answers what is left and refuses the rest") {
  ScriptedHttp http;
  http.hold("call");
  Answer held, late;
  call(http, held, request("run:call"));
  http.stop();
  CHECK(held.get().error().code == ErrorCode::overloaded);
  call(http, late, request("run:call"));
  CHECK(late.get().error().code == ErrorCode::overloaded);
}

}  // namespace millrace
