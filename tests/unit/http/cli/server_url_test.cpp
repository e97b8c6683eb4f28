#include "http/cli/server_url.h"

#include "http/cli/api_client.h"
#include "http/cli/terminal.h"
#include "tests/support/catch.h"

#include <CLI/CLI.hpp>

namespace millrace {
namespace {

std::string refusal(const std::string& url) {
  const auto parsed = parse_server_url(url);
  return parsed ? "accepted" : parsed.error().message;
}

std::string missing(const ApiTarget& target) {
  const auto complete = target.check();
  return complete ? "" : complete.error().message;
}

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("the address of a server may end in a slash, and have a path before ours", "[http]") {
  for (const std::string url : {"http://127.0.0.1:8080", "http://127.0.0.1:8080/"}) {
    const auto parsed = parse_server_url(url);
    REQUIRE(parsed.ok());
    CHECK(parsed->origin == "http://127.0.0.1:8080");
    CHECK(parsed->prefix.empty());
    CHECK_FALSE(parsed->is_https);
  }
  const auto proxied = parse_server_url("HTTPS://api.example/millrace//");
  REQUIRE(proxied.ok());
  CHECK(proxied->origin == "https://api.example");
  CHECK(proxied->prefix == "/millrace");
  CHECK(proxied->is_https);
  CHECK(parse_server_url("http://[::1]:8080")->origin == "http://[::1]:8080");
}

TEST_CASE("what is no address of a server is refused with an example of one", "[http]") {
  for (const std::string url :
       {"", "127.0.0.1:8080", "ftp://a", "http://", "http://:80", "http:///x", "http://a?x=1",
        "http://a#x", "http://user@a", "http://a b"}) {
    INFO(url);
    CHECK_THAT(refusal(url), says("--url or MILLRACE_URL takes one such as http://127.0.0.1:8080"));
  }
}

TEST_CASE("what a command is missing is named with option, variable and file", "[http]") {
  CLI::App app;
  ApiTarget target;
  target.add_url_project_and_key(app);
  CHECK_THAT(missing(target),
             says("--project") && says("MILLRACE_PROJECT") && says("project.json"));
  target.project = "demo";
  CHECK_THAT(missing(target), says("--api-key") && says("MILLRACE_API_KEY"));
  target.api_key = "key";
  CHECK(missing(target).empty());
  CLI::App other;
  ApiTarget operators;
  operators.add_admin_key(other);
  CHECK_THAT(missing(operators),
             says("--admin-key") && says("MILLRACE_ADMIN_KEY") && says("DATA-DIR/admin-key"));
  operators.add_url_project_and_key(other);
  operators.project = "demo";
  operators.admin_key = "key";
  CHECK(missing(operators).empty());
  CHECK(operators.key() == "key");
}

TEST_CASE("colour is for terminals that want it", "[http]") {
  CHECK(has_colour({true, false, false}));
  CHECK_FALSE(has_colour({false, false, false}));
  CHECK_FALSE(has_colour({true, true, false}));
  CHECK_FALSE(has_colour({true, false, true}));
}

}  // namespace millrace
