#include "runtime/history/shorten.h"

namespace millrace {

void shorten_arrays(Json& value, std::size_t items_max) {
  if (auto* const array = value.if_array()) {
    if (array->size() > items_max) array->resize(items_max);
    for (Json& each : *array) shorten_arrays(each, items_max);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) shorten_arrays(member.value(), items_max);
  }
}

}  // namespace millrace
