#pragma once
// What `PATCH …/workflows/{w}` is given: members of the workflow, and edits of its steps.
//
//   {"name": "…", "order": 2, "infoText": null, "edits": [
//     {"insert": {"after": "a" | null, "in": "each" | "worked.then" | null, "step": {…}}},
//     {"duplicate": "a", "as": "b"},
//     {"move": {"step": "a", "after": …, "in": …}},     or {"move": "a", "after": …, "in": …}
//     {"rename": {"from": "a", "to": "b"}},
//     {"remove": "a"}]}
//
// `after` names the step behind which the step comes; without it the step becomes the first one of the list
// that `in` names: a fan-out, a branch of a conditional (`then`, `else`, a label), or, without `in`, the workflow.
// Pure.

#include "runtime/base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

namespace limits {
/// Each may go once through the whole draft, while others wait who change the same one.
inline constexpr std::size_t draft_edits_max = 100;
}  // namespace limits

/// Where a step comes to stand.
struct StepPlace {
  std::optional<std::string> after;
  std::optional<std::string> in;
};

struct InsertStep {
  StepPlace place;
  std::string step;  // its text, as it was written
};
struct DuplicateStep {
  std::string step;
  std::string as;  // empty: the next free one of its name
};
struct RemoveStep {
  std::string step;
};
struct MoveStep {
  std::string step;
  StepPlace place;
  std::string said_by;  // the member that names the step: "step", or "move" in the short form
};
struct RenameStep {
  std::string from;
  std::string to;
};

struct DraftEdit {
  std::variant<InsertStep, DuplicateStep, RemoveStep, MoveStep, RenameStep> change;
  std::string
      pointer;  // of the object with its members in what was given: "/edits/0/insert", "/edits/1"
};

struct DraftPatch {
  /// Of the workflow, with their texts, of the kind that the member is; empty: the member goes.
  std::vector<std::pair<std::string, std::string>> members;
  std::vector<DraftEdit> edits;
};

/// `body` is the JSON text that was sent. Errors: invalid_json; invalid_request with the JSON pointer of what is wrong
/// and what to do; limit_exceeded.
Result<DraftPatch> read_draft_patch(std::string_view body);

}  // namespace millrace
