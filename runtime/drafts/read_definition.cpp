#include "runtime/drafts/read_definition.h"

#include <cmath>
#include <cstdint>

namespace millrace {

namespace {
/// Up to here every whole number is a double of its own.
constexpr double exact_max = 0x1p53;
}  // namespace

Result<Json> read_definition(std::string_view text, std::size_t depth_max) {
  auto definition = parse_json(text, depth_max);
  if (definition) make_whole_numbers_integers(*definition);
  return definition;
}

void make_whole_numbers_integers(Json& value) {
  if (const auto* const number = value.if_double()) {
    if (*number == std::trunc(*number) && std::fabs(*number) < exact_max) {
      value = static_cast<std::int64_t>(*number);
    }
  } else if (auto* const array = value.if_array()) {
    for (Json& element : *array) make_whole_numbers_integers(element);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) make_whole_numbers_integers(member.value());
  }
}

}  // namespace millrace
