#include "tests/fuzz/mutations.h"

#include <stdexcept>

namespace millrace {
namespace {

/// One change half of the time: what is nearly good gets past the first checks.
std::size_t changes(SeededRandom& random) {
  std::size_t count = 1;
  while (count < 5 && random.one_of(1, 2)) ++count;
  return count;
}

void change(std::string& text, SeededRandom& random, const std::vector<std::string>& dictionary) {
  const std::size_t at = random.below(text.size() + 1);
  const std::size_t length = std::min(random.below(12), text.size() - at);
  switch (random.below(6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random.below(256));
      return;
    case 1:
      text.erase(at, length);
      return;
    case 2:
      text.insert(at, text.substr(at, length));
      return;
    case 3: {
      const std::string part = text.substr(at, length);
      text.erase(at, length);
      text.insert(random.below(text.size() + 1), part);
      return;
    }
    case 4:
      if (random.one_of(1, 4)) text.resize(at);
      return;
    default:
      if (!dictionary.empty()) text.insert(at, dictionary[random.below(dictionary.size())]);
  }
}

/// A value from anywhere in the document.
const Json& any_part(const Json& document, SeededRandom& random) {
  const Json* at = &document;
  while (at->is_structured() && !random.one_of(1, 5)) {
    if (const auto* const array = at->if_array()) {
      if (array->empty()) break;
      at = &(*array)[random.below(array->size())];
    } else {
      const auto& object = at->get_object();
      if (object.empty()) break;
      at = &(object.begin() + static_cast<std::ptrdiff_t>(random.below(object.size())))->value();
    }
  }
  return *at;
}

void change(Json& value, SeededRandom& random, const Json& document,
            const std::vector<Json>& values) {
  if (!value.is_structured() || random.one_of(1, 8)) {
    // Copies, because what is replaced may be a part of the other.
    Json other =
        random.one_of(1, 3) ? any_part(document, random) : values[random.below(values.size())];
    value = std::move(other);
    return;
  }
  if (auto* const array = value.if_array()) {
    const auto place = [&] {
      return array->begin() + static_cast<std::ptrdiff_t>(random.below(array->size()));
    };
    if (array->empty() || random.one_of(1, 12)) {
      Json other = any_part(document, random);
      array->push_back(std::move(other));
    } else if (random.one_of(1, 12)) {
      array->erase(place());
    } else {
      change(*place(), random, document, values);
    }
    return;
  }
  auto& object = value.get_object();
  if (object.empty()) return;
  const auto member = object.begin() + static_cast<std::ptrdiff_t>(random.below(object.size()));
  if (random.one_of(1, 16)) {
    object.erase(member);
  } else if (random.one_of(1, 16)) {
    const std::string key = std::string(member->key()) + 'x';
    Json copy = member->value();
    object.insert_or_assign(key, std::move(copy));
  } else {
    change(member->value(), random, document, values);
  }
}

}  // namespace

void mutate(std::string& text, SeededRandom& random, const std::vector<std::string>& dictionary) {
  for (std::size_t left = changes(random); left > 0; --left) change(text, random, dictionary);
}

std::string random_text(SeededRandom& random, const std::vector<std::string>& pieces,
                        std::size_t pieces_max) {
  std::string text;
  for (std::size_t left = random.below(pieces_max + 1); left > 0; --left) {
    text += pieces[random.below(pieces.size())];
  }
  return text;
}

void mutate(Json& document, SeededRandom& random, const std::vector<Json>& values) {
  const Json original = document;
  for (std::size_t left = changes(random); left > 0; --left) {
    change(document, random, original, values);
  }
}

std::vector<Json> parse_all(const std::vector<std::string>& texts) {
  std::vector<Json> values;
  for (const std::string& text : texts) {
    auto value = parse_json(text);
    if (!value) throw std::runtime_error(text + ": " + value.error().message);
    values.push_back(std::move(*value));
  }
  return values;
}

bool points_into(const Json& document, const std::string& pointer) {
  std::string_view around = pointer;
  for (int missing = 0; missing <= 2; ++missing) {
    boost::json::error_code error;
    const Json* const found = document.find_pointer(around, error);
    if (found != nullptr) return missing == 0 || found->is_structured() || found->is_null();
    around = around.substr(0, around.rfind('/'));
  }
  return false;
}

}  // namespace millrace
