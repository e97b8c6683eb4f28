#include "runtime/reading/object_reader.h"

#include "runtime/templates/template_text.h"
#include "runtime/text/duration_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t shown_bytes_max = 60;

bool has_reference(std::string_view text) {
  return text.find("{{") != std::string_view::npos && !parse_template_text(text).is_constant();
}

}  // namespace

std::string describe(const Json& value) {
  if (value.is_structured()) return std::string(kind_name(value));
  std::string text = to_text(value);
  return text.size() <= shown_bytes_max ? text : std::string(kind_name(value));
}

std::string list_names(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " and " : ", ";
    list += '`' + names[i] + '`';
  }
  return list;
}

ObjectReader::ObjectReader(const Json& value, std::string pointer, std::string step,
                           Findings& findings)
    : object_(value.if_object()),
      pointer_(std::move(pointer)),
      step_(std::move(step)),
      findings_(findings) {
  if (object_ == nullptr) report_unreadable(pointer_, "an object", value);
}

std::string ObjectReader::pointer_to(std::string_view key) const {
  return key.empty() ? pointer_ : pointer_ + '/' + pointer_token(key);
}

const Json* ObjectReader::find(std::string_view key) {
  known_keys_.emplace_back(key);
  return object_ == nullptr ? nullptr : object_->if_contains(key);
}

const Json* ObjectReader::require(std::string_view key, std::string_view expected) {
  const Json* const value = find(key);
  if (value == nullptr && object_ != nullptr) {
    report_obstacle(key, "`" + std::string(key) + "` is missing", std::string(expected), "nothing");
  }
  return value;
}

std::optional<std::string> ObjectReader::text(std::string_view key) {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->get_string());
  report_unreadable(pointer_to(key), "a string", *value);
  return std::nullopt;
}

std::optional<std::string> ObjectReader::required_text(std::string_view key) {
  const Json* const value = require(key, "a string that is not empty");
  if (value == nullptr) return std::nullopt;
  if (value->is_string() && !value->get_string().empty()) return std::string(value->get_string());
  report_unreadable(pointer_to(key), "a string that is not empty", *value);
  return std::nullopt;
}

std::optional<std::string> ObjectReader::constant_text(std::string_view key) {
  auto given = text(key);
  if (given) refuse_references(key, *given);
  return given;
}

std::optional<std::string> ObjectReader::required_constant_text(std::string_view key) {
  auto given = required_text(key);
  if (given) refuse_references(key, *given);
  return given;
}

void ObjectReader::refuse_references(std::string_view key, const std::string& text) {
  if (!has_reference(text)) return;
  report(key, "`" + std::string(key) + "` is taken as it is written: `{{…}}` is not rendered here",
         "a text without references", text);
}

void ObjectReader::refuse_references_in_keys(const Json& value, const std::string& pointer) {
  if (const auto* const array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      refuse_references_in_keys((*array)[i], pointer + '/' + std::to_string(i));
    }
  } else if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string place = pointer + '/' + pointer_token(member.key());
      if (has_reference(member.key())) {
        findings_.push_back(finding_at(step_, place,
                                       "keys are taken as they are written: `{{…}}` is not "
                                       "rendered in one. Make the object in "
                                       "a function and refer to it",
                                       "a key without references", std::string(member.key())));
      }
      refuse_references_in_keys(member.value(), place);
    }
  }
}

bool ObjectReader::boolean(std::string_view key, bool otherwise) {
  const Json* const value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_bool()) return value->get_bool();
  report_unreadable(pointer_to(key), "true or false", *value);
  return otherwise;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t min,
                                                  std::int64_t max) {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  const std::string expected =
      "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  // What is too large for int64 is stored as uint64 or double and is out of any range we ask for.
  if (!value->is_int64()) {
    report_unreadable(pointer_to(key), expected, *value);
    return std::nullopt;
  }
  const std::int64_t given = value->get_int64();
  if (given < min || given > max) report_mismatch(pointer_to(key), expected, *value);
  return std::clamp(given, min, max);
}

std::optional<double> ObjectReader::number(std::string_view key, double min, double max) {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  const std::string expected = "a number from " + to_text(min) + " to " + to_text(max);
  if (!value->is_number()) {
    report_unreadable(pointer_to(key), expected, *value);
    return std::nullopt;
  }
  const auto given = value->to_number<double>();
  if (!(given >= min && given <= max)) report_mismatch(pointer_to(key), expected, *value);
  return std::clamp(given, min, max);
}

std::optional<Millis> ObjectReader::duration(std::string_view key, Millis max) {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  std::optional<Millis> given;
  if (value->is_string()) given = parse_duration(std::string_view(value->get_string()));
  const std::string expected =
      "a duration such as \"500ms\", \"30s\" or \"5m\", at most " + duration_text(max);
  if (!given || *given <= Millis(0)) {
    report_unreadable(pointer_to(key), expected, *value);
    return std::nullopt;
  }
  if (*given > max) report_mismatch(pointer_to(key), expected, *value);
  return std::min(*given, max);
}

const JsonArray* ObjectReader::array(std::string_view key) {
  const Json* const value = find(key);
  if (value == nullptr) return nullptr;
  if (value->is_array()) return &value->get_array();
  report_unreadable(pointer_to(key), "an array", *value);
  return nullptr;
}

Template ObjectReader::any(std::string_view key, const Json& otherwise) {
  const Json* const value = find(key);
  return compile(value == nullptr ? otherwise : *value, pointer_to(key));
}

Template ObjectReader::compile(const Json& value, const std::string& pointer) {
  std::vector<ErrorDetail> mistakes;
  Template compiled = Template::compile(value, pointer, mistakes);
  // What is nested too deeply is a mistake already, and is not walked again.
  if (mistakes.empty()) refuse_references_in_keys(value, pointer);
  for (ErrorDetail& mistake : mistakes) {
    mistake.step = step_;
    findings_.add_obstacle(std::move(mistake));
  }
  return compiled;
}

Template ObjectReader::object(std::string_view key) {
  const Json* const value = find(key);
  if (value == nullptr || value->is_object()) return any(key, JsonObject());
  return reference_or(key, "an object", [](const Json&) { return false; });
}

Template ObjectReader::reference_or(std::string_view key, std::string_view expected,
                                    bool (*accepts)(const Json& written)) {
  const std::size_t findings_before = findings_.size();
  Template value = any(key, nullptr);
  const Json* const written = find(key);
  // A malformed reference has been reported; that it is of no use otherwise goes without saying.
  const bool is_sound = findings_.size() == findings_before;
  if (written != nullptr && is_sound && !value.is_reference() && !accepts(*written)) {
    report_mismatch(pointer_to(key), std::string(expected) + ", or exactly one reference",
                    *written);
  }
  return value;
}

std::optional<std::size_t> ObjectReader::choice_position(std::string_view key,
                                                         const std::vector<std::string>& names) {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  std::string nearest;
  if (value->is_string()) {
    const std::string_view word(value->get_string());
    const auto found = std::find(names.begin(), names.end(), word);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    nearest = nearest_name(word, names);
  }
  report_obstacle(key, "`" + std::string(key) + "` must be one of " + list_names(names),
                  list_names(names), describe(*value), std::move(nearest));
  return std::nullopt;
}

void ObjectReader::refuse(std::string_view key, std::string_view why) {
  if (find(key) != nullptr) return report(key, std::string(why));
  known_keys_.pop_back();  // or it would be advice for a misspelt one
}

void ObjectReader::report(std::string_view key, std::string message, std::string expected,
                          std::string got, std::string nearest) {
  findings_.push_back(finding_at(step_, pointer_to(key), std::move(message), std::move(expected),
                                 std::move(got), std::move(nearest)));
}

void ObjectReader::report_obstacle(std::string_view key, std::string message, std::string expected,
                                   std::string got, std::string nearest) {
  findings_.add_obstacle(finding_at(step_, pointer_to(key), std::move(message), std::move(expected),
                                    std::move(got), std::move(nearest)));
}

namespace {

ErrorDetail mismatch_at(const std::string& step, const std::string& pointer,
                        std::string_view expected, const Json& got) {
  const std::string wanted(expected);
  const std::string given = describe(got);
  return finding_at(step, pointer, "expected " + wanted + ", got " + given, wanted, given);
}

}  // namespace

void ObjectReader::report_mismatch(const std::string& pointer, std::string_view expected,
                                   const Json& got) {
  findings_.push_back(mismatch_at(step_, pointer, expected, got));
}

void ObjectReader::report_unreadable(const std::string& pointer, std::string_view expected,
                                     const Json& got) {
  findings_.add_obstacle(mismatch_at(step_, pointer, expected, got));
}

void ObjectReader::finish() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view key = member.key();
    if (std::find(known_keys_.begin(), known_keys_.end(), key) != known_keys_.end()) continue;
    findings_.push_back(finding_at(step_, pointer_ + '/' + pointer_token(key),
                                   "`" + std::string(key) + "` is not a key that is known here", {},
                                   std::string(key), nearest_name(key, known_keys_)));
  }
}

}  // namespace millrace
