#include "runtime/templates/reference.h"

#include "runtime/text/ascii_text.h"

#include <array>
#include <charconv>
#include <utility>

namespace millrace {
namespace {

using Root = Reference::Root;

constexpr std::array<std::pair<std::string_view, Root>, 9> roots{{
    {"trigger", Root::trigger},
    {"settings", Root::settings},
    {"user", Root::user},
    {"secrets", Root::secrets},
    {"self", Root::self},
    {"instance", Root::instance},
    {"index", Root::index},
    {"execution", Root::execution},
    {"project", Root::project},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Small enough that it can be an index into anything we ever hold.
std::optional<std::size_t> read_index(std::string_view digits) {
  std::uint32_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

/// Reads one reference from left to right. The first mistake ends the reading.
class ReferenceParser {
 public:
  ReferenceParser(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  Result<Reference> parse() {
    if (text_.empty()) return error("a reference is missing between `{{` and `}}`");
    Reference reference;
    reference.text = text_;
    reference.name = take_key();
    if (reference.name.empty()) return error("a name was expected");
    if (const auto root = parse_root(reference.name)) {
      reference.root = *root;
    } else {
      reference.root = Root::step;
      if (is_digit(reference.name[0]) && !is_ordinal(reference.name)) {
        at_ = 0;
        return error("a step's id does not start with a digit, and an ordinal starts at 1");
      }
    }
    while (at_ < text_.size() && mistake_.empty()) read_segment(reference.path);
    if (!mistake_.empty()) return error(mistake_);
    return reference;
  }

 private:
  static bool is_ordinal(std::string_view name) {
    return name[0] != '0' && read_index(name).has_value();
  }

  std::string_view take_key() {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_key_character(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  void read_segment(std::vector<PathSegment>& path) {
    switch (text_[at_]) {
      case '.':
        ++at_;
        return read_key(path);
      case '[':
        ++at_;
        return read_bracket(path);
      default:
        mistake_ = "`.` or `[` was expected; write other keys as [\"key\"]";
    }
  }

  void read_key(std::vector<PathSegment>& path) {
    const std::string_view key = take_key();
    if (key.empty()) {
      mistake_ = "a key was expected after `.`; write other keys as [\"key\"]";
    } else if (const auto index = read_index(key); index && (key == "0" || key[0] != '0')) {
      path.emplace_back(*index);
    } else {
      path.emplace_back(std::string(key));
    }
  }

  void read_bracket(std::vector<PathSegment>& path) {
    const bool is_quoted = at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'');
    if (is_quoted) {
      read_quoted_key(path);
    } else {
      const std::string_view digits = take_key();
      const auto index = digits == "-1" ? std::optional(last_element) : read_index(digits);
      if (!index) {
        at_ -= digits.size();
        mistake_ = "a position or a quoted key was expected after `[`";
        return;
      }
      path.emplace_back(*index);
    }
    if (!mistake_.empty()) return;
    if (at_ == text_.size() || text_[at_] != ']') {
      mistake_ = "`]` was expected";
      return;
    }
    ++at_;
  }

  void read_quoted_key(std::vector<PathSegment>& path) {
    const std::size_t from = at_;
    const char quote = text_[at_++];
    std::string key;
    while (at_ < text_.size() && text_[at_] != quote) {
      const bool is_escape = text_[at_] == '\\' && at_ + 1 < text_.size() &&
                             (text_[at_ + 1] == quote || text_[at_ + 1] == '\\');
      if (is_escape) ++at_;
      key.push_back(text_[at_++]);
    }
    if (at_ == text_.size()) {
      at_ = from;
      mistake_ = "this quote is never closed";
      return;
    }
    ++at_;
    path.emplace_back(std::move(key));
  }

  Error error(const std::string& what) const {
    return Error(ErrorCode::template_error,
                 what + ", at character " + std::to_string(offset_ + at_ + 1));
  }

  std::string_view text_;
  std::size_t offset_;  // of `text_` in what the caller gave
  std::size_t at_ = 0;
  std::string mistake_;
};

const Json* step_into(const Json& value, const PathSegment& segment) {
  if (const auto* const index = std::get_if<std::size_t>(&segment)) {
    if (const auto* const array = value.if_array()) {
      const bool is_last = *index == last_element && !array->empty();
      return is_last ? &array->back() : array->if_contains(*index);
    }
    if (const auto* const object = value.if_object()) {
      return object->if_contains(*index == last_element ? "-1" : std::to_string(*index));
    }
    return nullptr;
  }
  const auto* const object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(std::get<std::string>(segment));
}

}  // namespace

std::optional<Root> parse_root(std::string_view name) {
  for (const auto& [root_name, root] : roots) {
    if (root_name == name) return root;
  }
  return std::nullopt;
}

const std::vector<std::string>& root_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, root] : roots) all.emplace_back(name);
    return all;
  }();
  return names;
}

Result<Reference> parse_reference(std::string_view text) {
  const std::string_view reference = trimmed(text, white_space);
  const auto offset = static_cast<std::size_t>(reference.data() - text.data());
  return ReferenceParser(reference, offset).parse();
}

const Json& follow(const Json& value, const std::vector<PathSegment>& path) {
  const Json* at = &value;
  for (const PathSegment& segment : path) {
    at = step_into(*at, segment);
    if (at == nullptr) return *shared_null();
  }
  return *at;
}

}  // namespace millrace
