#include "runtime/definitions/compiled_form/json_text.h"

#include "runtime/base/check.h"

#include <charconv>

namespace millrace::compiled_form {
namespace {

// Stand for a reference while the text is parsed: characters for private use, the position between.
constexpr std::string_view mark_begin = "\uE000";
constexpr std::string_view mark_end = "\uE001";

/// Also as an escape of JSON.
bool has_mark(std::string_view text) {
  return text.find(mark_begin) != std::string_view::npos ||
         text.find("\\ue000") != std::string_view::npos ||
         text.find("\\uE000") != std::string_view::npos;
}

/// The text with a mark for each reference; outside of JSON strings a mark is a string of its own.
std::optional<std::string> marked_text(const std::vector<Piece>& pieces) {
  std::string text;
  bool is_in_string = false;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (piece.kind == Piece::Kind::reference) {
      const std::string mark = std::string(mark_begin) + std::to_string(i) + std::string(mark_end);
      text += is_in_string ? mark : '"' + mark + '"';
      continue;
    }
    if (has_mark(piece.text)) return std::nullopt;
    for (std::size_t at = 0; at < piece.text.size(); ++at) {
      if (piece.text[at] == '\\') {
        ++at;
      } else if (piece.text[at] == '"') {
        is_in_string = !is_in_string;
      }
    }
    text += piece.text;
  }
  return text;
}

class Unmarker {
 public:
  Unmarker(const SourceReader& sources, const std::vector<Piece>& pieces, std::string pointer)
      : sources_(sources), pieces_(pieces), pointer_(std::move(pointer)) {}

  /// False if a mark stands where no template can: in a key.
  bool visit(Json& value) const {
    if (auto* const array = value.if_array()) {
      for (Json& element : *array) {
        if (!visit(element)) return false;
      }
    } else if (auto* const object = value.if_object()) {
      for (auto& member : *object) {
        if (std::string_view(member.key()).find(mark_begin) != std::string_view::npos) return false;
        if (!visit(member.value())) return false;
      }
    } else if (value.is_string()) {
      value = sources_.join(taken_apart(std::string(value.get_string())), pointer_);
    }
    return true;
  }

 private:
  std::vector<Piece> taken_apart(std::string_view text) const {
    std::vector<Piece> parts;
    while (true) {
      const auto begin = text.find(mark_begin);
      if (begin != 0 && !text.empty()) {
        parts.push_back({Piece::Kind::literal, std::string(text.substr(0, begin))});
      }
      if (begin == std::string_view::npos) return parts;
      text.remove_prefix(begin + mark_begin.size());
      const auto end = text.find(mark_end);
      std::size_t position = pieces_.size();
      if (end != std::string_view::npos) {
        std::from_chars(text.data(), text.data() + end, position);
      }
      CHECK(position < pieces_.size(), "only marked_text writes marks");
      parts.push_back(pieces_[position]);
      text.remove_prefix(end + mark_end.size());
    }
  }

  const SourceReader& sources_;
  const std::vector<Piece>& pieces_;
  const std::string pointer_;
};

bool looks_structured(const std::vector<Piece>& pieces) {
  if (pieces.empty() || pieces[0].kind != Piece::Kind::literal) return false;
  const auto first = pieces[0].text.find_first_not_of(" \t\r\n");
  return first != std::string::npos &&
         (pieces[0].text[first] == '{' || pieces[0].text[first] == '[');
}

}  // namespace

std::optional<Json> structured_value(const SourceReader& sources, const std::vector<Piece>& pieces,
                                     const std::string& pointer) {
  if (!looks_structured(pieces)) return std::nullopt;
  const auto text = marked_text(pieces);
  if (!text) return std::nullopt;
  auto parsed = parse_json(*text);
  if (!parsed || !parsed->is_structured()) return std::nullopt;
  if (!Unmarker(sources, pieces, pointer).visit(*parsed)) return std::nullopt;
  return std::move(*parsed);
}

void escape_all(Json& value) {
  if (auto* const array = value.if_array()) {
    for (Json& element : *array) escape_all(element);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) escape_all(member.value());
  } else if (value.is_string()) {
    value = escaped(std::string_view(value.get_string()));
  }
}

}  // namespace millrace::compiled_form
