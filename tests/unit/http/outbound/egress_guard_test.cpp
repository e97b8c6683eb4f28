#include "http/outbound/egress_guard.h"

#include "tests/support/catch.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace {
namespace {

std::string judged(const EgressGuard& guard, const std::string& text) {
  const auto address = IpAddress::parse(text);
  REQUIRE(address);
  return std::string(guard.objection(*address).value_or("open"));
}

EgressGuard allowing(const std::vector<std::string>& texts) {
  std::vector<IpRange> ranges;
  for (const auto& text : texts) ranges.push_back(IpRange::parse(text).value());
  return EgressGuard(ranges);
}

}  // namespace

TEST_CASE("without permission only the public internet may be reached", "[outbound]") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"127.0.0.1", "a loopback address"},
      {"127.255.255.255", "a loopback address"},
      {"10.0.0.0", "a private address"},
      {"10.255.255.255", "a private address"},
      {"172.16.0.0", "a private address"},
      {"172.31.255.255", "a private address"},
      {"192.168.0.1", "a private address"},
      {"169.254.169.254", "a link-local address"},
      {"100.64.0.0", "a carrier-grade NAT address"},
      {"100.127.255.255", "a carrier-grade NAT address"},
      {"0.0.0.0", "an unspecified address"},
      {"0.1.2.3", "an unspecified address"},
      {"192.0.0.192", "a reserved address"},
      {"192.0.2.1", "a documentation address"},
      {"198.51.100.7", "a documentation address"},
      {"203.0.113.7", "a documentation address"},
      {"198.18.0.1", "a benchmark address"},
      {"198.19.255.255", "a benchmark address"},
      {"192.88.99.1", "a reserved address"},
      {"168.63.129.16", "a metadata address"},
      {"224.0.0.1", "a multicast address"},
      {"239.255.255.255", "a multicast address"},
      {"240.0.0.1", "a reserved address"},
      {"255.255.255.255", "a broadcast address"},
      {"::", "an unspecified address"},
      {"::1", "a loopback address"},
      {"fe80::1", "a link-local address"},
      {"febf::1", "a link-local address"},
      {"fc00::1", "a private address"},
      {"fd00:ec2::254", "a private address"},
      {"fec0::1", "a private address"},
      {"ff02::1", "a multicast address"},
      {"2001:db8::1", "a documentation address"},
      {"3fff::1", "a documentation address"},
      {"2001::1", "a reserved address"},
      {"2001:2::1", "a benchmark address"},
      {"100::1", "a reserved address"},
      {"64:ff9b:1::1", "a reserved address"},
      {"4000::1", "a reserved address"},
      {"::7f00:1", "a reserved address"},
  };
  const EgressGuard guard;
  for (const auto& [address, expected] : table) {
    INFO(address);
    CHECK(judged(guard, address) == expected);
  }
  for (const char* const address :
       {"1.1.1.1",       "9.255.255.255",   "11.0.0.0",     "100.63.255.255",
        "100.128.0.0",   "126.255.255.255", "128.0.0.1",    "169.253.255.255",
        "169.255.0.0",   "172.15.255.255",  "172.32.0.0",   "192.167.255.255",
        "192.169.0.0",   "198.17.255.255",  "198.20.0.0",   "223.255.255.255",
        "168.63.129.17", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"}) {
    INFO(address);
    CHECK(judged(guard, address) == "open");
  }
}

TEST_CASE("an IPv6 address is judged by the IPv4 address that it carries", "[outbound]") {
  const EgressGuard guard;
  CHECK(judged(guard, "::ffff:127.0.0.1") == "a loopback address");
  CHECK(judged(guard, "::ffff:169.254.169.254") == "a link-local address");
  CHECK(judged(guard, "::ffff:0:10.0.0.1") == "a private address");
  CHECK(judged(guard, "64:ff9b::10.0.0.1") == "a private address");
  CHECK(judged(guard, "2002:c0a8:0101::1") == "a private address");
  CHECK(judged(guard, "2002:7f00:0001::") == "a loopback address");
  CHECK(judged(guard, "::ffff:1.1.1.1") == "open");
  CHECK(judged(guard, "64:ff9b::1.1.1.1") == "open");
  CHECK(judged(guard, "2002:0101:0101::1") == "open");
}

TEST_CASE("an allowed range opens its addresses and no others", "[outbound]") {
  const auto guard = allowing({"127.0.0.1", "10.1.0.0/16", "fd00::/8"});
  CHECK(judged(guard, "127.0.0.1") == "open");
  CHECK(judged(guard, "127.0.0.2") == "a loopback address");
  CHECK(judged(guard, "10.1.255.255") == "open");
  CHECK(judged(guard, "10.2.0.0") == "a private address");
  CHECK(judged(guard, "fd12::1") == "open");
  CHECK(judged(guard, "fc12::1") == "a private address");
  CHECK(judged(guard, "::ffff:127.0.0.1") == "open");
  CHECK(judged(guard, "64:ff9b::127.0.0.2") == "a loopback address");
}

TEST_CASE("everything of one family can be allowed without the other", "[outbound]") {
  CHECK(judged(allowing({"0.0.0.0/0"}), "127.0.0.1") == "open");
  CHECK(judged(allowing({"0.0.0.0/0"}), "::1") == "a loopback address");
  CHECK(judged(allowing({"::/0"}), "::1") == "open");
  CHECK(judged(allowing({"::/0"}), "127.0.0.1") == "a loopback address");
  CHECK(judged(allowing({"::ffff:10.0.0.0/104"}), "10.9.9.9") == "open");
}

TEST_CASE("a range that cannot be read is refused with what is wrong", "[outbound]") {
  const auto why = [](const std::string& text) {
    const auto range = IpRange::parse(text);
    REQUIRE_FALSE(range.ok());
    return range.error().message;
  };
  CHECK_THAT(why(""), Catch::Contains("for example 10.0.0.0/8"));
  CHECK_THAT(why("localhost"), Catch::Contains("for example"));
  CHECK_THAT(why("10.0.0/8"), Catch::Contains("for example"));
  CHECK_THAT(why("10.0.0.0/33"), Catch::Contains("0 to 32"));
  CHECK_THAT(why("10.0.0.0/"), Catch::Contains("0 to 32"));
  CHECK_THAT(why("10.0.0.0/8x"), Catch::Contains("0 to 32"));
  CHECK_THAT(why("::/129"), Catch::Contains("0 to 128"));
  CHECK_THAT(why("10.1.2.3/8"), Catch::Contains("the range is 10.0.0.0/8"));
  CHECK_THAT(why(std::string("10.0.0.1\0", 9)), Catch::Contains("no range"));
  CHECK(IpRange::parse("127.0.0.1").value().text() == "127.0.0.1/32");
  CHECK(IpRange::parse("::1").value().text() == "::1/128");
}

}  // namespace millrace
