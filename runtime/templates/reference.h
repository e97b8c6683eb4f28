#pragma once
// A reference is what stands between `{{` and `}}`: a root and a path below it.
//
//   normalise.result.items[0].id     trigger.request.body.email     1.request.body.email
//   settings.crmUrl   user.meta["odd key"]   each.instance   instance   execution.id   project.id
//
// A key after a dot is made of letters, digits, `_`, `-`, `$` and any character beyond ASCII; other
// keys stand in `["..."]` or `['...']`, where `\` escapes the quote and itself. `items.0` means
// `items[0]`, and `items[-1]` is the last element. Spaces are allowed around a reference, not inside it.
//
// Parsing knows nothing of the workflow; `compile_workflow` links step names to step indexes and
// refuses what does not exist.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/text/query_escape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

/// One `.key`, `["key"]` or `[3]`.
using PathSegment = std::variant<std::string, std::size_t>;
/// The segment `[-1]`: whichever element is the last.
inline constexpr std::size_t last_element = static_cast<std::size_t>(-1);

struct Reference {
  enum class Root : std::uint8_t {
    step,        // `name` is the step's id, or a number: the ordinal (1 is the trigger)
    trigger,     // the trigger's output
    settings,    // the user's settings for workflow and integration
    user,        // id, meta
    secrets,     // shown as [secret KEY]; rendered at dispatch only
    self,        // pagination state
    instance,    // the element of the innermost fan-out
    index,       // its position
    execution,   // id
    project,     // id
    parameters,  // what an action was given; only inside an integration's actions, see `link_action`
  };

  Root root = Root::trigger;
  std::string name;  // Root::step: as written
  std::vector<PathSegment> path;
  std::string text;  // as written between the braces, trimmed; for messages
  /// `{{soql parameters.email}}`: its text stands inside the quotes of such a query.
  QueryEscape escape = QueryEscape::none;

  // Filled in by linking (Root::step only).
  StepIndex step = 0;
  /// How many fan-outs contain the step but not the place of the reference. The step's output is
  /// then nested that many arrays deep (the reduce). Indexes directly behind the path's first key pick
  /// from these arrays, outermost first; the rest of the path applies to each innermost output that is
  /// left: `result[0].id` is the id of the first element's result, `result.ids[0]` each result's first id.
  std::uint32_t array_levels = 0;
};

/// The root that `name` always means, whatever the steps are called; nothing for other names.
std::optional<Reference::Root> parse_root(std::string_view name);
/// The names that `parse_root` knows. No step may be called so.
const std::vector<std::string>& root_names();

/// Parses the text between the braces. Error `template_error` says what is wrong and at which
/// character (counted in bytes of `text`, from 1).
Result<Reference> parse_reference(std::string_view text);

/// Follows a path; null where it leads nowhere. `.length` is not special: JSON only. An index into
/// an object is the key of that name, as in JavaScript.
const Json& follow(const Json& value, const std::vector<PathSegment>& path);

}  // namespace millrace
