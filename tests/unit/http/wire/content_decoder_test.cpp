#include "http/wire/content_decoder.h"

#include "tests/support/catch.h"
#include "tests/support/packed.h"
#include "tests/support/seeded_random.h"

#include <algorithm>
#include <string>
#include <vector>

namespace millrace::tests {
namespace {

using Verdict = ContentDecoder::Verdict;

/// What became of a whole body that arrived in pieces of `step` bytes.
struct Decoded {
  std::string text;
  std::string end;  // "whole", "cut", "broken", "refused"
};
Decoded decode(ContentCoding coding, std::string_view bytes, std::size_t step = 1 << 20,
               std::size_t bytes_max = 1 << 24) {
  ContentDecoder decoder(coding);
  Decoded result;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    // A copy of its own, so that a sanitizer sees any read beyond it.
    const std::vector<char> piece(bytes.begin(),
                                  bytes.begin() + static_cast<long>(std::min(step, bytes.size())));
    const auto verdict = decoder.feed({piece.data(), piece.size()}, [&](std::string_view block) {
      if (block.size() > bytes_max - result.text.size()) return false;
      result.text += block;
      return true;
    });
    if (verdict == Verdict::good) continue;
    result.end = verdict == Verdict::broken ? "broken" : "refused";
    return result;
  }
  result.end = decoder.is_whole() ? "whole" : "cut";
  return result;
}

struct Form {
  const char* name;
  ContentCoding coding;
  std::string (*pack)(std::string_view);
};
const std::vector<Form> forms = {{"gzip", ContentCoding::gzip, &gzip},
                                 {"zlib", ContentCoding::deflate, &zlib_deflate},
                                 {"bare", ContentCoding::deflate, &bare_deflate}};

std::string some_text(SeededRandom& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += random.one_of(1, 3) ? std::string(random.below(40), 'a')
                                : std::string(1, static_cast<char>(random.below(256)));
  }
  return text;
}

}  // namespace

TEST_CASE("what was packed comes out again, whole or in pieces of any size", "[outbound]") {
  SeededRandom random(1);
  for (const Form& form : forms) {
    for (const std::size_t size :
         {0u, 1u, 2u, 100u, 16'383u, 16'384u, 16'385u, 32'768u, 100'000u}) {
      const std::string text = some_text(random, size);
      const std::string bytes = form.pack(text);
      for (const std::size_t step : {1u, 2u, 3u, 7u, 1'000u, 1'000'000u}) {
        INFO(form.name << ", " << size << " bytes, pieces of " << step);
        const Decoded decoded = decode(form.coding, bytes, step);
        CHECK(decoded.end == "whole");
        CHECK(decoded.text == text);
      }
    }
  }
}

TEST_CASE("zlib's frame is known at every level, and stored data needs no packing", "[outbound]") {
  const std::string text(5'000, 'x');
  for (int level = 0; level <= 9; ++level) {
    for (int bits = 9; bits <= MAX_WBITS; ++bits) {
      INFO("level " << level << ", window " << bits);
      CHECK(decode(ContentCoding::deflate, packed(text, bits, level), 1).text == text);
      CHECK(decode(ContentCoding::deflate, packed(text, -bits, level), 1).text == text);
    }
  }
}

TEST_CASE("a body that is cut anywhere is not whole, but for nothing at all", "[outbound]") {
  SeededRandom random(2);
  const std::string text = some_text(random, 1'500);
  for (const Form& form : forms) {
    const std::string bytes = form.pack(text);
    CHECK(decode(form.coding, "").end == "whole");
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      INFO(form.name << " cut at " << cut << " of " << bytes.size());
      const Decoded decoded = decode(form.coding, std::string_view(bytes).substr(0, cut));
      CHECK(decoded.end == "cut");
      CHECK(text.starts_with(decoded.text));
    }
  }
}

TEST_CASE("the members of a gzip body follow each other, and the last one must end too",
          "[outbound]") {
  const std::string bytes = gzip("one, ") + gzip("") + gzip("two");
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const Decoded decoded = decode(ContentCoding::gzip, bytes, step);
    CHECK(decoded.end == "whole");
    CHECK(decoded.text == "one, two");
  }
  std::size_t whole = 0;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    whole += decode(ContentCoding::gzip, std::string_view(bytes).substr(0, cut)).end == "whole";
  }
  CHECK(whole == 2);  // exactly between members
}

TEST_CASE("what follows the end of a body makes it broken", "[outbound]") {
  for (const Form& form : forms) {
    for (const std::string& rest : {std::string("x"), std::string(1, '\0'), std::string(512, '\0'),
                                    std::string("trailing garbage"), zlib_deflate("again")}) {
      for (const std::size_t step : {1u, 1'000u}) {
        INFO(form.name << ", " << rest.size() << " bytes more, pieces of " << step);
        const std::string end = decode(form.coding, form.pack("hello") + rest, step).end;
        // One byte of a gzip header that is not one may wait for the second.
        CHECK((end == "broken" ||
               (form.coding == ContentCoding::gzip && rest.size() == 1 && end == "cut")));
      }
    }
  }
  CHECK(decode(ContentCoding::deflate, zlib_deflate("a") + zlib_deflate("b")).end == "broken");
}

TEST_CASE("bytes that are no such stream are broken", "[outbound]") {
  CHECK(decode(ContentCoding::gzip, "this is no gzip").end == "broken");
  CHECK(decode(ContentCoding::gzip, zlib_deflate("zlib")).end == "broken");
  CHECK(decode(ContentCoding::gzip, bare_deflate("bare")).end == "broken");
  CHECK(decode(ContentCoding::deflate, gzip("gzip")).end == "broken");
  CHECK(decode(ContentCoding::deflate, "\x07\xff").end == "broken");
}

TEST_CASE("a checksum or a length that is wrong makes a body broken", "[outbound]") {
  const std::string text(3'000, 'c');
  for (const std::size_t from_end : {1u, 4u, 5u, 8u}) {
    std::string bytes = gzip(text);
    bytes[bytes.size() - from_end] ^= 1;
    CHECK(decode(ContentCoding::gzip, bytes).end == "broken");
  }
  std::string bytes = zlib_deflate(text);
  bytes.back() ^= 1;
  CHECK(decode(ContentCoding::deflate, bytes).end == "broken");
}

TEST_CASE("random damage is never taken for the body, and harms nothing", "[outbound]") {
  SeededRandom random(3);
  for (int round = 0; round < 3'000; ++round) {
    const Form& form = forms[random.below(forms.size())];
    const std::string text = some_text(random, 1 + random.below(600));
    std::string bytes = form.pack(text);
    for (std::size_t hits = 1 + random.below(3); hits > 0; --hits) {
      bytes[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
    }
    INFO("seed 3, round " << round << ", " << form.name);
    const std::size_t step = 1 + random.below(50);
    const Decoded decoded = decode(form.coding, bytes, step, 100'000);
    CHECK(decoded.text.size() <= 100'000);
    // gzip's header has fields that change nothing (time, system); bare deflate has no checksum.
    if (form.coding == ContentCoding::gzip && decoded.end == "whole") CHECK(decoded.text == text);
  }
}

TEST_CASE("a decoder stops at the block that is refused", "[outbound]") {
  const std::string bomb = gzip(std::string(10'000'000, 'z'));
  CHECK(bomb.size() < 20'000);
  std::size_t offered = 0;
  ContentDecoder decoder(ContentCoding::gzip);
  const auto verdict = decoder.feed(bomb, [&](std::string_view block) {
    offered += block.size();
    return offered <= 100'000;
  });
  CHECK(verdict == Verdict::refused);
  CHECK(offered < 120'000);
}

TEST_CASE("the coding of a body is read from all its headers", "[outbound]") {
  using Headers = std::vector<HttpHeader>;
  const auto of = [](const char* value) {
    return content_coding(Headers{{"x", "gzip"}, {"content-encoding", value}});
  };
  CHECK(content_coding({}) == ContentCoding::none);
  CHECK(of("") == ContentCoding::none);
  CHECK(of("identity") == ContentCoding::none);
  CHECK(of("gzip") == ContentCoding::gzip);
  CHECK(of("  GZip\t") == ContentCoding::gzip);
  CHECK(of("x-gzip") == ContentCoding::gzip);
  CHECK(of("identity, ,deflate,") == ContentCoding::deflate);
  CHECK(of("gzip, gzip") == ContentCoding::several);
  CHECK(of("deflate,br") == ContentCoding::several);
  CHECK(of("gzip, utf-8") == ContentCoding::gzip);
  for (const char* const none : {"UTF-8", "utf8", "none", "binary", "ISO-8859-1", "aws-chunked"}) {
    INFO(none);
    CHECK(of(none) == ContentCoding::none);
  }
  CHECK(of("br") == ContentCoding::unknown);
  CHECK(of("gzip2") == ContentCoding::unknown);
  CHECK(content_coding({{"content-encoding", "gzip"}, {"content-encoding", "gzip"}}) ==
        ContentCoding::several);
  CHECK_FALSE(has_unasked_transfer_coding({{"transfer-encoding", "Chunked"}}));
  CHECK(has_unasked_transfer_coding({{"transfer-encoding", "gzip, chunked"}}));
}

}  // namespace millrace::tests
