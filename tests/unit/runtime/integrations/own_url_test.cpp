#include "runtime/integrations/own_url.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

bool is_own(const std::string& url, const std::string& base = "https://api.crm.example/v1/",
            const std::vector<std::string>& hosts = {}) {
  return is_own_url(url, base, hosts);
}

}  // namespace

TEST_CASE("a whole URL below the base URL is the integration's own", "[own_url]") {
  for (const char* const url :
       {"https://api.crm.example/v1", "https://api.crm.example/v1/",
        "https://api.crm.example/v1/a?b=c", "https://api.crm.example/v1?a=b",
        "HTTPS://API.crm.example:443/v1/a"}) {
    INFO(url);
    CHECK(is_own(url));
  }
  for (const char* const url :
       {"https://api.crm.example/", "https://api.crm.example/v10", "https://api.crm.example/v2/a",
        "http://api.crm.example/v1/a", "https://api.crm.example:8443/v1/a"}) {
    INFO(url);
    CHECK_FALSE(is_own(url));
  }
  CHECK(is_own("http://127.0.0.1:8080/a", "http://127.0.0.1:8080"));
}

TEST_CASE("a host that is listed is reached over https on its usual port", "[own_url]") {
  const std::string base = "https://api.crm.example";
  CHECK(is_own("https://files.crm.example/x", base, {"files.crm.example"}));
  CHECK(is_own("https://eu1.files.crm.example/x", base, {"*.crm.example"}));
  CHECK_FALSE(is_own("https://crm.example/x", base, {"*.crm.example"}));
  CHECK_FALSE(is_own("https://evilcrm.example/x", base, {"*.crm.example"}));
  CHECK_FALSE(is_own("http://files.crm.example/x", base, {"*.crm.example"}));
  CHECK_FALSE(is_own("https://files.crm.example:8443/x", base, {"*.crm.example"}));
}

TEST_CASE("a URL whose host could be read in two ways is nobody's", "[own_url]") {
  for (const char* const url :
       {"https://api.crm.example@evil.example/v1/", "https://api.crm.example\\@evil.example/v1/",
        "https://evil.example\\.crm.example/", "https://evil.example#.crm.example/v1/",
        "https://evil.example?.crm.example/v1/", "https://api.crm.example\r\n.evil.example/v1/",
        "https://api.crm.example%2eevil.example/v1/", "https:///api.crm.example/v1/",
        "https://api.crm.example:443@evil.example/v1/", "https:/api.crm.example/v1/",
        "ftp://api.crm.example/v1/", "https://[::1]/v1/", "", "https://"}) {
    INFO(url);
    CHECK_FALSE(is_own(url, "https://api.crm.example/v1", {"*.crm.example"}));
  }
}
