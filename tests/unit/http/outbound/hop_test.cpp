#include "http/outbound/hop.h"

#include "http/outbound/request_headers.h"
#include "runtime/outbound/request_secrets.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

HttpRequest post(std::string url) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Authorization", "Bearer t"}, {"Content-Type", "text/plain"}, {"X-Own", "1"}};
  request.body = std::make_shared<const std::string>("body");
  return request;
}

Hop hop_to(std::string url) {
  HttpRequest request = post(std::move(url));
  auto hop = first_hop(request, "");
  REQUIRE(hop.ok());
  return std::move(*hop);
}

HttpResponse redirect(int status, std::string location) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"location", std::move(location)}};
  return response;
}

}  // namespace

TEST_CASE("only a status that redirects, with a place to go, is a redirect", "[outbound]") {
  for (const int status : {301, 302, 303, 307, 308}) CHECK(is_redirect(redirect(status, "/b")));
  for (const int status : {200, 300, 304, 404}) CHECK_FALSE(is_redirect(redirect(status, "/b")));
  CHECK_FALSE(is_redirect(redirect(302, "")));
  CHECK_FALSE(is_redirect(HttpResponse{302, {}, nullptr}));
}

TEST_CASE("a redirect within the origin keeps what proves who calls", "[outbound]") {
  Hop hop = hop_to("https://a.example/one");
  const auto origin = follow(hop, redirect(307, "/two"));
  REQUIRE(origin.ok());
  CHECK(*origin == Origin::same);
  CHECK(hop.url.text == "https://a.example/two");
  CHECK(has_header(hop.headers, "authorization"));
  CHECK(hop.method == "POST");
  CHECK(*hop.body == "body");
}

TEST_CASE("a redirect to another origin leaves out what proves who calls", "[outbound]") {
  Hop hop = hop_to("https://a.example/one");
  const auto origin = follow(hop, redirect(308, "https://b.example/"));
  REQUIRE(origin.ok());
  CHECK(*origin == Origin::other);
  CHECK_FALSE(has_header(hop.headers, "authorization"));
  CHECK(has_header(hop.headers, "x-own"));
}

TEST_CASE("a header that holds a secret goes to no other origin, whatever it is called",
          "[outbound]") {
  HttpRequest request = post("https://a.example/one?k=hunter2");
  request.headers = {{"X-App", "app hunter2"}, {"X-Basic", "aHVudGVyMg=="}, {"X-Own", "1"}};
  Redaction secrets;
  secrets.add("hunter2", "[secret KEY]");
  add_secrets(request, secrets);
  const Hop first = *first_hop(request, "");
  Hop hop = first;
  REQUIRE(follow(hop, redirect(307, "/two")).ok());
  CHECK(has_header(hop.headers, "x-app"));
  for (const char* const elsewhere : {"https://b.example/", "https://a.example:8443/"}) {
    INFO(elsewhere);
    hop = first;
    REQUIRE(follow(hop, redirect(307, elsewhere)).ok());
    CHECK_FALSE(has_header(hop.headers, "x-app"));
    CHECK_FALSE(has_header(hop.headers, "x-basic"));
    CHECK(has_header(hop.headers, "x-own"));
    CHECK(hop.url.text.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a body that holds a secret goes to no other origin", "[outbound]") {
  Redaction secrets;
  secrets.add("hunter2", "[secret KEY]");
  HttpRequest whole = post("https://a.example/one");
  whole.body = std::make_shared<const std::string>(R"({"key":"hunter2"})");
  HttpRequest form = post("https://a.example/one");
  form.body = nullptr;
  form.parts = {{"key", "", "", std::make_shared<const std::string>("hunter2")}};
  for (HttpRequest request : {whole, form}) {
    add_secrets(request, secrets);
    Hop hop = *first_hop(request, "B");
    const auto refused = follow(hop, redirect(307, "https://b.example/"));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::request_rejected);
    CHECK_THAT(refused.error().message,
               Catch::Contains("b.example") && !Catch::Contains("hunter2"));
    CHECK(hop.url.host == "a.example");
    REQUIRE(follow(hop, redirect(308, "/two")).ok());
    // Without its body there is nothing to keep.
    REQUIRE(follow(hop, redirect(303, "https://b.example/")).ok());
    CHECK(hop.method == "GET");
  }
}

TEST_CASE("a redirect that turns a POST into a GET leaves out the body and its headers",
          "[outbound]") {
  for (const int status : {301, 302, 303}) {
    Hop hop = hop_to("https://a.example/one");
    REQUIRE(follow(hop, redirect(status, "two")).ok());
    CHECK(hop.method == "GET");
    CHECK(hop.body == nullptr);
    CHECK_FALSE(has_header(hop.headers, "content-type"));
    CHECK(has_header(hop.headers, "x-own"));
  }
}

TEST_CASE("a redirect to no URL leaves the hop as it was", "[outbound]") {
  Hop hop = hop_to("https://a.example/one");
  CHECK_FALSE(follow(hop, redirect(302, "ftp://a.example/")).ok());
  CHECK(hop.url.text == "https://a.example/one");
  CHECK(hop.method == "POST");
}

TEST_CASE("what a request cannot carry is no hop", "[outbound]") {
  HttpRequest bad_url = post("nowhere");
  CHECK(first_hop(bad_url, "").error().code == ErrorCode::invalid_url);
  HttpRequest bad_header = post("https://a.example");
  bad_header.headers.push_back({"X", "a\r\nb"});
  CHECK(first_hop(bad_header, "").error().code == ErrorCode::invalid_parameters);
}

}  // namespace millrace
