#include "runtime/text/charset_text.h"

#include "runtime/base/utf8.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iconv.h>

namespace millrace {
namespace {

constexpr std::size_t name_bytes_max = 40;

struct Name {
  std::string_view name;   // lower case
  std::string_view known;  // to iconv
};

// What iconv has no name for, or reads more narrowly than whoever writes it. Without a mark, UTF-16 is
// little endian in practice, whatever RFC 2781 says.
constexpr Name names[] = {{"utf-16", "UTF-16LE"},
                          {"unicode", "UTF-16LE"},
                          {"utf-32", "UTF-32LE"},
                          {"utf8mb4", "UTF-8"},
                          {"unicode-1-1-utf-8", "UTF-8"},
                          {"shift_jis", "CP932"},
                          {"shift-jis", "CP932"},
                          {"sjis", "CP932"},
                          {"ms_kanji", "CP932"},
                          {"windows-31j", "CP932"},
                          {"gb2312", "GB18030"},
                          {"gb_2312-80", "GB18030"},
                          {"gbk", "GB18030"},
                          {"windows-936", "GB18030"},
                          {"euc-kr", "CP949"},
                          {"ks_c_5601-1987", "CP949"},
                          {"ksc5601", "CP949"},
                          {"windows-949", "CP949"},
                          {"big5", "BIG5-HKSCS"},
                          {"iso-8859-9", "CP1254"},
                          {"latin5", "CP1254"},
                          {"iso-8859-11", "CP874"},
                          {"tis-620", "CP874"},
                          {"iso-8859-8-i", "ISO-8859-8"},
                          {"latin-9", "ISO-8859-15"},
                          {"mac-cyrillic", "MAC-CYRILLIC"}};

constexpr std::string_view western[] = {"us-ascii",  "ascii",        "ansi_x3.4-1968", "iso-8859-1",
                                        "iso8859-1", "iso88591",     "iso_8859-1",     "latin1",
                                        "l1",        "windows-1252", "cp1252"};

template <class List>
bool is_one_of(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

/// In lower case, without quotes and the "x-" of names that were never registered. Empty: no charset
/// is called so (iconv would take a slash for an option).
std::string plain_name(std::string_view charset) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.:+";
  std::string name = lower_case(trimmed(charset, " \t\"'"));
  if (name.starts_with("x-")) name.erase(0, 2);
  if (name.size() > name_bytes_max || name.find_first_not_of(allowed) != std::string::npos) {
    return {};
  }
  return name;
}

// 0x80 to 0x9f; the rest is Latin-1. The five that stand for nothing are control characters.
constexpr std::array<char16_t, 32> windows_1252{
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

std::string from_windows_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte < 0xa0 ? windows_1252[byte - 0x80] : byte);
  }
  return out;
}

class Converter {
 public:
  explicit Converter(const std::string& charset) : state_(::iconv_open("UTF-8", charset.c_str())) {}
  ~Converter() {
    if (is_known()) ::iconv_close(state_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool is_known() const { return state_ != failed(); }

  std::optional<std::string> convert(std::string_view bytes) {
    std::string out;
    // iconv only reads from there, though its type does not say so.
    char* from = const_cast<char*>(bytes.data());
    std::size_t left = bytes.size();
    // The second round, without input, writes what a stateful charset has kept back.
    for (char** input : {&from, static_cast<char**>(nullptr)}) {
      if (!convert_all(out, input, left)) return std::nullopt;
    }
    if (!is_valid_utf8(out)) return std::nullopt;
    return out;
  }

 private:
  static iconv_t failed() { return reinterpret_cast<iconv_t>(-1); }

  bool convert_all(std::string& out, char** from, std::size_t& left) {
    std::array<char, 4'096> block;
    for (;;) {
      char* to = block.data();
      std::size_t room = block.size();
      const auto result = ::iconv(state_, from, &left, &to, &room);
      out.append(block.data(), block.size() - room);
      if (result != static_cast<std::size_t>(-1)) return left == 0;
      if (errno != E2BIG) return false;
    }
  }

  iconv_t state_;
};

std::optional<std::string> convert(std::string_view bytes, const std::string& known) {
  Converter converter(known);
  return converter.is_known() ? converter.convert(bytes) : std::nullopt;
}

bool may_look_like_utf8(std::string_view name) {
  return name.starts_with("utf-16") || name.starts_with("utf-32") || name.starts_with("ucs") ||
         name.starts_with("utf-7") || name.starts_with("iso-2022") || name == "unicode";
}

std::optional<std::string> valid(std::string_view bytes) {
  if (!is_valid_utf8(bytes)) return std::nullopt;
  return std::string(bytes);
}

}  // namespace

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
  if (bytes.starts_with("\xef\xbb\xbf")) return valid(bytes.substr(3));
  constexpr std::string_view utf32_mark("\xff\xfe\0\0", 4);
  if (bytes.starts_with(utf32_mark)) return convert(bytes.substr(4), "UTF-32LE");
  if (bytes.starts_with("\xff\xfe")) return convert(bytes.substr(2), "UTF-16LE");
  if (bytes.starts_with("\xfe\xff")) return convert(bytes.substr(2), "UTF-16BE");
  const std::string name = plain_name(charset);
  if (!may_look_like_utf8(name) && is_valid_utf8(bytes)) return std::string(bytes);
  if (name.empty()) return std::nullopt;
  if (is_one_of(western, name)) return from_windows_1252(bytes);
  const auto* const named = std::find_if(std::begin(names), std::end(names),
                                         [&](const Name& each) { return each.name == name; });
  return convert(bytes, named == std::end(names) ? name : std::string(named->known));
}

}  // namespace millrace
