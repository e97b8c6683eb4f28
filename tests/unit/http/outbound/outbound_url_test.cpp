#include "http/outbound/outbound_url.h"

#include "tests/support/catch.h"

#include <string>

namespace millrace {
namespace {

std::string refused(const std::string& text) {
  const auto url = parse_outbound_url(text);
  REQUIRE_FALSE(url.ok());
  CHECK(url.error().code == ErrorCode::invalid_url);
  return url.error().message;
}

OutboundUrl parsed(const std::string& text) { return parse_outbound_url(text).value(); }

}  // namespace

TEST_CASE("a URL is read into what a connection needs", "[outbound]") {
  const auto url = parsed("HTTPS://API.Example:8443/a%20b?c=d#e");
  CHECK(url.scheme == "https");
  CHECK(url.host == "api.example");
  CHECK(url.port == 8443);
  CHECK(url.text.find('#') == std::string::npos);
  CHECK(url.shown() == "api.example:8443");
  CHECK(parsed("http://h").port == 80);
  CHECK(parsed("https://h").port == 443);
  CHECK(parsed("http://[::1]:81/").host == "::1");
  CHECK(parsed("http://[::1]:81/").shown() == "[::1]:81");
  // However an IPv4 address is written, it is seen.
  CHECK(parsed("http://0x7f.1/").host == "127.0.0.1");
  CHECK(parsed("http://2130706433/").host == "127.0.0.1");
}

TEST_CASE("an international host is called by its ASCII name", "[outbound]") {
  for (const char* const text : {"http://bücher.example/a", "http://B%C3%BCcher.example/a",
                                 "http://xn--bcher-kva.example/a", "http://BÜCHER。example/a"}) {
    INFO(text);
    CHECK(parsed(text).host == "xn--bcher-kva.example");
    CHECK(parsed(text).text == "http://xn--bcher-kva.example/a");
  }
  CHECK(follow_location(parsed("https://a.example/"), "https://straße.example/").value().host ==
        "xn--strae-oqa.example");
  // Digits of another script make an address like any other.
  CHECK(parsed("http://１２７.1/").host == "127.0.0.1");
  CHECK_THAT(refused("http://a\u200e.example/"), Catch::Contains("international"));
}

TEST_CASE("a URL that cannot be called is refused without showing it", "[outbound]") {
  CHECK_THAT(refused("ftp://h/"), Catch::Contains("\"ftp\""));
  CHECK_THAT(refused("file:///etc/passwd"), Catch::Contains("\"file\""));
  CHECK_THAT(refused("gopher://h/"), Catch::Contains("\"gopher\""));
  CHECK_THAT(refused("http://user:secret@h/"), Catch::Contains("user name or password"));
  CHECK_THAT(refused("http://user@h/"), Catch::Contains("user name or password"));
  for (const char* const broken :
       {"", "/path", "h.example/path", "http://", "http://h:99999/", "http://h:0/", "http://a b/",
        "http://h/\r\nX: y", "http://[::1/", "http://h/a b"}) {
    INFO(broken);
    refused(broken);
  }
  CHECK_THAT(refused("http://h/?" + std::string(70'000, 'a')), Catch::Contains("64 KiB"));
  refused(std::string("http://h/\0secret", 16));
  CHECK(refused("http://user:secret@h/?token=secret").find("secret") == std::string::npos);
}

TEST_CASE("a redirect is resolved against the URL that it comes from", "[outbound]") {
  const auto base = parsed("https://a.example/x/y?z");
  CHECK(follow_location(base, "w").value().text == "https://a.example/x/w");
  CHECK(follow_location(base, "/w?q").value().text == "https://a.example/w?q");
  CHECK(follow_location(base, "//b.example/w").value().host == "b.example");
  CHECK(follow_location(base, "https://b.example:444/w").value().port == 444);
  CHECK(follow_location(base, "/a b").value().text == "https://a.example/a%20b");
  CHECK(follow_location(base, "/w").value().same_origin(base));
  CHECK_FALSE(follow_location(base, "https://a.example:444/").value().same_origin(base));
  CHECK(follow_location(base, "file:///etc/passwd").error().code == ErrorCode::invalid_url);
  CHECK(follow_location(base, "javascript:alert(1)").error().code == ErrorCode::invalid_url);
  CHECK(follow_location(base, "https://u:p@b.example/").error().code == ErrorCode::invalid_url);
  CHECK(follow_location(base, "http://a.example/").error().code == ErrorCode::bad_response);
  CHECK(follow_location(parsed("http://a.example/"), "https://a.example/").ok());
}

}  // namespace millrace
