#include "runtime/digests/hmac.h"
#include "runtime/text/hex_text.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

#include <algorithm>

namespace millrace {
namespace {

/// A project whose integration `crm` has the webhook `hook`, and one account of it.
class HookApi : public ApiFixture {
 public:
  explicit HookApi(const std::string& hook, ApiOptions options = {})
      : ApiFixture(std::move(options)) {
    REQUIRE(
        call("PUT", "/projects/p1/secrets/HOOK", api_key, R"({"value": "hook-secret"})").status ==
        201);
    const Answer put =
        call("PUT", "/projects/p1/integrations/crm", api_key,
             R"({"baseUrl": "https://crm.example", "webhooks": {"hook": )" + hook + "}}");
    INFO(put.text);
    REQUIRE(put.status == 201);
    REQUIRE(credentials.connect(ProjectId("p1"), UserId("user-1"), "crm", {{}, "acct", {}}).ok());
  }

  std::string url() {
    const Answer shown = call("GET", "/projects/p1/integrations/crm", api_key);
    return std::string(shown["webhooks"].at("hook").at("url").as_string());
  }
  std::string path() {
    const std::string all = url();
    return all.substr(all.find("/hooks/"));
  }
};

ApiFixture::Headers signed_with(const std::string& text) {
  return {{"X-Signature", to_hex(hmac(HashAlgorithm::sha256, "hook-secret", text))}};
}

TEST_CASE("what is signed may be the public address, which is the server's option", "[http]") {
  ApiOptions options;
  options.public_url = "https://flows.example";
  HookApi api(R"({"scope": "app", "route": "body.account", "verify": {"type": "signature",
    "header": "X-Signature", "signed": "{method}{url}{body}", "secret": "{{secrets.HOOK}}"}})",
              options);
  const std::string url = api.url();
  CHECK(url.starts_with("https://flows.example/hooks/"));
  const std::string body = R"({"account": "acct", "n": 1})";
  const std::string right = "POST" + url + "?a=%20b" + body;
  CHECK(api.call("POST", api.path() + "?a=%20b", {}, body, signed_with(right)).status == 200);
  CHECK(api.call("PUT", api.path() + "?a=%20b", {}, body, signed_with(right)).status == 401);
  CHECK(api.call("POST", api.path() + "?a=+b", {}, body, signed_with(right)).status == 401);
  const auto delivered = api.gateway.deliveries();
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].user == UserId("user-1"));
  CHECK(delivered[0].integration == "crm");
  REQUIRE(delivered[0].events.size() == 1);
  CHECK(delivered[0].events[0].accounts.size() == 1);
  CHECK(to_text(delivered[0].events[0].value) == R"({"account":"acct","n":1})");
  CHECK(to_text(delivered[0].parts->query) == R"({"a":" b"})");
}

TEST_CASE("a shared value that is a secret is masked in what is delivered to workflows", "[http]") {
  HookApi api(R"({"scope": "app", "route": "body.account",
    "verify": {"type": "value", "in": "headers.X-Token", "secret": "{{secrets.HOOK}}"}})");
  CHECK(api.call("POST", api.path(), {}, R"({"account": "acct"})", {{"X-Token", "hook-secret"}})
            .status == 200);
  CHECK(api.call("POST", api.path(), {}, R"({"account": "acct"})", {{"X-Token", "t"}}).status ==
        401);
  const auto delivered = api.gateway.deliveries();
  REQUIRE(delivered.size() == 1);
  CHECK(to_text(delivered[0].parts->headers) == R"({"x-token":"[secret HOOK]"})");
}

TEST_CASE("a shared value that stands in the body is masked in the event as well", "[http]") {
  HookApi api(R"({"scope": "app", "route": "body.account",
    "verify": {"type": "value", "in": "body.deep.secret", "secret": "{{secrets.HOOK}}"}})");
  const std::string body = R"({"account": "acct", "deep": {"secret": "hook-secret"}})";
  CHECK(api.call("POST", api.path(), {}, body, {{"Content-Type", "application/json"}}).status ==
        200);
  const auto delivered = api.gateway.deliveries();
  REQUIRE(delivered.size() == 1);
  CHECK(to_text(delivered[0].events[0].value).find("hook-secret") == std::string::npos);
  CHECK(to_text(delivered[0].parts->body).find("hook-secret") == std::string::npos);
}

TEST_CASE("a delivery with more elements, or a longer id, than may be is refused", "[http]") {
  HookApi api(
      R"({"scope": "app", "events": "body[*]", "route": "event.account", "deliveryId": "event.id"})");
  std::string many = "[0";
  for (std::size_t i = 0; i < limits::delivery_elements_max; ++i) many += ",0";
  CHECK(api.call("POST", api.path(), {}, many + "]").code() == "limit_exceeded");
  CHECK(api.call("POST", api.path(), {},
                 R"([{"account": "acct", "id": ")" +
                     std::string(limits::delivery_id_bytes_max + 1, 'x') + "\"}]")
            .code() == "invalid_request");
  CHECK(api.call("POST", api.path(), {}, "{", {{"Content-Type", "application/json"}}).status ==
        400);
  CHECK(api.call("POST", api.path(), {}, "[]").text == R"({"executionIds":[]})");
  CHECK(api.gateway.deliveries().empty());
}

TEST_CASE("a URL is worth nothing when its webhook changes its scope or is removed", "[http]") {
  HookApi api(R"({"scope": "app", "route": "body.account"})");
  const std::string path = api.path();
  CHECK(api.call("POST", path, {}, "{}").status == 200);
  const auto put = [&](const std::string& webhooks) {
    return api.call("PUT", "/projects/p1/integrations/crm", api.api_key,
                    R"({"baseUrl": "https://crm.example", "webhooks": )" + webhooks + "}");
  };
  CHECK(put(R"({"hook": {"scope": "user"}})").status == 200);
  CHECK(api.call("POST", path, {}, "{}").status == 404);
  CHECK(put("{}").status == 200);
  CHECK(api.call("POST", path, {}, "{}").status == 404);
  CHECK(put(R"({"hook": {"scope": "app", "route": "body.account"}})").status == 200);
  CHECK(api.call("POST", path, {}, "{}").status == 200);
  CHECK(api.path() == path);
}

TEST_CASE("a webhook whose secret is missing starts nothing and says so", "[http]") {
  HookApi api(R"({"scope": "app", "route": "body.account", "verify": {"type": "hmac",
    "header": "X-Signature", "secret": "{{secrets.OTHER}}"}})");
  const Answer answer = api.call("POST", api.path(), {}, "{}", signed_with("{}"));
  CHECK(answer.status == 409);  // the project has to be set up
  CHECK(answer.code() == "secret_missing");
  CHECK(answer.text.find("OTHER") == std::string::npos);  // strangers learn no names
  CHECK(api.gateway.deliveries().empty());
}

}  // namespace
}  // namespace millrace
