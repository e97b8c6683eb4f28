#include "http/api/shape_text.h"

#include "runtime/base/check.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

JsonObject of_type(std::string_view type) { return {{"type", type}}; }

/// Reads one shape from left to right. Nesting is that of our own constants.
class ShapeReader {
 public:
  explicit ShapeReader(std::string_view shape) : whole_(shape), left_(shape) {}

  JsonObject read_whole() {
    JsonObject schema = read_union();
    expect(peek() == '\0', "the end");
    return schema;
  }

 private:
  JsonObject read_union() {
    JsonArray texts;
    JsonArray schemas;
    do {
      if (peek() == '"') {
        texts.emplace_back(read_text());
      } else {
        schemas.emplace_back(read_one());
      }
    } while (take('|'));
    if (!texts.empty()) schemas.emplace(schemas.begin(), texts_schema(std::move(texts)));
    if (schemas.size() == 1) return std::move(schemas.front().get_object());
    return {{"anyOf", std::move(schemas)}};
  }

  static JsonObject texts_schema(JsonArray texts) {
    JsonObject schema = of_type("string");
    schema["enum"] = std::move(texts);
    return schema;
  }

  JsonObject read_one() {
    if (take('{')) return read_object();
    if (!take('[')) return named(read_word());
    JsonObject schema = of_type("array");
    schema["items"] = read_union();
    expect(take(']'), "]");
    return schema;
  }

  JsonObject read_object() {
    JsonObject schema = of_type("object");
    if (take('}')) return schema;
    JsonObject members;
    JsonArray required;
    do {
      if (take('[')) {
        ignore_name();
        schema["additionalProperties"] = read_union();
        continue;
      }
      const std::string_view name = read_word();
      const bool is_optional = take('?');
      expect(take(':'), ":");
      members[name] = read_union();
      if (!is_optional) required.emplace_back(name);
    } while (take(','));
    expect(take('}'), "}");
    if (!members.empty()) schema["properties"] = std::move(members);
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }

  /// What a map's members are called is for human readers only.
  void ignore_name() {
    read_word();
    expect(take(']'), "]");
    expect(take(':'), ":");
  }

  JsonObject named(std::string_view word) {
    static constexpr std::array<std::string_view, 6> types{"string",  "integer", "number",
                                                           "boolean", "object",  "null"};
    for (const auto type : types) {
      if (word == type) return of_type(type);
    }
    if (word == "any") return {};
    if (word == "date") return {{"type", "string"}, {"format", "date-time"}};
    expect(word.front() >= 'A' && word.front() <= 'Z', "a type");
    return {{"$ref", "#/components/schemas/" + std::string(word)}};
  }

  std::string_view read_word() {
    peek();
    std::size_t size = 0;
    while (size < left_.size() && is_word(left_[size])) ++size;
    expect(size > 0, "a name");
    const std::string_view word = left_.substr(0, size);
    left_.remove_prefix(size);
    return word;
  }

  std::string_view read_text() {
    left_.remove_prefix(1);
    const auto end = left_.find('"');
    expect(end != std::string_view::npos, "\"");
    const std::string_view text = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return text;
  }

  /// The next character that is no space; zero at the end.
  char peek() {
    while (left_.starts_with(' ')) left_.remove_prefix(1);
    return left_.empty() ? '\0' : left_.front();
  }
  bool take(char c) {
    if (peek() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(bool holds, std::string_view what) const {
    CHECK(holds, "the shape '" + std::string(whole_) + "' lacks " + std::string(what) +
                     " before '" + std::string(left_) + "'");
  }

  const std::string_view whole_;
  std::string_view left_;
};

}  // namespace

JsonObject schema_of_shape(std::string_view shape) { return ShapeReader(shape).read_whole(); }

}  // namespace millrace
