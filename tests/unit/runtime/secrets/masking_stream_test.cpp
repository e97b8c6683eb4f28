// Secrets in bytes that pass: found wherever the pieces are cut.

#include "runtime/secrets/masking_stream.h"

#include "tests/support/catch.h"

#include <vector>

namespace millrace {
namespace {

Redaction hiding(const std::vector<std::string>& secrets) {
  Redaction redaction;
  for (const std::string& each : secrets) redaction.add(each, "[credential]");
  return redaction;
}

std::string in_pieces(const Redaction& secrets, const std::string& text, std::size_t size) {
  MaskingStream stream(secrets);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) out += stream.feed(text.substr(at, size));
  return out + stream.finish();
}

}  // namespace

TEST_CASE("a secret is masked wherever the pieces of a body are cut", "[secrets]") {
  const Redaction secrets = hiding({"tok-12345", "tok-1", "pass word"});
  const std::string text =
      R"({"a":"tok-12345","b":"tok-1","c":"tok-123","u":"pass%20word","tail":"tok-1234)";
  const std::string masked =
      R"({"a":"*********","b":"*****","c":"*****23","u":"***********","tail":"*****234)";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    CHECK(in_pieces(secrets, text, size) == masked);
  }
}

TEST_CASE("a masked body is as long as it was", "[secrets]") {
  const Redaction secrets = hiding({"abcdabcd", "dabc"});
  for (const std::string text : {"abcdabcdabc", "xxdabcdabcdabcdyy", "dabcabcdabcd", "", "abcd"}) {
    CAPTURE(text);
    const std::string whole = in_pieces(secrets, text, text.size() + 1);
    CHECK(whole.size() == text.size());
    for (std::size_t size = 1; size < text.size(); ++size) {
      CAPTURE(size);
      CHECK(in_pieces(secrets, text, size) == whole);
    }
  }
}

TEST_CASE("what cannot be the beginning of a secret is not kept back", "[secrets]") {
  MaskingStream stream(hiding({"tok-12345"}));
  CHECK(stream.feed("data: 1\n\n") == "data: 1\n\n");
  CHECK(stream.feed("data: tok-") == "data: ");
  CHECK(stream.feed("9\n\n") == "tok-9\n\n");
  CHECK(stream.feed("tok-12345") == "*********");
  CHECK(stream.finish().empty());
}

TEST_CASE("a long secret that is cut off is masked as far as it goes", "[secrets]") {
  std::string secret;
  for (int i = 0; i < 400; ++i) secret += static_cast<char>('a' + i * 7 % 26);
  const Redaction secrets = hiding({secret});
  const std::string text = "x" + secret.substr(0, 300) + "!" + secret + "y" + secret.substr(0, 256);
  const std::string masked =
      "x" + std::string(300, '*') + "!" + std::string(400, '*') + "y" + std::string(256, '*');
  for (const std::size_t size : {1u, 13u, 255u, 301u, 4'096u}) {
    CAPTURE(size);
    CHECK(in_pieces(secrets, text, size) == masked);
  }
}

TEST_CASE("without secrets everything goes on at once", "[secrets]") {
  MaskingStream stream(Redaction{});
  CHECK(stream.feed("anything") == "anything");
}

}  // namespace millrace
