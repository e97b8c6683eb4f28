#pragma once
// One string of a template, taken apart: literal text, reference, literal text, ... It knows
// nothing of the JSON around the string.

#include "runtime/templates/reference.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct TemplateText {
  /// One more than there are references: literals[0] references[0] literals[1] ... Empty ones stay.
  std::vector<std::string> literals;
  std::vector<Reference> references;
  /// Of each reference, the byte of the string at which its name begins.
  std::vector<std::size_t> name_at;
  /// A sentence for each malformed reference, with its place in the string.
  std::vector<std::string> mistakes;

  bool is_constant() const { return references.empty(); }
  /// Exactly one reference with nothing around it, whose value keeps its type.
  bool is_reference() const {
    return references.size() == 1 && literals[0].empty() && literals[1].empty() &&
           references[0].escape == QueryEscape::none;
  }
};

/// Reads on after a mistake, so that all of them are found at once.
TemplateText parse_template_text(std::string_view text);

}  // namespace millrace
