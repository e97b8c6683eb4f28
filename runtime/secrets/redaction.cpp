#include "runtime/secrets/redaction.h"

#include "runtime/text/base64_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>

namespace millrace {

void Redaction::add(std::string_view value, std::string shown) {
  if (value.size() < value_bytes_min) return;
  std::vector<std::string> forms{std::string(value), percent_encode_text(value),
                                 base64_encode(value)};
  for (std::string& form : forms) {
    const auto is_same = [&](const auto& needle) { return needle.first == form; };
    if (std::none_of(needles_.begin(), needles_.end(), is_same)) {
      needles_.emplace_back(std::move(form), shown);
    }
  }
  // A secret that contains another one is replaced whole.
  std::stable_sort(needles_.begin(), needles_.end(), [](const auto& a, const auto& b) {
    return a.first.size() > b.first.size();
  });
}

bool Redaction::is_in(std::string_view text) const {
  return std::any_of(needles_.begin(), needles_.end(), [&](const auto& needle) {
    return text.find(needle.first) != std::string_view::npos;
  });
}

std::string Redaction::apply(std::string text) const {
  for (const auto& [needle, shown] : needles_) {
    for (std::size_t at = text.find(needle); at != std::string::npos;
         at = text.find(needle, at + shown.size())) {
      text.replace(at, needle.size(), shown);
    }
  }
  return text;
}

void Redaction::apply_to(Json& value) const {
  if (empty()) return;
  if (auto* const text = value.if_string()) {
    if (is_in(*text)) value = apply(std::string(*text));
  } else if (auto* const array = value.if_array()) {
    for (Json& each : *array) apply_to(each);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) apply_to(member.value());
    const bool has_key = std::any_of(object->begin(), object->end(),
                                     [&](const auto& member) { return is_in(member.key()); });
    if (!has_key) return;
    JsonObject renamed;
    for (auto& member : *object) {
      renamed.insert_or_assign(apply(std::string(member.key())), std::move(member.value()));
    }
    *object = std::move(renamed);
  }
}

std::string masked_secret(std::string_view key) { return "[secret " + std::string(key) + ']'; }

}  // namespace millrace
