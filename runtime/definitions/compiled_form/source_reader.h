#pragma once
// Reads the values of one compiled step. A source says where a value comes from; here it becomes
// JSON whose strings may hold `{{references}}`.
//
//   {"type": "VALUE", "value": "a {{b"}                           "a \{{b"
//   {"type": "VARIABLE", "stepId": "f", "path": ["result", "a b"]}  "{{f.result["a b"]}}"
//   {"type": "TOKENIZED", "parts": [source, ...]}                  mixed text
//
// What has no counterpart is a finding; its value is then null.

#include "runtime/base/json.h"
#include "runtime/definitions/compiled_form/finding_log.h"
#include "runtime/definitions/compiled_form/step_names.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
class ObjectReader;
}

namespace millrace::compiled_form {

/// Literal text, or a reference without its braces.
struct Piece {
  enum class Kind : std::uint8_t { literal, reference };
  Kind kind = Kind::literal;
  std::string text;
};

/// `{"key", "source"}` in a list of them.
struct Row {
  std::string key;
  const Json* source = nullptr;
  std::string pointer;  // of the source
};

enum class SameKeys : std::uint8_t { refused, become_array };

class SourceReader {
 public:
  /// `step` is the compiled id of the step whose values are read. All are referred to.
  SourceReader(const StepNames& names, const CompiledSurroundings& around, const std::string& step,
               FindingLog& log)
      : names_(names), around_(around), step_(step), log_(log) {}

  /// The same, where the step's own output is the page that just came.
  SourceReader in_page() const;
  /// The same, where it is that of the page before: of that, only the token that stands at `token_path`
  /// (a path with its dots, empty if it is not known) is still there.
  SourceReader in_next_request(std::string token_path) const;

  /// A value of any type. Text that holds a JSON object or array, as the original writes nested
  /// values, becomes that.
  Json value(const Json& source, const std::string& pointer) const;
  /// A value that is text, whatever it looks like.
  std::string text(const Json& source, const std::string& pointer) const;
  /// The same, taken apart, neighbouring literals joined.
  std::vector<Piece> pieces(const Json& source, const std::string& pointer) const;
  std::string join(const std::vector<Piece>& pieces, const std::string& pointer) const;
  /// A number where the text is one.
  Json number(const Json& source, const std::string& pointer) const;

  /// The rows of a list. Those without a key, which the editor leaves behind, are passed over.
  std::vector<Row> rows(const Json& list, const std::string& pointer) const;
  /// `[{"key", "source"}]` as an object; one source for all of it as what that is.
  Json keyed_values(const Json& given, const std::string& pointer) const;
  Json keyed_texts(const Json& given, const std::string& pointer,
                   SameKeys same_keys = SameKeys::refused) const;

  void report(FindingCode code, const std::string& pointer, std::string message,
              std::string expected = {}, std::string got = {}, std::string nearest = {}) const;
  /// Reports the keys that were not asked for, unless they say nothing.
  void finish(ObjectReader& json, const Json& value) const;

  FindingLog& log() const { return log_; }
  Findings& findings() const { return log_.plain(); }
  const CompiledSurroundings& around() const { return around_; }
  const StepNames& names() const { return names_; }
  const std::string& step() const { return step_; }

 private:
  enum class OwnOutput : std::uint8_t { unknown, current_page, page_before };

  std::optional<Row> row(const Json& value, const std::string& pointer) const;
  void add_row(JsonObject& all, const Row& row, Json value, SameKeys same_keys) const;
  std::string literal_key(const Json& key, const std::string& pointer) const;
  std::optional<std::string> reference(const JsonObject& source, std::string_view type,
                                       const std::string& pointer) const;
  std::optional<std::string> variable(const JsonObject& source, const std::string& pointer) const;
  std::optional<std::string> own_output(const JsonObject& source, const std::string& pointer) const;
  std::optional<std::string> credential_field(const JsonObject& source,
                                              const std::string& pointer) const;
  std::optional<std::string> execution_field(const JsonObject& source,
                                             const std::string& pointer) const;
  std::optional<std::string> secret(const JsonObject& source, const std::string& pointer) const;
  std::optional<std::string> named(std::string_view root, const JsonObject& source,
                                   std::string_view key, const std::string& pointer) const;
  std::string path(const JsonObject& source, const std::string& pointer) const;
  Json literal(const JsonObject& source, std::string_view type_around) const;

  const StepNames& names_;
  const CompiledSurroundings& around_;
  const std::string& step_;
  FindingLog& log_;
  OwnOutput own_ = OwnOutput::unknown;
  std::string token_path_;
};

/// `text` so that it renders as itself.
std::string escaped(std::string_view text);
/// A string member, or nothing.
std::optional<std::string> text_member(const JsonObject& object, std::string_view key);
/// Null, false, "", 0 members: nothing is lost without it.
bool says_nothing(const Json& value);
/// An object that says where a value comes from, not a list of rows.
bool is_source(const Json& value);
/// As SourceReader::finish, where no step is read.
void finish(ObjectReader& json, const Json& value, FindingLog& log);

}  // namespace millrace::compiled_form
