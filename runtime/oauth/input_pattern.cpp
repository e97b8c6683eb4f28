#include "runtime/oauth/input_pattern.h"

#include <bitset>

namespace millrace {
namespace {

constexpr int nesting_max = 16;

using Places =
    std::bitset<input_bytes_max + 1>;  // in the text, before each character and at its end
using Characters = std::bitset<256>;

/// Reads the pattern and, in the same walk, where the text may go on behind each part of it. So there is
/// nothing but sets of places, and no way back.
class Walk {
 public:
  Walk(std::string_view pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  bool run() {
    Places begin;
    begin.set(0);
    const Places ends = alternatives(begin, 0);
    if (why_.empty() && at_ < pattern_.size()) fail("`)` has no `(`");
    return why_.empty() && ends.test(text_.size());
  }
  const std::string& why() const { return why_; }

 private:
  bool is_at(char c) const { return at_ < pattern_.size() && pattern_[at_] == c; }
  void fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    at_ = pattern_.size();
  }

  Places alternatives(const Places& from, int depth) {
    if (depth > nesting_max) fail("its groups are nested too deeply");
    Places ends = sequence(from, depth);
    while (is_at('|')) {
      ++at_;
      ends |= sequence(from, depth);
    }
    return ends;
  }

  Places sequence(Places from, int depth) {
    while (at_ < pattern_.size() && !is_at('|') && !is_at(')')) from = repeated(from, depth);
    return from;
  }

  /// One part with what says how often it comes.
  Places repeated(const Places& from, int depth) {
    const std::size_t part = at_;
    Places once = one(from, depth);
    const bool is_optional = is_at('?') || is_at('*');
    const bool is_many = is_at('+') || is_at('*');
    if (!is_optional && !is_many) return once;
    const std::size_t behind = at_ + 1;
    Places ends = once;
    // Each round adds a place, or is the last.
    while (is_many) {
      at_ = part;
      const Places more = ends | one(ends, depth);
      if (more == ends) break;
      ends = more;
    }
    at_ = behind;
    if (is_at('*') || is_at('+') || is_at('?')) fail("nothing stands before a `*`, `+` or `?`");
    return is_optional ? ends | from : ends;
  }

  Places one(const Places& from, int depth) {
    if (is_at('(')) {
      ++at_;
      const Places ends = alternatives(from, depth + 1);
      if (!is_at(')')) fail("a `(` has no `)`");
      if (at_ < pattern_.size()) ++at_;
      return ends;
    }
    const Characters allowed = characters();
    Places ends;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (from.test(i) && allowed.test(static_cast<unsigned char>(text_[i]))) ends.set(i + 1);
    }
    return ends;
  }

  Characters characters() {
    if (at_ >= pattern_.size()) return {};
    const char c = pattern_[at_++];
    if (c == '[') return set();
    if (c == '\\') return escaped();
    if (c == '.') return Characters().set();
    if (c == '*' || c == '+' || c == '?') fail("nothing stands before a `*`, `+` or `?`");
    if (c == '{' || c == '^' || c == '$') fail("it holds `{`, `^` or `$`, which mean nothing here");
    return only(c);
  }

  Characters escaped() {
    if (at_ >= pattern_.size()) {
      fail("it ends in a `\\`");
      return {};
    }
    const char c = pattern_[at_++];
    if (c == 'd') return range('0', '9');
    if (c == 'w') return range('a', 'z') | range('A', 'Z') | range('0', '9') | only('_');
    const Characters words = range('a', 'z') | range('A', 'Z') | range('0', '9');
    if (words.test(static_cast<unsigned char>(c))) fail("`\\` stands before a letter or digit");
    return only(c);
  }

  Characters set() {
    const bool is_not = is_at('^');
    if (is_not) ++at_;
    Characters all;
    while (at_ < pattern_.size() && !is_at(']')) {
      const char first = pattern_[at_++];
      if (first == '\\') {
        all |= escaped();
      } else if (is_at('-') && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        all |= range(first, pattern_[at_ + 1]);
        at_ += 2;
      } else {
        all |= only(first);
      }
    }
    if (!is_at(']')) {
      fail("a `[` has no `]`");
    } else {
      ++at_;
    }
    return is_not ? ~all : all;
  }

  static Characters only(char c) { return range(c, c); }
  static Characters range(char first, char last) {
    Characters all;
    for (unsigned c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c)
      all.set(c);
    return all;
  }

  const std::string_view pattern_;
  const std::string_view text_;
  std::size_t at_ = 0;
  std::string why_;
};

}  // namespace

std::optional<std::string> why_no_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > input_pattern_bytes_max) {
    return "a pattern has 1 to " + std::to_string(input_pattern_bytes_max) + " bytes";
  }
  Walk walk(pattern, {});
  walk.run();
  if (walk.why().empty()) return std::nullopt;
  return walk.why();
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  return text.size() <= input_bytes_max && Walk(pattern, text).run();
}

}  // namespace millrace
