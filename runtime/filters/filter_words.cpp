#include "runtime/filters/filter_words.h"

#include "runtime/base/check.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/query_escape.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace millrace {
namespace {

using Op = Operator;

/// What kind of value an operator compares with.
enum class Argument : std::uint8_t { none, text, texts, number, time, any };

Argument argument_of(Op op) {
  switch (op) {
    case Op::string_is_in:
    case Op::string_is_not_in:
      return Argument::texts;
    case Op::number_greater_than:
    case Op::number_less_than:
    case Op::number_equals:
    case Op::number_does_not_equal:
    case Op::number_greater_than_or_equal_to:
    case Op::number_less_than_or_equal_to:
      return Argument::number;
    case Op::date_time_after:
    case Op::date_time_before:
    case Op::date_time_equals:
      return Argument::time;
    case Op::array_is_in:
    case Op::array_is_not_in:
      return Argument::any;
    default:
      return takes_argument(op) ? Argument::text : Argument::none;
  }
}

Error wants(const std::string& what, const Json& got) {
  return Error(ErrorCode::invalid_parameters,
               "takes " + what + ", got " + std::string(kind_name(got)));
}

Result<std::string> text_of(const Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_number() || value.is_bool()) return to_text(value);
  return wants("text", value);
}

/// A number as JSON writes it, or a text that is one.
Result<std::string> number_of(const Json& value) {
  if (value.is_number()) return to_text(value);
  if (value.is_string()) {
    const std::string text(trimmed(value.get_string(), white_space));
    const auto parsed = parse_json(text);
    if (parsed && parsed->is_number()) return text;
  }
  return wants("a number", value);
}

Result<Instant> time_of(const Json& value) {
  if (value.is_string()) {
    if (const auto time = parse_time(std::string_view(value.get_string()))) return *time;
  } else if (value.is_number()) {
    if (const auto time = instant_of(value.to_number<double>())) return *time;
  }
  return wants("a time", value);
}

/// An array of texts, or texts between commas.
Result<std::vector<std::string>> texts_of(const Json& value) {
  std::vector<std::string> texts;
  if (const auto* const list = value.if_array()) {
    for (const Json& each : *list) {
      auto text = text_of(each);
      if (!text) return text.error();
      texts.push_back(std::move(*text));
    }
  } else {
    const auto all = text_of(value);
    if (!all) return wants("a list of texts", value);
    std::string_view rest = *all;
    while (true) {
      const auto comma = rest.find(',');
      const std::string_view part = trimmed(rest.substr(0, comma), white_space);
      if (!part.empty()) texts.emplace_back(part);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  if (texts.empty()) return wants("at least one text", value);
  return texts;
}

/// How one language writes its parts.
struct Style {
  QueryEscape escape = QueryEscape::none;
  char quote = '\'';
  std::string (*time)(Instant) = nullptr;
};

std::string iso_time(Instant time) { return to_text(time); }

/// Jira knows minutes, and reads them in its user's time zone.
std::string minute_text(Instant time) {
  std::string text = '"' + to_text(time).substr(0, 16) + '"';
  text[11] = ' ';
  return text;
}
std::string quoted_time(Instant time) { return '\'' + to_text(time) + '\''; }

class Writer {
 public:
  Writer(const Style& style, const std::string& field, const Json& argument)
      : style_(style), field_(field), argument_(argument) {}

  std::string quoted(std::string_view text) const {
    return style_.quote + query_escaped(style_.escape, text) + style_.quote;
  }
  /// The argument as a literal of the language.
  Result<std::string> literal(Op op) const {
    switch (argument_of(op)) {
      case Argument::none:
        return std::string();
      case Argument::number:
        return number_of(argument_);
      case Argument::time: {
        const auto time = time_of(argument_);
        if (!time) return time.error();
        return style_.time(*time);
      }
      case Argument::texts: {
        const auto texts = texts_of(argument_);
        if (!texts) return texts.error();
        std::string list;
        for (const std::string& each : *texts) list += (list.empty() ? "" : ", ") + quoted(each);
        return '(' + list + ')';
      }
      case Argument::text:
      case Argument::any: {
        const auto text = text_of(argument_);
        if (!text) return text.error();
        return quoted(*text);
      }
    }
    return std::string();
  }
  /// `field word literal`.
  Result<std::string> with(std::string_view word, Op op) const {
    auto text = literal(op);
    if (!text) return text;
    return field_ + ' ' + std::string(word) + ' ' + *text;
  }
  const std::string& field() const { return field_; }
  const Json& argument() const { return argument_; }

 private:
  const Style& style_;
  const std::string& field_;
  const Json& argument_;
};

/// The word between field and value, for operators that all languages have alike; empty: no such word.
struct Comparisons {
  std::string_view equals;
  std::string_view differs;
  std::string_view greater;
  std::string_view less;
  std::string_view at_least;
  std::string_view at_most;
};

std::string_view word_of(const Comparisons& words, Op op) {
  switch (op) {
    case Op::string_exactly_matches:
    case Op::number_equals:
    case Op::date_time_equals:
      return words.equals;
    case Op::string_does_not_exactly_match:
    case Op::number_does_not_equal:
      return words.differs;
    case Op::string_greater_than:
    case Op::number_greater_than:
    case Op::date_time_after:
      return words.greater;
    case Op::string_less_than:
    case Op::number_less_than:
    case Op::date_time_before:
      return words.less;
    case Op::number_greater_than_or_equal_to:
      return words.at_least;
    case Op::number_less_than_or_equal_to:
      return words.at_most;
    default:
      return {};
  }
}

constexpr Comparisons usual{"=", "!=", ">", "<", ">=", "<="};
constexpr Comparisons odata_words{"eq", "ne", "gt", "lt", "ge", "le"};

// --- soql -----------------------------------------------------------------------------------------

const Style soql_style{QueryEscape::soql, '\'', iso_time};

Result<std::string> like(const Writer& writer, std::string_view before, std::string_view behind) {
  const auto text = text_of(writer.argument());
  if (!text) return text;
  std::string pattern = query_escaped(QueryEscape::soql, *text);
  for (std::size_t at = pattern.find_first_of("%_"); at != std::string::npos;
       at = pattern.find_first_of("%_", at + 2)) {
    pattern.insert(at, 1, '\\');
  }
  return writer.field() + " LIKE '" + std::string(before) + pattern + std::string(behind) + '\'';
}

Result<std::string> negated(Result<std::string> text, std::string_view word) {
  if (!text) return text;
  return '(' + std::string(word) + ' ' + *text + ')';
}

Result<std::string> say_soql(const std::string& field, Op op, const Json& argument) {
  const Writer writer(soql_style, field, argument);
  switch (op) {
    case Op::string_contains:
      return like(writer, "%", "%");
    case Op::string_starts_with:
      return like(writer, "", "%");
    case Op::string_ends_with:
      return like(writer, "%", "");
    case Op::string_does_not_contain:
      return negated(like(writer, "%", "%"), "NOT");
    case Op::string_does_not_start_with:
      return negated(like(writer, "", "%"), "NOT");
    case Op::string_does_not_end_with:
      return negated(like(writer, "%", ""), "NOT");
    case Op::string_is_in:
      return writer.with("IN", op);
    case Op::string_is_not_in:
      return writer.with("NOT IN", op);
    case Op::boolean_true:
      return field + " = TRUE";
    case Op::boolean_false:
      return field + " = FALSE";
    case Op::exists:
    case Op::is_not_null:
      return field + " != null";
    case Op::does_not_exist:
    case Op::is_null:
      return field + " = null";
    default:
      return writer.with(word_of(usual, op), op);
  }
}

// --- jql ------------------------------------------------------------------------------------------

const Style jql_style{QueryEscape::jql, '"', minute_text};

Result<std::string> say_jql(const std::string& name, Op op, const Json& argument) {
  // Names of more than one word stand in quotes; `is_field_of` lets no quote pass.
  const bool is_plain = name.find(' ') == std::string::npos;
  const std::string field = is_plain ? name : '"' + name + '"';
  const Writer writer(jql_style, field, argument);
  switch (op) {
    case Op::string_contains:
      return writer.with("~", op);
    case Op::string_does_not_contain:
      return writer.with("!~", op);
    case Op::string_is_in:
      return writer.with("in", op);
    case Op::string_is_not_in:
      return writer.with("not in", op);
    case Op::exists:
    case Op::is_not_null:
      return field + " is not EMPTY";
    case Op::does_not_exist:
    case Op::is_null:
      return field + " is EMPTY";
    default:
      return writer.with(word_of(usual, op), op);
  }
}

// --- drive ----------------------------------------------------------------------------------------

const Style drive_style{QueryEscape::drive, '\'', quoted_time};

Result<std::string> say_drive(const std::string& field, Op op, const Json& argument) {
  const Writer writer(drive_style, field, argument);
  const auto is_member = [&]() -> Result<std::string> {
    auto text = writer.literal(op);
    if (!text) return text;
    return *text + " in " + field;
  };
  switch (op) {
    case Op::string_contains:
      return writer.with("contains", op);
    case Op::string_does_not_contain:
      return negated(writer.with("contains", op), "not");
    case Op::array_is_in:
      return is_member();
    case Op::array_is_not_in:
      return negated(is_member(), "not");
    case Op::boolean_true:
      return field + " = true";
    case Op::boolean_false:
      return field + " = false";
    default:
      return writer.with(word_of(usual, op), op);
  }
}

// --- odata ----------------------------------------------------------------------------------------

const Style odata_style{QueryEscape::odata, '\'', iso_time};

Result<std::string> odata_call(const Writer& writer, std::string_view function) {
  const auto text = text_of(writer.argument());
  if (!text) return text;
  return std::string(function) + '(' + writer.field() + ',' + writer.quoted(*text) + ')';
}

Result<std::string> say_odata(const std::string& field, Op op, const Json& argument) {
  const Writer writer(odata_style, field, argument);
  switch (op) {
    case Op::string_contains:
      return odata_call(writer, "contains");
    case Op::string_starts_with:
      return odata_call(writer, "startswith");
    case Op::string_ends_with:
      return odata_call(writer, "endswith");
    case Op::string_does_not_contain:
      return negated(odata_call(writer, "contains"), "not");
    case Op::string_does_not_start_with:
      return negated(odata_call(writer, "startswith"), "not");
    case Op::string_does_not_end_with:
      return negated(odata_call(writer, "endswith"), "not");
    case Op::string_is_in:
      return writer.with("in", op);
    case Op::string_is_not_in:
      return negated(writer.with("in", op), "not");
    case Op::boolean_true:
      return field + " eq true";
    case Op::boolean_false:
      return field + " eq false";
    case Op::exists:
    case Op::is_not_null:
      return field + " ne null";
    case Op::does_not_exist:
    case Op::is_null:
      return field + " eq null";
    default:
      return writer.with(word_of(odata_words, op), op);
  }
}

// --- hubspot --------------------------------------------------------------------------------------

std::string_view hubspot_word(Op op) {
  switch (op) {
    case Op::string_contains:
    case Op::string_starts_with:
    case Op::string_ends_with:
      return "CONTAINS_TOKEN";
    case Op::string_does_not_contain:
    case Op::string_does_not_start_with:
    case Op::string_does_not_end_with:
      return "NOT_CONTAINS_TOKEN";
    case Op::string_is_in:
      return "IN";
    case Op::string_is_not_in:
      return "NOT_IN";
    case Op::boolean_true:
    case Op::boolean_false:
      return "EQ";
    case Op::exists:
    case Op::is_not_null:
      return "HAS_PROPERTY";
    case Op::does_not_exist:
    case Op::is_null:
      return "NOT_HAS_PROPERTY";
    default:
      return word_of({"EQ", "NEQ", "GT", "LT", "GTE", "LTE"}, op);
  }
}

Result<std::string> hubspot_value(Op op, const Json& argument) {
  switch (argument_of(op)) {
    case Argument::number:
      return number_of(argument);
    case Argument::time: {
      const auto time = time_of(argument);
      if (!time) return time.error();
      return std::to_string(time->time_since_epoch().count());
    }
    default:
      break;
  }
  auto text = text_of(argument);
  if (!text) return text;
  const bool is_start = op == Op::string_starts_with || op == Op::string_does_not_start_with;
  const bool is_end = op == Op::string_ends_with || op == Op::string_does_not_end_with;
  return (is_end ? "*" : "") + *text + (is_start ? "*" : "");
}

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

const FilterWords& words_of(FilterLanguage language) {
  static const FilterWords soql{" AND ", " OR ", say_soql};
  static const FilterWords jql{" AND ", " OR ", say_jql};
  static const FilterWords drive{" and ", " or ", say_drive};
  static const FilterWords odata{" and ", " or ", say_odata};
  switch (language) {
    case FilterLanguage::soql:
      return soql;
    case FilterLanguage::jql:
      return jql;
    case FilterLanguage::drive:
      return drive;
    case FilterLanguage::odata:
      return odata;
    case FilterLanguage::hubspot:
      break;
  }
  CHECK(false, "a language that is no text was asked for its words");
}

Result<Json> hubspot_filter(const std::string& field, Op op, const Json& argument) {
  JsonObject filter{{"propertyName", field}, {"operator", hubspot_word(op)}};
  if (op == Op::boolean_true || op == Op::boolean_false) {
    filter.emplace("value", op == Op::boolean_true ? "true" : "false");
  } else if (argument_of(op) == Argument::texts) {
    const auto texts = texts_of(argument);
    if (!texts) return texts.error();
    JsonArray values;
    for (const std::string& each : *texts) values.emplace_back(each);
    filter.emplace("values", std::move(values));
  } else if (argument_of(op) != Argument::none) {
    const auto value = hubspot_value(op, argument);
    if (!value) return value.error();
    filter.emplace("value", *value);
  }
  return Json(std::move(filter));
}

bool can_say(FilterLanguage language, Op op) {
  switch (op) {
    case Op::array_is_empty:
    case Op::array_is_not_empty:
      return false;
    case Op::array_is_in:
    case Op::array_is_not_in:
      return language == FilterLanguage::drive;
    case Op::string_starts_with:
    case Op::string_does_not_start_with:
    case Op::string_ends_with:
    case Op::string_does_not_end_with:
      return language != FilterLanguage::jql && language != FilterLanguage::drive;
    case Op::boolean_true:
    case Op::boolean_false:
      return language != FilterLanguage::jql;
    default:
      break;
  }
  if (language != FilterLanguage::drive) return true;
  const Argument argument = argument_of(op);
  return argument == Argument::text || argument == Argument::time;
}

bool is_field_of(FilterLanguage language, std::string_view field) {
  if (field.empty() || field.size() > 200) return false;
  if (language == FilterLanguage::hubspot) return true;  // a JSON string
  // Paths of related records: `Account.Name`, `from/emailAddress`; Jira's own: `cf[10020]`, `Story Points`.
  const std::string_view others = language == FilterLanguage::soql    ? "."
                                  : language == FilterLanguage::odata ? "/@."
                                  : language == FilterLanguage::jql   ? " []-."
                                                                      : "";
  return std::all_of(field.begin(), field.end(), [&](char c) {
    return is_name_character(c) || others.find(c) != std::string_view::npos;
  });
}

}  // namespace millrace
