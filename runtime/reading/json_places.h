#pragma once
// Where things stand in the text of a JSON document, so that a finding, which names a JSON pointer,
// can be shown to its author as line and column. Pure.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// From 1 on; a column counts characters, as editors do.
struct TextPlace {
  std::size_t line = 1;
  std::size_t column = 1;
};

TextPlace place_of_byte(std::string_view text, std::size_t at);

class JsonPlaces {
 public:
  /// Of a text that `parse_json` accepts; of any other nothing is known.
  explicit JsonPlaces(std::string_view text);
  JsonPlaces() : JsonPlaces("null") {}

  /// Where the member or element begins that the JSON pointer (RFC 6901) names; if there is none, what
  /// would have held it.
  TextPlace find(std::string pointer) const;

  /// A key that its object has already; the pointer names the member.
  struct RepeatedKey {
    std::string pointer;
    TextPlace first;
    TextPlace again;
  };
  const std::vector<RepeatedKey>& repeated_keys() const { return repeated_; }

 private:
  friend class JsonWalk;

  std::map<std::string, TextPlace> places_;
  std::vector<RepeatedKey> repeated_;
};

}  // namespace millrace
