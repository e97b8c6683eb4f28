#include "runtime/secrets/redaction.h"

#include "runtime/secrets/needle_search.h"
#include "runtime/secrets/written_forms.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// As JSON writes the number that the text is; empty: it is none.
std::string number_text(const std::string& text) {
  constexpr std::size_t number_bytes_max = 64;
  if (text.size() > number_bytes_max) return {};
  const auto value = parse_json(text);
  return value && value->is_number() ? to_text(*value) : std::string();
}

}  // namespace

static_assert(Redaction::value_bytes_min >= NeedleSearch::needle_bytes_min);

/// What is looked for; tags are places in `secrets_`.
struct Redaction::Search {
  NeedleSearch texts;
  std::vector<std::pair<std::string, std::size_t>> numbers;
};

void Redaction::add(std::string_view value, std::string shown) {
  if (value.size() < value_bytes_min) return;
  secrets_.push_back({std::string(value), std::move(shown)});
  search_.reset();
}

const Redaction::Search& Redaction::search() const {
  if (search_ == nullptr) {
    auto made = std::make_shared<Search>();
    std::vector<NeedleSearch::Needle> needles;
    for (std::size_t i = 0; i < secrets_.size(); ++i) {
      const std::string& value = secrets_[i].value;
      for (auto& form : written_forms(value)) needles.push_back({std::move(form), i});
      if (auto number = number_text(value); !number.empty()) {
        made->numbers.emplace_back(std::move(number), i);
      }
    }
    made->texts = NeedleSearch(std::move(needles));
    search_ = std::move(made);
  }
  return *search_;
}

std::string Redaction::apply(std::string text) const {
  if (empty()) return text;
  const NeedleSearch& texts = search().texts;
  auto match = texts.find(text);
  if (!match) return text;
  // What is put in is not searched again: a mask may contain what another secret is made of.
  std::string out;
  std::size_t copied = 0;
  for (; match; match = texts.find(text, copied)) {
    out.append(text, copied, match->begin - copied).append(secrets_[match->tag].shown);
    copied = match->begin + match->size;
  }
  return out.append(text, copied);
}

void Redaction::apply_to(Json& value) const {
  if (empty()) return;
  const auto holds_any = [&](std::string_view text) {
    return search().texts.find(text).has_value();
  };
  if (auto* const text = value.if_string()) {
    if (holds_any(*text)) value = apply(std::string(*text));
  } else if (value.is_number()) {
    const auto& numbers = search().numbers;
    if (numbers.empty()) return;
    const auto found =
        std::find_if(numbers.begin(), numbers.end(),
                     [number = to_text(value)](const auto& each) { return each.first == number; });
    if (found != numbers.end()) value = secrets_[found->second].shown;
  } else if (auto* const array = value.if_array()) {
    for (Json& each : *array) apply_to(each);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) apply_to(member.value());
    const bool has_key = std::any_of(object->begin(), object->end(),
                                     [&](const auto& member) { return holds_any(member.key()); });
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
