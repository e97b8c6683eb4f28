#include "runtime/conditions/operator_guide.h"

#include "runtime/base/check.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/nearest_name.h"

#include <array>

namespace millrace {
namespace {

constexpr std::string_view text = "text";
constexpr std::string_view number = "number";
constexpr std::string_view time = "time";
constexpr std::string_view array = "array";
constexpr std::string_view list = "array of texts, or texts between commas";
constexpr std::string_view truth = "true or false";
constexpr std::string_view any = "anything";
constexpr std::string_view none;

// In the order of Operator.
constexpr std::array guides{
    OperatorGuide{text, text, R"("new lead")", R"("lead")"},
    OperatorGuide{text, text, R"("new lead")", R"("old")"},
    OperatorGuide{text, text, R"("lead")", R"("lead")"},
    OperatorGuide{text, text, R"("lead")", R"("Lead")"},
    OperatorGuide{text, list, R"("b")", R"(["a", "b"])"},
    OperatorGuide{text, list, R"("c")", R"("a, b")"},
    OperatorGuide{text, text, R"("new lead")", R"("new")"},
    OperatorGuide{text, text, R"("new lead")", R"("lead")"},
    OperatorGuide{text, text, R"("new lead")", R"("lead")"},
    OperatorGuide{text, text, R"("new lead")", R"("new")"},
    OperatorGuide{text, text, R"("b")", R"("a")"},
    OperatorGuide{text, text, R"("a")", R"("b")"},
    OperatorGuide{number, number, "5", "3"},
    OperatorGuide{number, number, "3", R"("5")"},
    OperatorGuide{number, number, "1", "1.0"},
    OperatorGuide{number, number, "1", "2"},
    OperatorGuide{number, number, "5", "5"},
    OperatorGuide{number, number, "5", "5"},
    OperatorGuide{time, time, R"("2026-02-01")", R"("2026-01-31T09:00:00Z")"},
    OperatorGuide{time, time, R"("2026-01-31")", R"("2026-02-01")"},
    OperatorGuide{time, time, R"("2026-01-31")", "1769817600000"},
    OperatorGuide{truth, none, "true", none},
    OperatorGuide{truth, none, "false", none},
    OperatorGuide{any, none, "0", none},
    OperatorGuide{any, none, "null", none},
    OperatorGuide{any, none, R"("")", none},
    OperatorGuide{any, none, "null", none},
    OperatorGuide{any, array, "2", "[1, 2]"},
    OperatorGuide{any, array, "3", "[1, 2]"},
    OperatorGuide{array, none, "[]", none},
    OperatorGuide{array, none, "[1]", none},
};

struct Spelling {
  std::string_view written;
  std::string_view of_numbers;
  std::string_view of_text = of_numbers;
};

// What people bring along from other languages.
constexpr std::array spellings{
    Spelling{">", "NumberGreaterThan", "StringGreaterThan"},
    Spelling{"gt", "NumberGreaterThan", "StringGreaterThan"},
    Spelling{"<", "NumberLessThan", "StringLessThan"},
    Spelling{"lt", "NumberLessThan", "StringLessThan"},
    Spelling{">=", "NumberGreaterThanOrEqualTo"},
    Spelling{"gte", "NumberGreaterThanOrEqualTo"},
    Spelling{"<=", "NumberLessThanOrEqualTo"},
    Spelling{"lte", "NumberLessThanOrEqualTo"},
    Spelling{"=", "NumberEquals", "StringExactlyMatches"},
    Spelling{"==", "NumberEquals", "StringExactlyMatches"},
    Spelling{"===", "NumberEquals", "StringExactlyMatches"},
    Spelling{"eq", "NumberEquals", "StringExactlyMatches"},
    Spelling{"equals", "NumberEquals", "StringExactlyMatches"},
    Spelling{"!=", "NumberDoesNotEqual", "StringDoesNotExactlyMatch"},
    Spelling{"!==", "NumberDoesNotEqual", "StringDoesNotExactlyMatch"},
    Spelling{"<>", "NumberDoesNotEqual", "StringDoesNotExactlyMatch"},
    Spelling{"ne", "NumberDoesNotEqual", "StringDoesNotExactlyMatch"},
    Spelling{"contains", "StringContains"},
    Spelling{"includes", "StringContains"},
    Spelling{"startswith", "StringStartsWith"},
    Spelling{"endswith", "StringEndsWith"},
    Spelling{"in", "ArrayIsIn", "StringIsIn"},
    Spelling{"empty", "ArrayIsEmpty"},
    Spelling{"null", "IsNull"},
};

std::string operands(const OperatorGuide& guide) {
  std::string both(guide.variable);
  if (!guide.argument.empty()) both += " and " + std::string(guide.argument);
  return both;
}

std::string example(const OperatorGuide& guide) {
  std::string both(guide.example_variable);
  if (!guide.example_argument.empty()) both += ", " + std::string(guide.example_argument);
  return both;
}

}  // namespace

const OperatorGuide& guide_to(Operator op) {
  const auto position = static_cast<std::size_t>(op);
  CHECK(position < guides.size() && guides.size() == operator_names().size(),
        "an operator without an explanation");
  return guides[position];
}

std::string operator_list() {
  std::string all;
  std::string before;
  for (const std::string_view name : operator_names()) {
    const OperatorGuide& guide = guide_to(*parse_operator(name));
    const std::string compared = operands(guide);
    if (compared == before) {
      all += ", ";
    } else {
      all += (all.empty() ? "" : "; ") + compared + ": ";
    }
    before = compared;
    all += std::string(name) + " (" + example(guide) + ")";
  }
  return all;
}

namespace {

/// `GreaterThan` of `NumberGreaterThan` and `StringGreaterThan`: the first that compares what is given.
std::string operator_ending_in(std::string_view written, bool is_text) {
  constexpr std::size_t telling_bytes_min = 4;
  if (written.size() < telling_bytes_min) return {};
  std::string found;
  for (const std::string_view name : operator_names()) {
    if (name.size() <= written.size()) continue;
    if (!equal_but_for_case(name.substr(name.size() - written.size()), written)) continue;
    const bool compares_text = name.starts_with("String");
    if (found.empty() || compares_text == is_text) found = name;
    if (compares_text == is_text) break;
  }
  return found;
}

}  // namespace

std::string nearest_operator(std::string_view written, const Json* argument) {
  // Without the `$`, so that a misspelt `$stringContain` is near to its operator too.
  if (written.starts_with('$')) written.remove_prefix(1);
  const bool is_text = argument != nullptr && argument->is_string();
  const std::string lower = lower_case(written);
  for (const Spelling& spelling : spellings) {
    if (lower == spelling.written)
      return std::string(is_text ? spelling.of_text : spelling.of_numbers);
  }
  if (std::string ending = operator_ending_in(written, is_text); !ending.empty()) return ending;
  return nearest_name(written, {operator_names().begin(), operator_names().end()});
}

}  // namespace millrace
