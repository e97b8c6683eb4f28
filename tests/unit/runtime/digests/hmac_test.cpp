// The published vectors of keyed digests.
#include "runtime/digests/hmac.h"

#include "runtime/text/hex_text.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::string from_1_to(int last) {
  std::string bytes;
  for (int i = 1; i <= last; ++i) bytes += static_cast<char>(i);
  return bytes;
}

struct Vector {
  std::string key;
  std::string text;
  std::string sha256;
  std::string sha512;
};

const Vector vectors[] = {
    {std::string(20, '\x0b'), "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
     "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {std::string(20, '\xaa'), std::string(50, '\xdd'),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
     "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
     "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
    {from_1_to(25), std::string(50, '\xcd'),
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
     "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
     "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
    // Published are its first 128 bits.
    {std::string(20, '\x0c'), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b",
     "415fad6271580a531d4179bc891d87a6"},
    {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
     "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    {std::string(131, '\xaa'),
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
     "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
     "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
};

}  // namespace

TEST_CASE("keyed digests with SHA-256 and SHA-512 are those of RFC 4231") {
  for (const Vector& each : vectors) {
    CAPTURE(each.sha256);
    const auto begin_of = [&](HashAlgorithm algorithm, const std::string& expected) {
      return to_hex(hmac(algorithm, each.key, each.text)).substr(0, expected.size());
    };
    CHECK(begin_of(HashAlgorithm::sha256, each.sha256) == each.sha256);
    CHECK(begin_of(HashAlgorithm::sha512, each.sha512) == each.sha512);
  }
}

TEST_CASE("keyed digests with SHA-1 are those of RFC 2202") {
  const auto hex = [](const std::string& key, const std::string& text) {
    return to_hex(hmac(HashAlgorithm::sha1, key, text));
  };
  for (std::size_t i = 0; i < 5; ++i) {
    const char* const expected[] = {
        "b617318655057264e28bc0b6fb378c8ef146be00", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "125d7342b9ac11cd91a39af48aa17b4f63f175d3", "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
        "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"};
    CHECK(hex(vectors[i].key, vectors[i].text) == expected[i]);
  }
  const std::string long_key(80, '\xaa');
  CHECK(hex(long_key, "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  CHECK(
      hex(long_key, "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data") ==
      "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

TEST_CASE("equal texts are equal, and any difference is one") {
  const std::string text = from_1_to(64);
  CHECK(equal_in_constant_time(text, text));
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time(text, text.substr(1)));
  CHECK_FALSE(equal_in_constant_time(text, text + '\0'));
  CHECK_FALSE(equal_in_constant_time("", std::string(1, 0)));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      CHECK_FALSE(equal_in_constant_time(text, other));
    }
  }
}
