#pragma once
// One level of a value: what it is, how large, and its members or elements by name, kind and size. So a value
// of many megabytes is looked at without being sent: bounded by what is asked for, not by the value.

#include "runtime/base/json.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

namespace limits {
/// Members or elements of a level, unless it says otherwise and at most.
inline constexpr std::size_t level_items_usual = 100;
inline constexpr std::size_t level_items_max = 1'000;
/// Bytes of a string, likewise.
inline constexpr std::size_t level_text_bytes_usual = 64u << 10;
inline constexpr std::size_t level_text_bytes_max = 256u << 10;
}  // namespace limits

struct LevelQuery {
  std::string path{};      // a JSON pointer (RFC 6901) to the value; empty: all of it
  std::size_t offset = 0;  // members, elements; bytes of a string
  std::size_t limit = 0;   // likewise; 0: as many as are usual
};

/// `{"type","length","bytes"}` and
///  of an array or object  `items`: `{"key" | "index","type","length","bytes","value"}` each, `value` of what is small
///  of a string            `text`, cut between characters
///  of a file              `name`, `mimeType`; its length is the file's
///  of anything else       `value`
/// and `next`, the offset behind what is shown, or null. Length: members, elements, or bytes of UTF-8; bytes: of the
/// value as JSON. Errors: not_found (the path leads nowhere), invalid_request (the limit is beyond those above).
Result<JsonObject> level_of(const Json& value, const LevelQuery& query);

}  // namespace millrace
