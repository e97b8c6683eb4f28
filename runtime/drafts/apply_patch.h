#pragma once
// Changes a draft as a patch says: all of it or nothing. Pure; what it costs is bounded by
// limits::draft_edits_max and limits::definition_bytes_max.
//
// - A step that is renamed is referred to by its new name, wherever a template of a step refers to it. Ids are only
//   written where references stand: never in plain text, descriptions or code.
// - A copy stands behind its original. Steps inside it get new ids (`tag` becomes `tag_2`), and references from inside
//   the copy to steps of the copy follow.
// - Ordinals (`{{3.result}}`) go on naming the step that they named.
// - What others refer to may be removed: each such reference is a finding, and the draft cannot be deployed until
//   it is mended. Moves may leave references to steps that no longer run before; deploy and validate say so.
// - Nothing else of the draft changes: other members and tokens stay as they were written.

#include "runtime/base/error.h"
#include "runtime/base/result.h"
#include "runtime/drafts/draft_patch.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

namespace limits {
/// Lists of steps inside each other in a draft that is edited, whatever deploy allows: each takes two levels of JSON,
/// and the walk through them a piece of a connection's stack.
inline constexpr std::size_t draft_nesting_max = 48;
}  // namespace limits

struct PatchedDraft {
  std::string text;
  std::vector<ErrorDetail> findings;  // their pointers lead into the new draft
};

/// `draft` is the compact text of a JSON object. Errors: invalid_request with the JSON pointer into the patch, the
/// nearest existing name, and what to do; limit_exceeded.
Result<PatchedDraft> apply_patch(std::string_view draft, const DraftPatch& patch);

}  // namespace millrace
