#include "runtime/digests/sha256.h"

#include "runtime/text/hex_text.h"
#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("the digest of a text is the one that the standard's examples give") {
  // FIPS 180-2, appendix B.
  CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
