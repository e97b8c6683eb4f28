#include "runtime/reading/json_places.h"

#include "runtime/base/json.h"

namespace millrace {

/// Goes once through the text, from value to value. It trusts the syntax, which has been checked, but
/// never reads behind the end.
class JsonWalk {
 public:
  JsonWalk(std::string_view text, JsonPlaces& found) : text_(text), found_(found) {}

  void value(const std::string& pointer) {
    skip_blanks();
    if (next() == '{') {
      object(pointer);
    } else if (next() == '[') {
      array(pointer);
    } else if (next() == '"') {
      string();
    } else {
      while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(next()) == npos) step();
    }
    skip_blanks();
  }

  TextPlace place() {
    skip_blanks();
    return place_;
  }

 private:
  static constexpr auto npos = std::string_view::npos;

  void object(const std::string& pointer) {
    step();
    while (skip_blanks(), at_ < text_.size() && next() != '}') {
      if (next() == ',') {
        step();
        continue;
      }
      const TextPlace begin = place_;
      const std::string member = pointer + '/' + pointer_token(string());
      const auto [known, is_new] = found_.places_.emplace(member, begin);
      if (!is_new) found_.repeated_.push_back({member, known->second, begin});
      skip_blanks();
      step();  // the colon
      // A pointer that nobody can ask for (`~2` is no escape): what is inside is not there twice.
      value(is_new ? member : member + "~2" + std::to_string(found_.repeated_.size()));
    }
    step();
  }

  void array(const std::string& pointer) {
    step();
    std::size_t index = 0;
    while (skip_blanks(), at_ < text_.size() && next() != ']') {
      if (next() == ',') {
        step();
        continue;
      }
      const std::string element = pointer + '/' + std::to_string(index++);
      found_.places_.emplace(element, place_);
      value(element);
    }
    step();
  }

  /// What it stands for; escapes are read by the parser.
  std::string string() {
    const std::size_t begin = at_;
    step();
    bool has_escape = false;
    while (at_ < text_.size() && next() != '"') {
      if (next() == '\\') {
        has_escape = true;
        step();
      }
      step();
    }
    step();
    const std::string_view quoted = text_.substr(begin, at_ - begin);
    if (!has_escape)
      return std::string(quoted.substr(1, quoted.size() < 2 ? 0 : quoted.size() - 2));
    const auto parsed = parse_json(quoted);
    return parsed && parsed->is_string() ? std::string(parsed->get_string()) : std::string(quoted);
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(next()) != npos) step();
  }

  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void step() {
    if (at_ >= text_.size()) return;
    if (next() == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if (at_ + 1 == text_.size() || (text_[at_ + 1] & 0xC0) != 0x80) {
      ++place_.column;  // the last byte of a character
    }
    ++at_;
  }

  const std::string_view text_;
  JsonPlaces& found_;
  std::size_t at_ = 0;
  TextPlace place_;
};

TextPlace place_of_byte(std::string_view text, std::size_t at) {
  TextPlace place;
  for (const char c : text.substr(0, at)) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((c & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

JsonPlaces::JsonPlaces(std::string_view text) {
  JsonWalk walk(text, *this);
  places_.emplace("", walk.place());
  if (parse_json(text).ok()) walk.value("");
}

TextPlace JsonPlaces::find(std::string pointer) const {
  while (true) {
    if (const auto found = places_.find(pointer); found != places_.end()) return found->second;
    const auto slash = pointer.rfind('/');
    if (slash == std::string::npos) return {};
    pointer.resize(slash);
  }
}

}  // namespace millrace
