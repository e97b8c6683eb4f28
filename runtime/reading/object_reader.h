#pragma once
// Reads one JSON object of a definition, key by key. Every function names a key that the object may
// have; what it finds wrong goes to the findings, with step and JSON pointer, and reading goes on.
// `finish` then reports the keys that nobody asked for, so that a misspelt key never passes unseen.
//
// It refers to the JSON, the pointer's owner and the findings that it was given: use it locally.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/reading/choice.h"
#include "runtime/reading/findings.h"
#include "runtime/templates/template.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ObjectReader {
 public:
  /// If `value` is no object, that is a finding and every key is absent.
  ObjectReader(const Json& value, std::string pointer, std::string step, Findings& findings);

  const std::string& pointer() const { return pointer_; }
  const std::string& step() const { return step_; }
  Findings& findings() const { return findings_; }
  std::string pointer_to(std::string_view key) const;

  /// The value of a key, null if absent. All other readers are made of this one.
  const Json* find(std::string_view key);
  /// Like `find`; an absent key is an obstacle.
  const Json* require(std::string_view key, std::string_view expected);

  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> required_text(std::string_view key);
  /// Like `text` and `required_text` where nothing is rendered: a reference in it is a finding, since it
  /// would be taken by the letter.
  std::optional<std::string> constant_text(std::string_view key);
  std::optional<std::string> required_constant_text(std::string_view key);
  bool boolean(std::string_view key, bool otherwise);
  /// What is out of range is a finding, and the nearest that is not is returned; for the two below as well.
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<double> number(std::string_view key, double min, double max);
  /// More than zero and at most `max`.
  std::optional<Millis> duration(std::string_view key, Millis max);
  const JsonArray* array(std::string_view key);
  /// A template of any JSON; absent: renders to `otherwise`.
  Template any(std::string_view key, const Json& otherwise);
  /// A template that is written as an object or as one reference, which may render to anything;
  /// absent: renders to an empty object.
  Template object(std::string_view key);
  /// A template that is exactly one reference, or something else that `accepts` the way it is
  /// written; absent: renders to null.
  Template reference_or(std::string_view key, std::string_view expected,
                        bool (*accepts)(const Json& written));
  /// The template of a value that stands at `pointer`.
  Template compile(const Json& value, const std::string& pointer);

  /// One of some words.
  template <class Value>
  std::optional<Value> choice(std::string_view key, std::span<const Choice<Value>> choices) {
    std::vector<std::string> names;
    for (const auto& each : choices) names.emplace_back(each.name);
    const auto position = choice_position(key, names);
    if (!position) return std::nullopt;
    return choices[*position].value;
  }

  /// A key that is known but means nothing yet: its presence is a finding.
  void refuse(std::string_view key, std::string_view why);
  /// Adds a finding about a key; an empty key means the object itself. What the key means is clear and
  /// is returned nevertheless (findings.h); else `report_obstacle`.
  void report(std::string_view key, std::string message, std::string expected = {},
              std::string got = {}, std::string nearest = {});
  void report_obstacle(std::string_view key, std::string message, std::string expected = {},
                       std::string got = {}, std::string nearest = {});
  /// Adds "expected this, got that" about a value below the object.
  void report_mismatch(const std::string& pointer, std::string_view expected, const Json& got);
  /// The same of a value that cannot be read at all, so that nothing is left to execute.
  void report_unreadable(const std::string& pointer, std::string_view expected, const Json& got);

  /// Reports the keys that were not asked for.
  void finish();

 private:
  void refuse_references(std::string_view key, const std::string& text);
  /// The same of the keys of objects inside a template, which are not rendered.
  void refuse_references_in_keys(const Json& value, const std::string& pointer);
  std::optional<std::size_t> choice_position(std::string_view key,
                                             const std::vector<std::string>& names);

  const JsonObject* object_;
  std::string pointer_;
  std::string step_;
  Findings& findings_;
  std::vector<std::string> known_keys_;
};

/// What was found, for `got`: a short value as JSON, a long one as its kind.
std::string describe(const Json& value);
/// "a, b and c", each between backquotes.
std::string list_names(const std::vector<std::string>& names);

}  // namespace millrace
