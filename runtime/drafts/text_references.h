#pragma once
// References to steps in the text of a value that is a template: found as rendering finds them
// (runtime/templates/template_text.h), and renamed in place. What is no reference stays as it is byte for byte:
// a step's name in plain text, behind `\{{`, in a key, in what is malformed. Pure.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct TextReference {
  std::string name;     // a step's id, or an ordinal
  std::string text;     // the whole reference, for messages
  std::string pointer;  // of the string in the value
  // Where the name stands in the text of the value, as it was written (a letter may be an escape).
  std::size_t at = 0;
  std::size_t length = 0;
};

/// Of one value, in the order of the text. References to anything but steps are not among them.
std::vector<TextReference> references_in(std::string_view value);

/// Another name for a step that is referred to; nothing: it keeps its own.
using NewName = std::function<std::optional<std::string>(const std::string& name)>;

/// Puts new names where references stand.
void rename_references(std::string& value, const NewName& new_name);

}  // namespace millrace
