// JSON: any text is a value that can be written and read again, or an error.
#include "runtime/base/json.h"
#include "runtime/text/charset_text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

namespace millrace {
namespace {

const std::vector<std::string> pieces{"{",
                                      "}",
                                      "[",
                                      "]",
                                      ",",
                                      ":",
                                      "\"",
                                      "\\",
                                      "\\u",
                                      "\\ud83d",
                                      "\\ude00",
                                      "\\u0000",
                                      "null",
                                      "true",
                                      "false",
                                      "0",
                                      "-",
                                      "1",
                                      ".",
                                      "e",
                                      "E+",
                                      "1e308",
                                      "1e309",
                                      "-0",
                                      "5e-324",
                                      "18446744073709551615",
                                      "9007199254740993",
                                      "0.1",
                                      " ",
                                      "\n",
                                      "\"a\"",
                                      "\u00e4",
                                      "\xff",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      std::string(1, '\0'),
                                      std::string(99, '['),
                                      std::string(99, ']')};

const std::vector<std::string> good_texts{
    R"({"a":[1,-2.5e-7,true,null,"x\n\u00e4\ud83d\ude00"],"b":{"c":{}},"":[[],[[]]]})",
    R"([1.7976931348623157e308,5e-324,0.1,1e21,123456789012345680000,-0])",
    R"("\"\\\/\b\f\n\r\t")"};

}  // namespace

TEST_CASE("damaged JSON is refused, or is a value that survives writing") {
  std::size_t valid = 0;
  std::size_t rounds = 0;
  fuzz(40'000, [&](SeededRandom& random) {
    std::string text = random.one_of(1, 2) ? good_texts[random.below(good_texts.size())]
                                           : random_text(random, pieces, 12);
    if (random.one_of(3, 4)) mutate(text, random, pieces);
    INFO(printable(text));
    const auto value = parse_json(text);
    ++rounds;
    if (!value) {
      REQUIRE(value.error().code == ErrorCode::invalid_json);
      return;
    }
    ++valid;
    REQUIRE(is_valid_utf8(text));
    REQUIRE_FALSE(is_deeper_than(*value, limits::json_depth_max));
    const std::string written = to_text(*value);
    const auto again = parse_json(written);
    INFO(printable(written));
    REQUIRE(again.ok());
    REQUIRE(to_text(*again) == written);
  });
  if (rounds > 1'000) REQUIRE(valid > rounds / 20);
}

TEST_CASE("JSON of other servers is read like our own wherever that is possible") {
  fuzz(20'000, [&](SeededRandom& random) {
    std::string text = random.one_of(1, 2) ? good_texts[random.below(good_texts.size())]
                                           : random_text(random, pieces, 12);
    mutate(text, random, pieces);
    INFO(printable(text));
    const auto strict = parse_json(text);
    const auto foreign = parse_foreign_json(text);
    if (strict) {
      REQUIRE(foreign.ok());
      REQUIRE(to_text(*foreign) == to_text(*strict));
    } else if (foreign) {
      REQUIRE(text.find("\\u") != std::string::npos);
      REQUIRE(parse_json(to_text(*foreign)).ok());
    } else {
      const ErrorCode code = foreign.error().code;
      REQUIRE((code == ErrorCode::invalid_json || code == ErrorCode::limit_exceeded));
    }
  });
}

TEST_CASE("any bytes in any charset become valid UTF-8 or nothing") {
  const std::vector<std::string> charsets{"",         "utf-8",        "utf-16",      "utf-16be",
                                          "us-ascii", "windows-1252", "iso-8859-15", "shift_jis",
                                          "gb18030",  "iso-2022-jp",  "utf-7",       "big5"};
  fuzz(20'000, [&](SeededRandom& random) {
    const std::string bytes = random_text(random, pieces, 8);
    INFO(printable(bytes));
    const auto text = to_utf8(bytes, charsets[random.below(charsets.size())]);
    REQUIRE(is_valid_utf8(text.value_or("")));
  });
}

}  // namespace millrace
