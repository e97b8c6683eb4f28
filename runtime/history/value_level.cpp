#include "runtime/history/value_level.h"

#include "runtime/files/file_value.h"

#include <algorithm>

namespace millrace {
namespace {

/// A scalar beyond this is not shown beside its neighbours.
constexpr std::size_t small_bytes_max = 256;

bool is_container(const Json& value) { return value.is_array() || value.is_object(); }

std::size_t length_of(const Json& value) {
  if (const auto* const array = value.if_array()) return array->size();
  if (const auto* const object = value.if_object()) return object->size();
  if (const auto* const text = value.if_string()) return text->size();
  return 1;
}

/// What is said of every value.
JsonObject outline_of(const Json& value) {
  if (const auto file = as_file(value)) {
    return {{"type", "file"},
            {"length", file->handle.size},
            {"bytes", to_text(value).size()},
            {"name", file->name},
            {"mimeType", file->mime_type}};
  }
  return {
      {"type", kind_name(value)}, {"length", length_of(value)}, {"bytes", to_text(value).size()}};
}

JsonObject item_of(const Json& value) {
  JsonObject item = outline_of(value);
  const bool is_small = !is_container(value) && length_of(value) <= small_bytes_max;
  if (is_small) item["value"] = value;
  return item;
}

bool is_inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

void show_text(std::string_view text, const LevelQuery& query, JsonObject& level) {
  const std::size_t most = query.limit == 0 ? limits::level_text_bytes_usual : query.limit;
  std::size_t begin = std::min(query.offset, text.size());
  while (is_inside_character(text, begin)) ++begin;
  std::size_t end = begin + std::min(most, text.size() - begin);
  while (end > begin && is_inside_character(text, end)) --end;
  // Less than one character was asked for.
  if (end == begin && begin < text.size()) {
    do ++end;
    while (is_inside_character(text, end));
  }
  level["text"] = text.substr(begin, end - begin);
  level["next"] = end < text.size() ? Json(end) : Json(nullptr);
}

template <class Container, class Show>
void show_items(const Container& container, const LevelQuery& query, JsonObject& level,
                Show&& show) {
  const std::size_t most = query.limit == 0 ? limits::level_items_usual : query.limit;
  const std::size_t begin = std::min(query.offset, container.size());
  const std::size_t end = begin + std::min(most, container.size() - begin);
  JsonArray items;
  for (std::size_t i = begin; i < end; ++i) items.push_back(show(i));
  level["items"] = std::move(items);
  level["next"] = end < container.size() ? Json(end) : Json(nullptr);
}

Outcome check_limit(const Json& value, std::size_t limit) {
  const bool has_items = is_container(value);
  const std::size_t most = has_items ? limits::level_items_max : limits::level_text_bytes_max;
  if (limit <= most) return Done{};
  return Error(ErrorCode::invalid_request,
               "the query parameter limit must be a whole number from 1 to " +
                   std::to_string(most) +
                   (has_items ? ": the value has members or elements"
                              : ", in bytes: the value has none inside") +
                   "; `next` leads on");
}

}  // namespace

Result<JsonObject> level_of(const Json& value, const LevelQuery& query) {
  boost::system::error_code error;
  const Json* const found = query.path.empty() ? &value : value.find_pointer(query.path, error);
  if (found == nullptr || error) {
    return Error(ErrorCode::not_found, "the value has nothing at \"" + query.path +
                                           "\"; a path is a JSON pointer, such as /result/items/0");
  }
  if (auto checked = check_limit(*found, query.limit); !checked) return checked.error();
  JsonObject level = outline_of(*found);
  if (level["type"] == "file") {
    level["next"] = nullptr;
  } else if (const auto* const array = found->if_array()) {
    show_items(*array, query, level, [&](std::size_t i) {
      JsonObject item = item_of((*array)[i]);
      item["index"] = i;
      return item;
    });
  } else if (const auto* const object = found->if_object()) {
    show_items(*object, query, level, [&](std::size_t i) {
      const auto& member = *(object->begin() + static_cast<std::ptrdiff_t>(i));
      JsonObject item = item_of(member.value());
      item["key"] = member.key();
      return item;
    });
  } else if (const auto* const text = found->if_string()) {
    show_text(std::string_view(text->data(), text->size()), query, level);
  } else {
    level["value"] = *found;
    level["next"] = nullptr;
  }
  return level;
}

}  // namespace millrace
