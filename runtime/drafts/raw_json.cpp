#include "runtime/drafts/raw_json.h"

#include "runtime/base/json.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>

namespace millrace {
namespace {

/// Behind the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

/// Behind the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t open = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (open == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++open;
    if (c == '}' || c == ']') {
      if (open == 0) return at;
      if (--open == 0) return at + 1;
    }
    const bool ends_scalar = c == ',' || white_space.find(c) != std::string_view::npos;
    if (open == 0 && ends_scalar) return at;
    ++at;
  }
  return text.size();
}

/// Calls `part` at the begin of each part of an object or array; it returns where the part ends.
template <class Part>
void for_each_part(std::string_view text, Part part) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '}' && text[at] != ']') {
    const bool is_between = text[at] == ',' || white_space.find(text[at]) != std::string_view::npos;
    at = is_between ? at + 1 : part(at);
  }
}

}  // namespace

std::string compact_json(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::size_t end = end_of_string(text, at);
      compact.append(text, at, end - at);
      at = end;
      continue;
    }
    if (white_space.find(text[at]) == std::string_view::npos) compact.push_back(text[at]);
    ++at;
  }
  return compact;
}

std::vector<RawMember> members_of(std::string_view text) {
  std::vector<RawMember> members;
  if (!is_object_text(text)) return members;
  for_each_part(text, [&](std::size_t at) {
    const std::size_t key_end = end_of_string(text, at);
    RawMember member;
    member.key_token = text.substr(at, key_end - at);
    member.key = string_of(member.key_token);
    const std::size_t begin = text.find_first_not_of(" \t\r\n:", key_end);
    if (begin == std::string_view::npos) return text.size();
    const std::size_t end = end_of_value(text, begin);
    member.value = text.substr(begin, end - begin);
    members.push_back(std::move(member));
    return end;
  });
  return members;
}

std::vector<std::string_view> elements_of(std::string_view text) {
  std::vector<std::string_view> elements;
  if (!is_array_text(text)) return elements;
  for_each_part(text, [&](std::size_t at) {
    const std::size_t end = end_of_value(text, at);
    elements.push_back(text.substr(at, end - at));
    return end;
  });
  return elements;
}

std::string string_of(std::string_view token) {
  if (!is_string_text(token) || token.size() < 2) return {};
  if (token.find('\\') == std::string_view::npos) {
    return std::string(token.substr(1, token.size() - 2));
  }
  const auto parsed = parse_json(token);
  return parsed && parsed->is_string() ? std::string(parsed->get_string()) : std::string();
}

std::string string_token(std::string_view text) { return to_text(Json(text)); }

void visit_strings(
    std::string_view text, const std::string& pointer,
    const std::function<void(std::string_view token, const std::string& pointer)>& visit) {
  if (is_string_text(text)) {
    visit(text, pointer);
  } else if (is_object_text(text)) {
    for (const RawMember& member : members_of(text)) {
      visit_strings(member.value, pointer + '/' + pointer_token(member.key), visit);
    }
  } else if (is_array_text(text)) {
    std::size_t index = 0;
    for (const std::string_view element : elements_of(text)) {
      visit_strings(element, pointer + '/' + std::to_string(index++), visit);
    }
  }
}

std::string_view value_at(std::string_view text, std::string_view pointer) {
  while (!pointer.empty()) {
    const std::size_t slash = pointer.find('/', 1);
    const std::string_view token = pointer.substr(1, slash == pointer.npos ? slash : slash - 1);
    pointer = slash == pointer.npos ? std::string_view() : pointer.substr(slash);
    std::string_view inner;
    std::size_t index = 0;
    for (const std::string_view element : elements_of(text)) {
      if (std::to_string(index++) == token) inner = element;
    }
    for (const RawMember& member : members_of(text)) {
      if (pointer_token(member.key) == token) inner = member.value;
    }
    if (inner.empty()) return {};
    text = inner;
  }
  return text;
}

bool is_written_alike(std::string_view left, std::string_view right) {
  if (left == right) return true;
  if (is_array_text(left) && is_array_text(right)) {
    const auto one = elements_of(left);
    const auto other = elements_of(right);
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), is_written_alike);
  }
  if (!is_object_text(left) || !is_object_text(right)) return false;
  const auto by_key = [](std::string_view text) {
    auto members = members_of(text);
    std::sort(members.begin(), members.end(),
              [](const RawMember& a, const RawMember& b) { return a.key < b.key; });
    return members;
  };
  const auto one = by_key(left);
  const auto other = by_key(right);
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const RawMember& a, const RawMember& b) {
                      return a.key == b.key && is_written_alike(a.value, b.value);
                    });
}

}  // namespace millrace
