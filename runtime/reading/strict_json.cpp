#include "runtime/reading/strict_json.h"

#include "runtime/reading/json_places.h"

namespace millrace {
namespace {

std::string shown(TextPlace place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
}

ErrorDetail detail_at(TextPlace place, std::string pointer, std::string message) {
  ErrorDetail detail;
  detail.path = std::move(pointer);
  detail.message = std::move(message);
  detail.line = place.line;
  detail.column = place.column;
  return detail;
}

ErrorDetail detail_of(const JsonPlaces::RepeatedKey& key) {
  const std::string token = key.pointer.substr(key.pointer.rfind('/') + 1);
  return detail_at(key.again, key.pointer,
                   "the key `" + token + "` is there already, at " + shown(key.first) +
                       "; only one of the two could count");
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

Result<Json> parse_strict_json(std::string_view text) {
  text = without_byte_order_mark(text);
  auto value = parse_json(text);
  if (!value) {
    const TextPlace place = place_of_byte(text, json_mistake_at(text));
    const std::string message = value.error().message + " (" + shown(place) + ")";
    return Error(ErrorCode::invalid_json, message, {detail_at(place, "", message)});
  }
  const JsonPlaces places(text);
  if (places.repeated_keys().empty()) return value;
  std::vector<ErrorDetail> details;
  for (const auto& key : places.repeated_keys()) details.push_back(detail_of(key));
  const ErrorDetail& first = details.front();
  std::string message =
      "not valid JSON: " + first.message + " (" + shown({first.line, first.column}) + ")";
  return Error(ErrorCode::invalid_json, std::move(message), std::move(details));
}

}  // namespace millrace
