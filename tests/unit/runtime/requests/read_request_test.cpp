// What a definition may say of a request, and where each mistake is reported.
#include "../definitions/compile_text.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

std::string step(const std::string& keys) { return R"({"id":"s","type":"request",)" + keys + '}'; }

/// A step that is right but for these keys.
std::string with(const std::string& keys) {
  return step(R"("method":"GET","url":"https://a.example",)" + keys);
}

const RequestStep& read(std::shared_ptr<const Workflow>& keep, const std::string& text) {
  keep = compile_steps(text);
  return std::get<RequestStep>(keep->by_index[0]->config);
}

/// Where the one mistake is.
std::string refusal(const std::string& text) {
  const auto finding = finding_of_steps(text);
  REQUIRE(finding.step == "s");
  REQUIRE(finding.path.starts_with("/steps/0"));
  return finding.path.substr(std::string("/steps/0").size());
}

std::string page(const std::string& keys) { return with(R"("pagination":{)" + keys + '}'); }

std::shared_ptr<const Workflow> keep;

}  // namespace

TEST_CASE("a request has sensible defaults") {
  const auto& request = read(keep, step(R"("method":"GET","url":"https://a.example")"));
  REQUIRE(request.request.method == "GET");
  REQUIRE(request.request.body_kind == BodyKind::none);
  REQUIRE(request.request.authorization.kind == RequestAuthorization::Kind::none);
  REQUIRE_FALSE(request.request.pagination);
  REQUIRE(request.integration.empty());
  REQUIRE(history_type(*keep->by_index[0]) == "ACTION/REQUEST");
}

TEST_CASE("every method, body kind and authorization of the contract is known") {
  for (const char* const method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    const auto& request =
        read(keep, step(R"("url":"https://a","method":")" + std::string(method) + '"'));
    REQUIRE(request.request.method == method);
  }
  for (const char* const body :
       {R"("bodyType":"json","body":[1])", R"("bodyType":"form-data","body":{"a":1})",
        R"("bodyType":"x-www-form-urlencoded","body":{"a":1})", R"("bodyType":"xml","body":"<a/>")",
        R"("bodyType":"raw","body":"a")", R"("bodyType":"graphql","body":{"query":"{a}"})"}) {
    INFO(body);
    REQUIRE(read(keep, with(body)).request.body_kind != BodyKind::none);
  }
  REQUIRE(read(keep, with(R"("body":null)")).request.body_kind == BodyKind::json);
  for (const char* const authorization :
       {R"({"type":"none"})", R"({"type":"bearer","token":"t"})",
        R"({"type":"basic","username":"u","password":"p"})",
        R"({"type":"header","name":"n","value":"v"})", R"({"type":"query","name":"n","value":"v"})",
        R"({"type":"oauth2ClientCredentials","tokenUrl":"u","clientId":"i","clientSecret":"s"})",
        R"({"type":"oauth2ClientCredentials","tokenUrl":"u","clientId":"i","clientSecret":"s",
            "scope":"a b"})",
        "null"}) {
    INFO(authorization);
    read(keep, with(R"("authorization":)" + std::string(authorization)));
  }
}

TEST_CASE("a malformed request is refused at the key that is wrong") {
  REQUIRE(refusal(step(R"("url":"https://a")")) == "/method");
  REQUIRE(refusal(step(R"("url":"https://a","method":"FETCH")")) == "/method");
  REQUIRE(refusal(step(R"("url":"https://a","method":"get")")) == "/method");
  REQUIRE(refusal(step(R"("method":"GET")")) == "/url");
  REQUIRE(refusal(step(R"("method":"GET","url":5)")) == "/url");
  REQUIRE(refusal(step(R"("method":"GET","url":"")")) == "/url");
  REQUIRE(refusal(step(R"("method":"GET","url":"https://{{")")) == "/url");
  REQUIRE(refusal(with(R"("params":[])")) == "/params");
  REQUIRE(refusal(with(R"("params":"a=b")")) == "/params");
  REQUIRE(refusal(with(R"("params":{"a":"{{"})")) == "/params/a");
  REQUIRE(refusal(with(R"("headers":"a: b")")) == "/headers");
  REQUIRE(refusal(with(R"("headers":{"a b":"c"})")) == "/headers/a b");
  REQUIRE(refusal(with(R"("headers":{"a/b":"c"})")) == "/headers/a~1b");
  REQUIRE(refusal(with(R"("headers":{"a":[1]})")) == "/headers/a");
  REQUIRE(refusal(with(R"("headers":{"a":"{{"})")) == "/headers/a");
  REQUIRE(refusal(with(R"("bodyType":"yaml","body":"a")")) == "/bodyType");
  REQUIRE(refusal(with(R"("bodyType":"form-data","body":[])")) == "/body");
  REQUIRE(refusal(with(R"("bodyType":"x-www-form-urlencoded","body":5)")) == "/body");
  REQUIRE(refusal(with(R"("bodyType":"xml","body":{"a":1})")) == "/body");
  REQUIRE(refusal(with(R"("bodyType":"graphql","body":{"qeury":"{a}"})")) == "/body");
  REQUIRE(refusal(with(R"("body":{"a":["{{"]})")) == "/body/a/0");
  REQUIRE(refusal(with(R"("timeout":"16m")")) == "/timeout");
  REQUIRE(refusal(with(R"("timeout":"0s")")) == "/timeout");
  REQUIRE(refusal(with(R"("path":"/a")")) == "/path");
  REQUIRE(refusal(with(R"("parameters":{})")) == "/parameters");
  REQUIRE(refusal(with(R"("retry":{"delays":["1s"],"statuses":[200]})")) == "/retry/statuses/0");
  REQUIRE(refusal(with(R"("retry":{"delays":["1s"],"statuses":[404,"x"]})")) ==
          "/retry/statuses/1");
  REQUIRE(refusal(with(R"("retry":{"delays":["1s"],"statuses":404})")) == "/retry/statuses");
}

TEST_CASE("a malformed authorization is refused at the key that is wrong, once") {
  const auto authorized = [](const std::string& keys) {
    return with(R"("authorization":)" + keys);
  };
  REQUIRE(refusal(authorized(R"("bearer t")")) == "/authorization");
  REQUIRE(refusal(authorized(R"({"token":"t"})")) == "/authorization/type");
  REQUIRE(refusal(authorized(R"({"type":"beerer","token":"t"})")) == "/authorization/type");
  REQUIRE(finding_of_steps(authorized(R"({"type":"beerer","token":"t"})")).nearest == "bearer");
  REQUIRE(refusal(authorized(R"({"type":"bearer"})")) == "/authorization/token");
  REQUIRE(refusal(authorized(R"({"type":"bearer","token":"t","tokn":"t"})")) ==
          "/authorization/tokn");
  REQUIRE(refusal(authorized(R"({"type":"bearer","token":{}})")) == "/authorization/token");
  REQUIRE(refusal(authorized(R"({"type":"bearer","token":null})")) == "/authorization/token");
  REQUIRE(refusal(authorized(R"({"type":"bearer","token":"{{"})")) == "/authorization/token");
  REQUIRE(refusal(authorized(R"({"type":"basic","username":"u"})")) == "/authorization/password");
  REQUIRE(refusal(authorized(R"({"type":"header","value":"v"})")) == "/authorization/name");
  REQUIRE(refusal(authorized(R"({"type":"query","name":"n"})")) == "/authorization/value");
  REQUIRE(refusal(authorized(R"({"type":"none","token":"t"})")) == "/authorization/token");
  REQUIRE(
      refusal(authorized(R"({"type":"oauth2ClientCredentials","tokenUrl":"u","clientId":"i"})")) ==
      "/authorization/clientSecret");
}

TEST_CASE("pagination paths may have braces or the step's own name") {
  for (const char* const path :
       {"response.body.items", "{{response.body.items}}", "s.response.body.items",
        "{{s.response.body.items}}", "response.body['items']"}) {
    const auto& request = read(
        keep, page(R"("output":")" + std::string(path) + R"(","pageToken":"response.body.next")"));
    REQUIRE(request.request.pagination->output == std::vector<PathSegment>{std::string("response"),
                                                                           std::string("body"),
                                                                           std::string("items")});
    REQUIRE(request.request.pagination->pages_max == limits::pages_max);
    REQUIRE_FALSE(request.request.pagination->has_own_max);
  }
}

TEST_CASE("the identity of a page's items is a path below an item") {
  const std::string paths = R"("output":"response.body","pageToken":"response.body.next")";
  const auto unique_by = [&](const std::string& text) {
    return read(keep, page(paths + R"(,"uniqueBy":)" + text)).request.pagination->unique_by;
  };
  REQUIRE(unique_by(R"("id")") == std::vector<PathSegment>{std::string("id")});
  REQUIRE(unique_by(R"("meta.ids[0]")") ==
          std::vector<PathSegment>{std::string("meta"), std::string("ids"), std::size_t{0}});
  REQUIRE(unique_by(R"("['odd key']")") == std::vector<PathSegment>{std::string("odd key")});
  for (const char* const wrong : {R"("")", R"("a..b")", R"("{{id}}")", "5"}) {
    INFO(wrong);
    REQUIRE(refusal(page(paths + R"(,"uniqueBy":)" + wrong)) == "/pagination/uniqueBy");
  }
}

TEST_CASE("a malformed pagination is refused at the key that is wrong") {
  const std::string paths = R"("output":"response.body","pageToken":"response.body.next")";
  REQUIRE(refusal(with(R"("pagination":true)")) == "/pagination");
  REQUIRE(refusal(page(R"("output":"response.body")")) == "/pagination/pageToken");
  REQUIRE(refusal(page(R"("pageToken":"response.body")")) == "/pagination/output");
  REQUIRE(refusal(page(R"("output":5,"pageToken":"response.body.next")")) == "/pagination/output");
  for (const char* const path : {"body.items", "trigger.request.body", "other.response.body",
                                 "s.body", "s", "response..body", "{{response.body", "1.body"}) {
    INFO(path);
    REQUIRE(refusal(page(R"("pageToken":"response.body.next","output":")" + std::string(path) +
                         '"')) == "/pagination/output");
  }
  REQUIRE(refusal(page(paths + R"(,"max":0)")) == "/pagination/max");
  REQUIRE(refusal(page(paths + R"(,"max":10001)")) == "/pagination/max");
  REQUIRE(refusal(page(paths + R"(,"max":"5")")) == "/pagination/max");
  REQUIRE(refusal(page(paths + R"(,"limit":5)")) == "/pagination/limit");
  REQUIRE(refusal(page(paths + R"(,"stopWhen":"x")")) == "/pagination/stopWhen");
  REQUIRE(refusal(page(paths + R"(,"stopWhen":[[{"variable":1}]])")) ==
          "/pagination/stopWhen/0/0/operator");
  REQUIRE(read(keep, page(paths + R"(,"max":10000)")).request.pagination->pages_max == 10'000);
  REQUIRE(read(keep, page(paths + R"(,"max":10000)")).request.pagination->has_own_max);
}

TEST_CASE("a request to an integration has a path and no URL") {
  const auto& request =
      read(keep, step(R"("integration":"crm","method":"GET","path":"/contacts")"));
  REQUIRE(request.integration == "crm");
  REQUIRE(request.frozen_integration != nullptr);
  REQUIRE(history_type(*keep->by_index[0]) == "ACTION/CUSTOM_INTEGRATION_REQUEST");
  REQUIRE(refusal(step(R"("integration":"crm","method":"GET","path":"/a","url":"https://a")")) ==
          "/url");
  REQUIRE(refusal(step(R"("integration":"crm","method":"GET")")) == "/path");
}

TEST_CASE("what a request offers to later steps is its response, and the error if it may go on") {
  const std::string use = R"(,{"id":"u","type":"response","body":"{{s.)";
  REQUIRE(compile_steps(with(R"("timeout":"15m")") + use + R"(response.body.a}}"})") != nullptr);
  REQUIRE(finding_of_steps(with(R"("timeout":"1s")") + use + R"(result}}"})").expected ==
          "`response`");
  REQUIRE(finding_of_steps(with(R"("timeout":"1s")") + use + R"(error.code}}"})").step == "u");
  REQUIRE(compile_steps(with(R"("continueOnError":true)") + use + R"(error.code}}"})") != nullptr);
}
