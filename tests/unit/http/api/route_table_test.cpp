// Matching by itself, over tables made here.

#include "http/api/route_table.h"

#include "http/api/api_call.h"
#include "tests/support/catch.h"

#include <vector>

namespace millrace {
namespace {

Result<Reply> nothing(const ApiCall&, ApiServices&) { return no_content(); }

Route route(std::string_view method, std::string_view pattern) {
  Route made;
  made.method = method;
  made.pattern = pattern;
  made.handler = &nothing;
  return made;
}

const std::vector<Route> routes{route("GET", "/a/{x}"),           route("POST", "/a/all"),
                                route("GET", "/a/{y}/c"),         route("PUT", "/a/all/d"),
                                route("ANY", "/p/{i}/{path...}"), route("GET", "/p/{i}/{path...}"),
                                route("DELETE", "/p/{i}/z"),      route("GET", "/")};

/// "GET /a/{x} x=1", or the code of the refusal.
std::string found(std::string_view method, std::string_view path) {
  static const RouteTable table(routes);
  const auto match = table.match(method, path);
  if (!match) return std::string(wire_name(match.error().code));
  std::string text = std::string(match->route->method) + " " + std::string(match->route->pattern);
  for (const auto& [name, value] : match->path_values) {
    text += " " + std::string(name) + "=" + value;
  }
  return text;
}

}  // namespace

TEST_CASE("a literal segment is preferred to a name, whatever the method", "[http]") {
  CHECK(found("GET", "/a/1") == "GET /a/{x} x=1");
  CHECK(found("POST", "/a/all") == "POST /a/all");
  CHECK(found("GET", "/a/all") == "method_not_allowed");
  CHECK(found("POST", "/a/1") == "method_not_allowed");
}

TEST_CASE("a literal that leads nowhere does not hide the name beside it", "[http]") {
  CHECK(found("GET", "/a/all/c") == "GET /a/{y}/c y=all");
  CHECK(found("PUT", "/a/all/d") == "PUT /a/all/d");
  CHECK(found("PUT", "/a/b/d") == "not_found");
}

TEST_CASE("routes of one shape may name their segments differently", "[http]") {
  CHECK(found("GET", "/a/1/c") == "GET /a/{y}/c y=1");
}

TEST_CASE("the rest of a path is given as it was sent, slashes and escapes included", "[http]") {
  CHECK(found("GET", "/p/crm/v1/a%2Fb//c/") == "GET /p/{i}/{path...} i=crm path=v1/a%2Fb//c/");
  CHECK(found("GET", "/p/a%2Fb/x") == "GET /p/{i}/{path...} i=a/b path=x");
  CHECK(found("GET", "/p/crm/") == "GET /p/{i}/{path...} i=crm path=");
  CHECK(found("GET", "/p/crm/../x") == "GET /p/{i}/{path...} i=crm path=../x");
  CHECK(found("GET", "/p/crm") == "not_found");
  CHECK(found("GET", "/p//x") == "not_found");
  CHECK(found("GET", "/p/crm/%zz") == "invalid_request");
}

TEST_CASE("ANY takes the methods that have no route of their own", "[http]") {
  CHECK(found("PATCH", "/p/crm/x") == "ANY /p/{i}/{path...} i=crm path=x");
  CHECK(found("OPTIONS", "/p/crm/x") == "ANY /p/{i}/{path...} i=crm path=x");
  CHECK(found("GET", "/p/crm/x") == "GET /p/{i}/{path...} i=crm path=x");
  CHECK(found("HEAD", "/p/crm/x") == "GET /p/{i}/{path...} i=crm path=x");
  const RouteTable table(routes);
  CHECK(table.allowed_methods("/p/crm/x") == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  CHECK(table.allowed_methods("/a/all") == "POST");
  CHECK(table.allowed_methods("/nowhere").empty());
}

TEST_CASE("literals are compared with what was sent, not with what it decodes to", "[http]") {
  CHECK(found("GET", "/%61/1") == "not_found");
  CHECK(found("GET", "/") == "GET /");
  CHECK(found("GET", "//") == "not_found");
  CHECK(found("GET", "") == "not_found");
  CHECK(found("GET", "a/1") == "not_found");
}

TEST_CASE("a table that contradicts itself is a bug found at once", "[http]") {
  const auto build = [](std::vector<Route> wrong) { RouteTable table(wrong); };
  CHECK_THROWS_AS(build({route("GET", "/a/{x}"), route("GET", "/a/{y}")}), BugFound);
  CHECK_THROWS_AS(build({route("GET", "/{rest...}/a")}), BugFound);
  CHECK_THROWS_AS(build({route("GET", "a")}), BugFound);
  CHECK_THROWS_AS(build({route("GET", "/{a}/{b}/{c}/{d}/{e}")}), BugFound);
  Route without_handler = route("GET", "/a");
  without_handler.handler = nullptr;
  CHECK_THROWS_AS(build({without_handler}), BugFound);
}

}  // namespace millrace
