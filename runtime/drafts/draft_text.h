#pragma once
// A definition as somebody wrote it, which is what a draft is: its text is stored, frozen by deploy and
// shown, so that what Millrace does not know survives as it came: numbers of any size, `1.0`, escapes,
// the order of keys. Only the blanks between tokens go, as in every answer. What it means is read from
// the same text. Drafts that an earlier release wrote
// anew when it stored them are such texts as well.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <string>
#include <string_view>

namespace millrace {

struct DraftText {
  Json definition;   // as a run reads it
  std::string text;  // without blanks between tokens
};

/// Error invalid_json (runtime/reading/strict_json.h).
Result<DraftText> read_draft_text(std::string_view text);
/// One that no person wrote: a translation.
DraftText written_out(Json definition);

/// Names one state of a draft, in the quotes of an HTTP entity tag: the same text has the same tag always,
/// after a restart and on every node, another text another one.
std::string draft_tag(std::string_view text);

}  // namespace millrace
