#pragma once
// JSON text, taken apart without being read: every token stays as somebody wrote it, so that `1.0`,
// integers of any size, escapes and the order of keys survive what is done around them. A parsed value
// cannot promise that: numbers become doubles, and are written anew.
//
// All functions trust the syntax: give them text that `parse_json` accepts, or pieces of such text that
// these functions returned. They never read behind the end. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The text without the blanks between its tokens.
std::string compact_json(std::string_view text);

struct RawMember {
  std::string_view key_token;  // as it was written, with its quotes
  std::string key;             // what it stands for
  std::string_view value;
};
/// The members of an object in their order; of any other value none. The views are into `text`.
std::vector<RawMember> members_of(std::string_view text);
/// The elements of an array; of any other value none.
std::vector<std::string_view> elements_of(std::string_view text);

inline bool is_object_text(std::string_view text) { return text.starts_with('{'); }
inline bool is_array_text(std::string_view text) { return text.starts_with('['); }
inline bool is_string_text(std::string_view text) { return text.starts_with('"'); }

/// What a string stands for; of any other value nothing.
std::string string_of(std::string_view token);
/// A string as a token, with its quotes.
std::string string_token(std::string_view text);

/// Calls `visit` for each string that is a value (no key), with its JSON pointer below `pointer`.
void visit_strings(
    std::string_view text, const std::string& pointer,
    const std::function<void(std::string_view token, const std::string& pointer)>& visit);

/// The value at a JSON pointer (RFC 6901), as it was written; empty where there is none.
std::string_view value_at(std::string_view text, std::string_view pointer);

/// Token by token, in whatever order members are. Of texts without blanks between tokens.
bool is_written_alike(std::string_view left, std::string_view right);

}  // namespace millrace
