#include "runtime/secrets/redaction.h"

#include "runtime/text/base64_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>

namespace millrace {

void Redaction::add(std::string_view value, std::string shown) {
  if (value.size() < value_bytes_min) return;
  // As JSON text: without its quotes.
  const std::string json = to_text(Json(value));
  std::vector<std::string> forms{std::string(value),      percent_encode_text(value),
                                 form_encode_text(value), encode_url(value),
                                 base64_encode(value),    json.substr(1, json.size() - 2)};
  for (std::string& form : forms) {
    const auto is_same = [&](const auto& needle) { return needle.first == form; };
    if (std::none_of(needles_.begin(), needles_.end(), is_same)) {
      needles_.emplace_back(std::move(form), shown);
    }
  }
  // A secret that contains another one is replaced whole.
  std::stable_sort(needles_.begin(), needles_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

bool Redaction::is_in(std::string_view text) const {
  return std::any_of(needles_.begin(), needles_.end(), [&](const auto& needle) {
    return text.find(needle.first) != std::string_view::npos;
  });
}

std::string Redaction::apply(std::string text) const {
  if (!is_in(text)) return text;
  // What is put in is not searched again: a mask may contain what another secret is made of.
  std::string out;
  std::size_t copied = 0;
  std::vector<std::size_t> next(needles_.size(), 0);  // where each needle stands next
  while (true) {
    for (std::size_t i = 0; i < needles_.size(); ++i) {
      const bool is_current = next[i] != 0 && (next[i] >= copied || next[i] == std::string::npos);
      if (!is_current) next[i] = text.find(needles_[i].first, copied);
    }
    const auto first = std::min_element(next.begin(), next.end());  // the longest of equal ones
    if (*first == std::string::npos) break;
    const auto& [needle, shown] = needles_[static_cast<std::size_t>(first - next.begin())];
    out.append(text, copied, *first - copied).append(shown);
    copied = *first + needle.size();
  }
  return out.append(text, copied);
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
