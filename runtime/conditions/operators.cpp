#include "runtime/conditions/operators.h"

#include "runtime/base/check.h"
#include "runtime/conditions/compare_values.h"
#include "runtime/files/file_value.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/time_text.h"

#include <cmath>

namespace millrace {
namespace {

/// A test does not know its operator's name; it answers, or says which side was of the wrong type.
struct Mismatch {
  std::string_view side;      // "variable" or "argument"
  std::string_view expected;  // "a string"
};
using Answer = std::variant<bool, Mismatch>;
using Test = Answer (*)(const Json& variable, const Json& argument);

std::string_view text_of(const Json& value) {
  const auto& text = value.get_string();
  return {text.data(), text.size()};
}

// --- strings -----------------------------------------------------------------------------------

constexpr std::string_view text_without_file =
    "text without the bytes of a file (a function step can compare those)";

template <bool (*holds)(std::string_view, std::string_view)>
Answer on_strings(const Json& variable, const Json& argument) {
  if (!variable.is_string()) return Mismatch{"variable", "a string"};
  if (!argument.is_string()) return Mismatch{"argument", "a string"};
  if (holds_file(text_of(variable))) return Mismatch{"variable", text_without_file};
  if (holds_file(text_of(argument))) return Mismatch{"argument", text_without_file};
  return holds(text_of(variable), text_of(argument));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
bool matches(std::string_view text, std::string_view other) { return text == other; }
bool starts_with(std::string_view text, std::string_view part) { return text.starts_with(part); }
bool ends_with(std::string_view text, std::string_view part) { return text.ends_with(part); }
bool is_after(std::string_view text, std::string_view other) { return text > other; }
bool is_before(std::string_view text, std::string_view other) { return text < other; }

bool is_listed(std::string_view text, std::string_view comma_separated) {
  while (true) {
    const auto comma = comma_separated.find(',');
    if (trimmed(comma_separated.substr(0, comma), white_space) == text) return true;
    if (comma == std::string_view::npos) return false;
    comma_separated.remove_prefix(comma + 1);
  }
}

Answer string_is_in(const Json& variable, const Json& argument) {
  constexpr std::string_view list = "an array of strings or a comma-separated string";
  if (!variable.is_string()) return Mismatch{"variable", "a string"};
  if (argument.is_string()) return is_listed(text_of(variable), text_of(argument));
  if (!argument.is_array()) return Mismatch{"argument", list};
  bool is_found = false;
  for (const auto& element : argument.get_array()) {
    if (!element.is_string()) return Mismatch{"argument", list};
    is_found = is_found || element.get_string() == variable.get_string();
  }
  return is_found;
}

// --- numbers -----------------------------------------------------------------------------------

/// A number, or a string that is exactly a JSON number (no spaces, no leading plus).
std::optional<Json> number_of(const Json& value) {
  if (value.is_number()) return value;
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = text_of(value);
  constexpr std::string_view number_characters = "+-.0123456789Ee";
  if (text.find_first_not_of(number_characters) != std::string_view::npos) return std::nullopt;
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_number()) return std::nullopt;
  if (parsed->is_double() && !std::isfinite(parsed->get_double())) return std::nullopt;
  return std::move(*parsed);
}

template <bool (*holds)(std::partial_ordering)>
Answer on_numbers(const Json& variable, const Json& argument) {
  const auto left = number_of(variable);
  if (!left) return Mismatch{"variable", "a number"};
  const auto right = number_of(argument);
  if (!right) return Mismatch{"argument", "a number"};
  return holds(compare_numbers(*left, *right));
}

// --- times -------------------------------------------------------------------------------------

std::optional<Instant> time_of(const Json& value) {
  if (value.is_string()) return parse_time(text_of(value));
  return value.is_number() ? instant_of(value.to_number<double>()) : std::nullopt;
}

template <bool (*holds)(std::partial_ordering)>
Answer on_times(const Json& variable, const Json& argument) {
  constexpr std::string_view time =
      "a time (such as 2026-01-31T09:00:00Z, 2026-01-31, or seconds or milliseconds since 1970)";
  const auto left = time_of(variable);
  if (!left) return Mismatch{"variable", time};
  const auto right = time_of(argument);
  if (!right) return Mismatch{"argument", time};
  return holds(*left <=> *right);
}

// --- booleans, existence, arrays ---------------------------------------------------------------

template <bool wanted>
Answer is_boolean(const Json& variable, const Json&) {
  if (variable.is_bool()) return variable.get_bool() == wanted;
  if (variable.is_string() && text_of(variable) == "true") return wanted;
  if (variable.is_string() && text_of(variable) == "false") return !wanted;
  return Mismatch{"variable", "a boolean"};
}

Answer is_null(const Json& variable, const Json&) { return variable.is_null(); }

Answer array_is_in(const Json& variable, const Json& argument) {
  if (!argument.is_array()) return Mismatch{"argument", "an array"};
  for (const auto& element : argument.get_array()) {
    if (equal_values(variable, element)) return true;
  }
  return false;
}

Answer array_is_empty(const Json& variable, const Json&) {
  if (!variable.is_array()) return Mismatch{"variable", "an array"};
  return variable.get_array().empty();
}

/// The opposite. A mismatch stays one.
template <Test test>
Answer negate(const Json& variable, const Json& argument) {
  Answer answer = test(variable, argument);
  if (bool* const holds = std::get_if<bool>(&answer)) *holds = !*holds;
  return answer;
}

// --- the table ---------------------------------------------------------------------------------

enum class Arity : std::uint8_t { variable_only, variable_and_argument };

struct Row {
  Operator op;
  std::string_view wire;
  Test test;
  Arity arity = Arity::variable_and_argument;
};

constexpr Arity alone = Arity::variable_only;

constexpr std::array rows{
    Row{Operator::string_contains, "StringContains", on_strings<contains>},
    Row{Operator::string_does_not_contain, "StringDoesNotContain", negate<on_strings<contains>>},
    Row{Operator::string_exactly_matches, "StringExactlyMatches", on_strings<matches>},
    Row{Operator::string_does_not_exactly_match, "StringDoesNotExactlyMatch",
        negate<on_strings<matches>>},
    Row{Operator::string_is_in, "StringIsIn", string_is_in},
    Row{Operator::string_is_not_in, "StringIsNotIn", negate<string_is_in>},
    Row{Operator::string_starts_with, "StringStartsWith", on_strings<starts_with>},
    Row{Operator::string_does_not_start_with, "StringDoesNotStartWith",
        negate<on_strings<starts_with>>},
    Row{Operator::string_ends_with, "StringEndsWith", on_strings<ends_with>},
    Row{Operator::string_does_not_end_with, "StringDoesNotEndWith", negate<on_strings<ends_with>>},
    Row{Operator::string_greater_than, "StringGreaterThan", on_strings<is_after>},
    Row{Operator::string_less_than, "StringLessThan", on_strings<is_before>},
    Row{Operator::number_greater_than, "NumberGreaterThan", on_numbers<std::is_gt>},
    Row{Operator::number_less_than, "NumberLessThan", on_numbers<std::is_lt>},
    Row{Operator::number_equals, "NumberEquals", on_numbers<std::is_eq>},
    Row{Operator::number_does_not_equal, "NumberDoesNotEqual", on_numbers<std::is_neq>},
    Row{Operator::number_greater_than_or_equal_to, "NumberGreaterThanOrEqualTo",
        on_numbers<std::is_gteq>},
    Row{Operator::number_less_than_or_equal_to, "NumberLessThanOrEqualTo",
        on_numbers<std::is_lteq>},
    Row{Operator::date_time_after, "DateTimeAfter", on_times<std::is_gt>},
    Row{Operator::date_time_before, "DateTimeBefore", on_times<std::is_lt>},
    Row{Operator::date_time_equals, "DateTimeEquals", on_times<std::is_eq>},
    Row{Operator::boolean_true, "BooleanTrue", is_boolean<true>, alone},
    Row{Operator::boolean_false, "BooleanFalse", is_boolean<false>, alone},
    Row{Operator::is_not_null, "IsNotNull", negate<is_null>, alone},
    Row{Operator::is_null, "IsNull", is_null, alone},
    Row{Operator::exists, "Exists", negate<is_null>, alone},
    Row{Operator::does_not_exist, "DoesNotExist", is_null, alone},
    Row{Operator::array_is_in, "ArrayIsIn", array_is_in},
    Row{Operator::array_is_not_in, "ArrayIsNotIn", negate<array_is_in>},
    Row{Operator::array_is_empty, "ArrayIsEmpty", array_is_empty, alone},
    Row{Operator::array_is_not_empty, "ArrayIsNotEmpty", negate<array_is_empty>, alone},
};

// An operator is its row's position.
constexpr bool is_dense() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].op) != i) return false;
  }
  return rows.back().op == Operator::array_is_not_empty;
}
static_assert(is_dense());

const Row& row(Operator op) {
  const auto position = static_cast<std::size_t>(op);
  CHECK(position < rows.size(), "an operator that is not in the table");
  return rows[position];
}

bool is_dollar_form(std::string_view wire, std::string_view name) {
  return wire.size() == name.size() + 1 && wire[0] == '$' && wire[1] == name[0] - 'A' + 'a' &&
         wire.substr(2) == name.substr(1);
}

}  // namespace

std::optional<Operator> parse_operator(std::string_view wire) {
  for (const Row& candidate : rows) {
    if (wire == candidate.wire || is_dollar_form(wire, candidate.wire)) return candidate.op;
  }
  return std::nullopt;
}

std::string_view wire_name(Operator op) { return row(op).wire; }

const std::vector<std::string_view>& operator_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Row& each : rows) all.push_back(each.wire);
    return all;
  }();
  return names;
}

bool takes_argument(Operator op) { return row(op).arity == Arity::variable_and_argument; }

Result<bool> evaluate(Operator op, const Json& variable, const Json& argument) {
  const Answer answer = row(op).test(variable, argument);
  if (const bool* const holds = std::get_if<bool>(&answer)) return *holds;

  const auto& mismatch = std::get<Mismatch>(answer);
  const Json& wrong = mismatch.side == "variable" ? variable : argument;
  ErrorDetail detail;
  detail.message = std::string(wire_name(op)) + " expects `" + std::string(mismatch.side) +
                   "` to be " + std::string(mismatch.expected) + ", but it is " +
                   (wrong.is_string() ? "another string" : std::string(kind_name(wrong)));
  detail.expected = mismatch.expected;
  detail.got = kind_name(wrong);
  return Error(ErrorCode::type_mismatch, detail.message, {detail});
}

}  // namespace millrace
