#include "runtime/webhooks/signature_format.h"

#include "runtime/base/limits.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view signature_word = "{signature}";
constexpr std::string_view timestamp_word = "{timestamp}";
constexpr std::string_view separators = ",; &";

Error wrong(std::string message) { return {ErrorCode::invalid_definition, std::move(message)}; }

struct Name {
  std::string_view name;
  SignedText::Part part;
};
constexpr std::array<Name, 6> names{{
    {"method", SignedText::Part::method},
    {"url", SignedText::Part::url},
    {"path", SignedText::Part::path},
    {"query", SignedText::Part::query},
    {"body", SignedText::Part::body},
    {"timestamp", SignedText::Part::timestamp},
}};
constexpr std::string_view header_word = "header:";

Result<SignedText::Piece> piece_of(std::string_view name) {
  for (const Name& each : names) {
    if (each.name == name) return SignedText::Piece{each.part, {}};
  }
  if (name.starts_with(header_word)) {
    const auto header = name.substr(header_word.size());
    if (is_header_name(header)) {
      return SignedText::Piece{SignedText::Part::header, lower_case(header)};
    }
  }
  std::vector<std::string> known{"header:NAME"};
  for (const Name& each : names) known.emplace_back(each.name);
  const std::string nearest = nearest_name(std::string(name), known);
  return wrong("there is no `{" + std::string(name) + "}`" +
               (nearest.empty() ? std::string() : "; did you mean `{" + nearest + "}`?"));
}

/// Adds the items between any of `at`, trimmed.
void split(std::string_view text, std::string_view at, std::vector<std::string_view>& items) {
  while (!text.empty() && items.size() < 4 * limits::signatures_per_delivery_max) {
    const auto end = std::min(text.find_first_of(at), text.size());
    const auto item = trimmed(text.substr(0, end), blanks);
    if (!item.empty()) items.push_back(item);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Result<SignatureFormat> parse_signature_format(std::string_view text) {
  SignatureFormat format;
  const auto signature = text.find(signature_word);
  if (signature == std::string_view::npos) return wrong("a format names `{signature}`");
  const auto timestamp = text.find(timestamp_word);
  if (timestamp == std::string_view::npos) {
    if (signature + signature_word.size() != text.size()) {
      return wrong("nothing may stand behind `{signature}` in a format without `{timestamp}`");
    }
    format.signature_prefix = text.substr(0, signature);
    return format;
  }
  format.has_timestamp = true;
  const bool is_first = timestamp < signature;
  const auto end_of_first =
      is_first ? timestamp + timestamp_word.size() : signature + signature_word.size();
  const auto second = is_first ? signature : timestamp;
  const auto end = second + (is_first ? signature_word : timestamp_word).size();
  const std::string_view between = text.substr(end_of_first, second - end_of_first);
  if (end != text.size() || between.empty() ||
      separators.find(between.front()) == std::string_view::npos) {
    return wrong(
        "a format of two fields has a comma, semicolon, blank or `&` between them, such as "
        "`t={timestamp},v1={signature}`");
  }
  format.separator = between.front();
  const std::string first_prefix(text.substr(0, is_first ? timestamp : signature));
  const std::string second_prefix(trimmed(between.substr(1), blanks));
  format.timestamp_prefix = is_first ? first_prefix : second_prefix;
  format.signature_prefix = is_first ? second_prefix : first_prefix;
  return format;
}

GivenSignatures find_signatures(const SignatureFormat& format, std::string_view header) {
  std::vector<std::string_view> items;
  const bool has_comma = format.signature_prefix.find(',') != std::string::npos;
  split(header,
        format.has_timestamp ? std::string_view(&format.separator, 1)
        : has_comma          ? std::string_view(" ")
                             : std::string_view(", "),
        items);
  GivenSignatures given;
  for (const std::string_view item : items) {
    const bool is_timestamp = format.has_timestamp && given.timestamp.empty() &&
                              item.starts_with(format.timestamp_prefix);
    if (is_timestamp) {
      given.timestamp = item.substr(format.timestamp_prefix.size());
    } else if (item.starts_with(format.signature_prefix) &&
               given.signatures.size() < limits::signatures_per_delivery_max) {
      given.signatures.emplace_back(item.substr(format.signature_prefix.size()));
    }
  }
  return given;
}

bool SignedText::has(Part part) const {
  return std::any_of(pieces.begin(), pieces.end(),
                     [&](const Piece& piece) { return piece.part == part; });
}

Result<SignedText> parse_signed_text(std::string_view text) {
  SignedText parsed;
  while (!text.empty()) {
    const auto begin = std::min(text.find('{'), text.size());
    if (begin > 0)
      parsed.pieces.push_back({SignedText::Part::literal, std::string(text.substr(0, begin))});
    text.remove_prefix(begin);
    if (text.empty()) break;
    const auto end = text.find('}');
    if (end == std::string_view::npos) return wrong("a `{` without its `}`");
    auto piece = piece_of(text.substr(1, end - 1));
    if (!piece) return piece.error();
    parsed.pieces.push_back(std::move(*piece));
    text.remove_prefix(end + 1);
  }
  return parsed;
}

}  // namespace millrace
