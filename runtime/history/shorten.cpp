#include "runtime/history/shorten.h"

namespace millrace {

bool shorten_arrays(Json& value, std::size_t items_max) {
  bool is_shortened = false;
  if (auto* const array = value.if_array()) {
    is_shortened = array->size() > items_max;
    if (is_shortened) array->resize(items_max);
    for (Json& each : *array) is_shortened |= shorten_arrays(each, items_max);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) is_shortened |= shorten_arrays(member.value(), items_max);
  }
  return is_shortened;
}

}  // namespace millrace
