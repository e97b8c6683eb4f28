#include "runtime/integrations/connect_request.h"

#include "runtime/requests/outgoing_request.h"
#include "tests/support/catch.h"
#include "tests/support/request_script.h"

using namespace millrace;

namespace {

RequestValues get(std::string url = "https://a.example/x") {
  RequestValues values;
  values.method = "GET";
  values.url = std::move(url);
  return values;
}

HttpRequest sent(const RequestValues& values) {
  auto outgoing = outgoing_request(values);
  if (!outgoing) FAIL(outgoing.error().message);
  auto http = send_with(std::move(*outgoing), [](const FileHandle&) { return SharedBytes(); });
  if (!http) FAIL(http.error().message);
  return std::move(*http);
}

std::shared_ptr<const Integration> crm(const std::string& auth = R"({"type":"bearer"})") {
  const std::string text = R"({"baseUrl":"https://api.crm.example","auth":)" + auth + '}';
  auto compiled = compile_integration("crm", *parse_json(text));
  if (!compiled) FAIL(compiled.error().message);
  return *compiled;
}

std::string connected(const std::string& path,
                      const std::string& base = "https://api.crm.example") {
  RequestValues values = get(path);
  const auto outcome = connect_request(values, *crm(), Json(base));
  if (!outcome) return std::string(wire_name(outcome.error().code));
  return sent(values).url;
}

}  // namespace

TEST_CASE("a path is put below the base URL with exactly one slash between") {
  REQUIRE(connected("/a") == "https://api.crm.example/a");
  REQUIRE(connected("a") == "https://api.crm.example/a");
  REQUIRE(connected("/a", "https://api.crm.example/v1/") == "https://api.crm.example/v1/a");
  REQUIRE(connected("", "https://api.crm.example/v1///") == "https://api.crm.example/v1");
  REQUIRE(connected("?a=b") == "https://api.crm.example?a=b");
  REQUIRE(connected("/a?u=https://b.example/") == "https://api.crm.example/a?u=https://b.example/");
}

TEST_CASE("no path takes the credential to another host") {
  for (const char* const path :
       {"https://evil.example/", "HTTP://evil.example", "x://evil.example"}) {
    INFO(path);
    REQUIRE(connected(path) == "invalid_url");
  }
  const std::string home = "https://api.crm.example/";
  for (const char* const path :
       {"@evil.example/", ".evil.example/", ":8080/", "//evil.example", "/\\evil.example",
        "\\\\evil.example", ":@evil.example", "#@evil.example", "\r\nHost: evil.example",
        "https:/evil.example", "javascript:x"}) {
    INFO(path << " -> " << connected(path));
    REQUIRE(connected(path).starts_with(home));
  }
}

TEST_CASE("no path leaves the base URL upwards") {
  for (const char* const path :
       {"/../../evil", "/a/../../b", "..", "/%2e%2E/b", "/a/.", "/a\\..\\b", "./a", "/.%2e/b?q"}) {
    INFO(path);
    REQUIRE(connected(path) == "invalid_url");
  }
  for (const char* const path : {"/a..b", "/..a", "/a?x=/../", "/a/...", "/.well-known/x"}) {
    INFO(path);
    REQUIRE(connected(path).starts_with("https://api.crm.example/"));
  }
}

TEST_CASE("a base URL or path that is no text is refused") {
  RequestValues values = get();
  const auto outcome = connect_request(values, *crm(), nullptr);
  REQUIRE_FALSE(outcome.ok());
  REQUIRE(outcome.error().code == ErrorCode::invalid_url);
  REQUIRE_THAT(outcome.error().message, Catch::Contains("the base URL of \"crm\""));
  values.url = nullptr;
  REQUIRE_FALSE(connect_request(values, *crm(), "https://a").ok());
}

TEST_CASE("a connected request has room for the credential where an own header of that name was") {
  RequestValues values = get("/a");
  values.headers = JsonObject{{"a", "b"}, {"authorization", "mine"}};
  REQUIRE(connect_request(values, *crm(), "https://a").ok());
  REQUIRE(to_text(shown_request(sent(values)).at("headers")) == R"({"a":"b","Authorization":""})");
}

TEST_CASE("a connected request keeps its own authorization when the integration has none") {
  RequestValues values = get("/a");
  values.authorization = RequestAuthorization::Kind::bearer;
  values.authorization_values = JsonObject{{"token", "own"}};
  REQUIRE(connect_request(values, *crm(R"({"type":"none"})"), "https://a").ok());
  REQUIRE(to_text(shown_request(sent(values)).at("headers")) ==
          R"({"Authorization":"Bearer own"})");
}

TEST_CASE("a whole URL below the base URL is sent as it is") {
  REQUIRE(connected("https://api.crm.example/a?b=c") == "https://api.crm.example/a?b=c");
  REQUIRE(connected("https://api.crm.example/v1/a", "https://api.crm.example/v1") ==
          "https://api.crm.example/v1/a");
  REQUIRE(connected("https://api.crm.example/v2", "https://api.crm.example/v1") == "invalid_url");
  REQUIRE(connected("https://api.crm.example/v1/../v2", "https://api.crm.example/v1") ==
          "invalid_url");
}

TEST_CASE("the credential goes to the hosts that the integration names") {
  const auto files = compile_integration(
      "crm", *parse_json(R"({"baseUrl":"https://api.crm.example","hosts":["*.files.example"]})"));
  REQUIRE(files.ok());
  RequestValues values = get("https://eu.files.example/x");
  REQUIRE(connect_request(values, **files, "https://api.crm.example").ok());
  REQUIRE(sent(values).url == "https://eu.files.example/x");
  RequestValues other = get("https://evil.example/x");
  const auto outcome = connect_request(other, **files, "https://api.crm.example");
  REQUIRE_FALSE(outcome.ok());
  REQUIRE_THAT(outcome.error().message, Catch::Contains("one of its `hosts`"));
}

TEST_CASE("a connected request's own authorization wins over the account's") {
  RequestValues values = get("/a");
  values.authorization = RequestAuthorization::Kind::bearer;
  values.authorization_values = JsonObject{{"token", "own"}};
  REQUIRE(connect_request(values, *crm(), "https://a").ok());
  REQUIRE(to_text(shown_request(sent(values)).at("headers")) ==
          R"({"Authorization":"Bearer own"})");
}
