#include "runtime/requests/outgoing_request.h"

#include "tests/support/catch.h"
#include "tests/support/request_script.h"
#include "tests/support/simulated_files.h"

using namespace millrace;

namespace {

using AuthKind = RequestAuthorization::Kind;

RequestValues get(std::string url = "https://a.example/x") {
  RequestValues values;
  values.method = "GET";
  values.url = std::move(url);
  return values;
}

RequestValues post(BodyKind kind, Json body) {
  RequestValues values = get();
  values.method = "POST";
  values.body_kind = kind;
  values.body = std::move(body);
  return values;
}

const FileBytes no_files = [](const FileHandle&) { return SharedBytes(); };

HttpRequest sent(const RequestValues& values, const FileBytes& files = no_files) {
  auto outgoing = outgoing_request(values);
  if (!outgoing) FAIL(outgoing.error().message);
  auto http = send_with(std::move(*outgoing), files);
  if (!http) FAIL(http.error().message);
  return std::move(*http);
}

/// Headers and body.
std::string shown(const RequestValues& values) {
  const JsonObject all = shown_request(sent(values));
  JsonObject shown{{"headers", all.at("headers")}};
  if (const Json* const body = all.if_contains("body")) shown.emplace("body", *body);
  return to_text(shown);
}

std::string url(RequestValues values, Json params) {
  values.params = std::move(params);
  return sent(values).url;
}

/// "code message" of a request that cannot be made.
std::string refusal(const RequestValues& values) {
  const auto outgoing = outgoing_request(values);
  REQUIRE_FALSE(outgoing.ok());
  return std::string(wire_name(outgoing.error().code)) + ' ' + outgoing.error().message;
}

}  // namespace

TEST_CASE("params are added behind what the URL has and before its fragment is cut") {
  REQUIRE(url(get("https://a.example"), {{"a", 1}}) == "https://a.example?a=1");
  REQUIRE(url(get("https://a.example/?b=2"), {{"a", 1}}) == "https://a.example/?b=2&a=1");
  REQUIRE(url(get("https://a.example/?"), {{"a", 1}}) == "https://a.example/?a=1");
  REQUIRE(url(get("https://a.example/?b&"), {{"a", 1}}) == "https://a.example/?b&a=1");
  REQUIRE(url(get("https://a.example/#x?y"), {{"a", 1}}) == "https://a.example/?a=1");
  REQUIRE(url(get("https://a.example/#x"), nullptr) == "https://a.example/");
  REQUIRE(url(get("https://a.example/"), JsonObject()) == "https://a.example/");
}

TEST_CASE("null is left out of params, also inside an array, and an empty array is nothing") {
  REQUIRE(url(get(), {{"a", nullptr}, {"b", JsonArray{1, nullptr, "x"}}, {"c", JsonArray()}}) ==
          "https://a.example/x?b=1&b=x");
}

TEST_CASE("a URL must be http or https and text") {
  for (const char* const bad : {"ftp://a.example", "file:///etc/passwd", "a.example", "//a.example",
                                "", "https:/a.example", "javascript:alert(1)", " https://a"}) {
    INFO(bad);
    REQUIRE(refusal(get(bad)) == "invalid_url \"url\" must begin with http:// or https://");
  }
  RequestValues none = get();
  none.url = nullptr;
  REQUIRE_THAT(refusal(none), Catch::StartsWith("invalid_url \"url\" must be text, got null"));
  none.url = JsonArray();
  REQUIRE_THAT(refusal(none), Catch::StartsWith("invalid_url"));
  REQUIRE(sent(get("HTTPS://A.example/x")).url == "HTTPS://A.example/x");
}

TEST_CASE("a line break in a URL is escaped and cannot begin a header") {
  REQUIRE(sent(get("https://a.example/x\r\nHost: evil.example")).url ==
          "https://a.example/x%0D%0AHost:%20evil.example");
}

TEST_CASE("headers are text, and null leaves them out") {
  RequestValues values = get();
  values.headers = JsonObject{{"a", "b"}, {"n", 1.5}, {"t", true}, {"x", nullptr}};
  REQUIRE(shown(values) == R"({"headers":{"a":"b","n":"1.5","t":"true"}})");
  values.headers = JsonObject{{"a", JsonArray()}};
  REQUIRE(refusal(values) == "type_mismatch header \"a\" must be text, got array");
  values.headers = "a: b";
  REQUIRE(refusal(values) == "type_mismatch \"headers\" must be an object, got string");
}

TEST_CASE("a header that would begin another one is refused without its value") {
  for (const char* const value : {"a\r\nx: y", "a\nb", "a\rb", "\x7f"}) {
    RequestValues values = get();
    values.headers = JsonObject{{"x-name", value}};
    REQUIRE(refusal(values) ==
            "invalid_parameters header \"x-name\" has a line break or a control character in its "
            "value");
  }
  RequestValues values = get();
  values.headers = JsonObject{{"x-a: b\r\nx-c", "d"}};
  REQUIRE_THAT(refusal(values), Catch::Contains("has a name that no header may have"));
}

TEST_CASE("authorization cannot smuggle in a header and its value is never named") {
  RequestValues values = get();
  values.authorization = AuthKind::bearer;
  values.authorization_values = JsonObject{{"token", "s3cret\r\nx-admin: true"}};
  REQUIRE_THAT(refusal(values),
               Catch::StartsWith("invalid_parameters") && !Catch::Contains("s3cret"));
  values.authorization = AuthKind::header;
  values.authorization_values = JsonObject{{"name", "x\r\ny"}, {"value", "s3cret"}};
  REQUIRE_THAT(refusal(values),
               Catch::StartsWith("invalid_parameters") && !Catch::Contains("s3cret"));
  values.authorization_values = JsonObject{{"name", "x"}, {"value", nullptr}};
  REQUIRE_THAT(refusal(values), Catch::Contains("\"authorization\": \"value\" must be text"));
}

TEST_CASE("authorization takes the place of own headers of that name in any case") {
  RequestValues values = get();
  values.headers = JsonObject{{"AUTHORIZATION", "mine"}, {"x", "y"}};
  values.authorization = AuthKind::bearer;
  values.authorization_values = JsonObject{{"token", "t"}};
  REQUIRE(shown(values) == R"({"headers":{"x":"y","Authorization":"Bearer t"}})");
}

TEST_CASE("an own Content-Type is kept in any case, but for forms with parts") {
  RequestValues values = post(BodyKind::json, 1);
  values.headers = JsonObject{{"CONTENT-TYPE", "a/b"}};
  REQUIRE(shown(values) == R"({"headers":{"CONTENT-TYPE":"a/b"},"body":"1"})");
  values = post(BodyKind::form_data, JsonObject{{"a", "b"}});
  values.headers = JsonObject{{"Content-type", "multipart/form-data; boundary=x"}};
  REQUIRE(shown(values) == R"({"headers":{},"body":[{"name":"a","body":"b"}]})");
}

TEST_CASE("forms need an object") {
  for (const BodyKind kind : {BodyKind::form_data, BodyKind::form_urlencoded}) {
    REQUIRE(refusal(post(kind, "a=b")) == "type_mismatch \"body\" must be an object, got string");
    REQUIRE(refusal(post(kind, JsonArray())) ==
            "type_mismatch \"body\" must be an object, got array");
  }
  REQUIRE(shown(post(BodyKind::form_urlencoded, nullptr)) ==
          R"({"headers":{"Content-Type":"application/x-www-form-urlencoded"},"body":""})");
}

TEST_CASE("XML needs text and raw takes whatever there is") {
  REQUIRE(refusal(post(BodyKind::xml, nullptr)) == "type_mismatch \"body\" must be text, got null");
  REQUIRE(refusal(post(BodyKind::xml, JsonObject())) ==
          "type_mismatch \"body\" must be text, got object");
  REQUIRE(shown(post(BodyKind::raw, JsonObject{{"a", 1}})) ==
          R"({"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"{\"a\":1}"})");
  REQUIRE(shown(post(BodyKind::raw, nullptr)) ==
          R"({"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":""})");
}

TEST_CASE("the files of a request are those of its body, wherever they stand") {
  SimulatedFiles files;
  const FileHandle a = files.keep("AAAA");
  const FileHandle b = files.keep("BBBB");
  const auto files_in = [](const RequestValues& values) {
    return files_of(*outgoing_request(values));
  };
  const Json file = file_object({"a.bin", "", a});
  using Files = std::vector<FileHandle>;
  REQUIRE(files_in(get()).empty());
  REQUIRE(files_in(post(BodyKind::raw, file)) == Files{a});
  REQUIRE(files_in(post(BodyKind::json, JsonArray{file, to_text(b), file})) == Files{a, b});
  REQUIRE(files_in(post(BodyKind::form_data, {{"f", file}, {"t", "x " + to_text(b)}})) ==
          Files{a, b});
  REQUIRE(files_in(post(BodyKind::form_urlencoded, {{"t", to_text(b)}})) == Files{b});

  const auto http = sent(post(BodyKind::form_urlencoded, {{"f", file}}), files.reader());
  REQUIRE(*http.body ==
          "f=%7B%22name%22%3A%22a.bin%22%2C%22data%22%3A%2241414141%22%2C%22mimeType%22%3A%22%22%2C"
          "%22dataType%22%3A%22FILE%22%7D");
  const auto raw = sent(post(BodyKind::raw, file), files.reader());
  REQUIRE(*raw.body == "AAAA");
  REQUIRE(raw.headers[0].value == "application/octet-stream");
}

TEST_CASE("a whole file that the run does not have cannot be sent, a handle in a text stays") {
  SimulatedFiles others;
  const Json file = file_object({"a", "a/b", others.keep("AAAA")});
  for (const auto& values :
       {post(BodyKind::raw, file), post(BodyKind::form_data, JsonObject{{"f", file}})}) {
    const auto http = send_with(*outgoing_request(values), no_files);
    REQUIRE_FALSE(http.ok());
    REQUIRE(http.error().code == ErrorCode::invalid_file);
  }
  const auto http = sent(post(BodyKind::json, file), no_files);
  REQUIRE_THAT(*http.body, Catch::Contains("millrace-file:41414141"));
}

TEST_CASE("a file part without a name has one and the name of a part stays as it is") {
  SimulatedFiles files;
  const Json file = file_object({"", "", files.keep("A")});
  const auto http = sent(post(BodyKind::form_data, JsonObject{{"", file}}), files.reader());
  REQUIRE(http.parts.size() == 1);
  REQUIRE(http.parts[0].name.empty());
  REQUIRE(http.parts[0].file_name == "file");
}

TEST_CASE("client credentials carry their parts and the scope may be absent") {
  RequestValues values = get();
  values.authorization = AuthKind::client_credentials;
  values.authorization_values =
      JsonObject{{"tokenUrl", "https://t"}, {"clientId", "i"}, {"clientSecret", "s"}};
  REQUIRE(sent(values).client_credentials == ClientCredentials{"https://t", "i", "s", ""});
  values.authorization_values.get_object().erase("clientSecret");
  REQUIRE_THAT(refusal(values), Catch::Contains("\"clientSecret\" must be text, got null"));
}

TEST_CASE("a GraphQL body that is text is the query alone") {
  REQUIRE(sent(post(BodyKind::graphql, "{ a }")).body->compare(R"({"query":"{ a }"})") == 0);
  REQUIRE(
      sent(post(BodyKind::graphql, {{"query", "{ a }"}})).body->compare(R"({"query":"{ a }"})") ==
      0);
  REQUIRE(sent(post(BodyKind::json, "{ a }")).body->compare(R"("{ a }")") == 0);
}
